"""Blocks that do not go together are refused by name; those that do are not."""

import pytest
from tiny import changed

from kl_annealing.config.blocks import reach_problems
from kl_annealing.config.composition import composition_problems
from kl_annealing.schema import completed, schema_problems

FREE = {"nats": 2, "of": "sentence", "value": "bound"}
IAF = completed({"kind": "iaf"}, "posterior")
POINT = {"kind": "point"}
AGGRESSIVE = completed({"kind": "aggressive"}, "strategy")
AGGRESSIVE_IMAGE = AGGRESSIVE | {"loss_per": "example", "inner_batches": "examples"}
SA_VAE = completed({"kind": "sa_vae"}, "strategy")
SVI = completed({"kind": "svi"}, "strategy")
DIFFERENCES = completed({"kind": "sa_vae", "gradients": "finite_differences"}, "strategy")
PRETRAINED = completed({"kind": "pretrained", "changes": {}}, "initial")
WHOLE = PRETRAINED | {"keep": ["encoder", "decoder"]}
POSTERIOR_MEANS = {"reach": 20, "step": 0.1}
COLLABORATIVE = completed({"kind": "collaborative"}, "strategy")


def blocks(model="vae", **changes):
    run = {
        "model": completed({"kind": model}, "model"),
        "strategy": completed({"kind": "standard"}, "strategy"),
        "posterior": completed({"kind": "gaussian"}, "posterior"),
        "objective": completed({}, "objective"),
        "schedule": completed({"shape": "constant"}, "schedule"),
        "training": completed({"epochs": 1}, "training"),
        "teacher_forcing": completed({"shape": "constant"}, "teacher_forcing"),
        "initial": {"kind": "fresh"},
    }
    return changed(run, **changes)


GOOD = {
    "plain": blocks(),
    "language model": blocks("autoreg"),
    "pre-training": blocks(initial=PRETRAINED),
    "all weights of shared vectors": blocks(initial=WHOLE, model__embedding="shared"),
    "the decoder of svi": blocks(initial=PRETRAINED | {"keep": ["decoder"]}, strategy=SVI),
    "pre-training of images": blocks("image_vae", initial=WHOLE),
    "posterior means by aggressive training": blocks(
        strategy=AGGRESSIVE, model__latent_dim=1, training__posterior_means=POSTERIOR_MEANS
    ),
    "free bits": blocks(objective__free_bits=FREE),
    "iaf with free bits of the batch": blocks(
        posterior=IAF, objective__free_bits={**FREE, "of": "batch"}
    ),
    "iaf with a bag of words": blocks(posterior=IAF, objective__bag_of_words=1),
    "autoencoder with a bag of words": blocks(posterior=POINT, objective__bag_of_words=1),
    "no refinement in bfloat16": blocks(
        strategy={**SA_VAE, "steps": 0}, training__precision="bfloat16"
    ),
    "aggressive with free bits": blocks(strategy=AGGRESSIVE, objective__free_bits=FREE),
    "aggressive with images": blocks("image_vae", strategy=AGGRESSIVE_IMAGE),
    "images with free bits": blocks("image_vae", objective__free_bits=FREE),
    "cvae with all that it can have": blocks(
        "cvae", strategy=AGGRESSIVE, objective__free_bits=FREE, objective__bag_of_words=1
    ),
    "kgcvae": blocks("kgcvae", objective__dialog_act=1, objective__bag_of_words=1),
    "cved with free bits": blocks("cved", strategy=COLLABORATIVE, objective__free_bits=FREE),
}
WRONG = {
    "free bits of a language model": (
        blocks("autoreg", objective__free_bits=FREE),
        "objective = {'free_bits': {'nats': 2, 'of': 'sentence'}}: model autoreg has no latent",
    ),
    "posterior of a language model": (
        blocks("autoreg", posterior=IAF),
        "posterior = {'kind': 'iaf'}: model autoreg has no latent variable",
    ),
    "iaf of a cved": (
        blocks("cved", strategy=COLLABORATIVE, posterior=IAF),
        "posterior.kind = 'iaf': is not defined for model cved; allowed: gaussian",
    ),
    "kept encoder of shared vectors": (
        blocks(initial=PRETRAINED, model__embedding="shared"),
        "model.embedding = 'shared': the decoder's word vectors would be kept too; allowed: norm",
    ),
    "kept encoder of svi": (
        blocks(initial=PRETRAINED, strategy=SVI),
        "initial.keep = ['encoder']: strategy svi has no encoder to keep; allowed: [decoder]",
    ),
    **{
        f"kept part of a {model}": (
            blocks(model, initial=initial, **more),
            f"initial.kind = 'pretrained': model {model} has more parts than an encoder and a deco",
        )
        for model, initial, more in [
            ("cvae", PRETRAINED, {}),
            ("kgcvae", WHOLE, {"objective__dialog_act": 1}),
            ("tense_vae", PRETRAINED, {}),
            ("cved", WHOLE, {"strategy": COLLABORATIVE}),
        ]
    },
    **{
        f"posterior means by {strategy['kind']}": (
            blocks(
                strategy=strategy, model__latent_dim=1, training__posterior_means=POSTERIOR_MEANS
            ),
            f"strategy.kind = '{strategy['kind']}': would move the encoder's mean, which",
        )
        for strategy in (SVI, SA_VAE)
    },
    "bag of words of a cved": (
        blocks("cved", strategy=COLLABORATIVE, objective__bag_of_words=1),
        "objective.bag_of_words = 1: is not defined for model cved; allowed: 0",
    ),
    "cved with another strategy": (blocks("cved"), "strategy.kind = 'standard': model cved"),
    "collaborative with another model": (
        blocks(strategy=COLLABORATIVE),
        "model.kind = 'vae': strategy collaborative",
    ),
    "shared map of one latent variable": (
        blocks("tense_vae", model__recurrent="gru", model__shared_latent_map=True),
        "model.shared_latent_map = true: a gru has one latent variable",
    ),
    "narrow flow": (
        blocks(posterior={**IAF, "hidden_dim": 31}),
        "posterior.hidden_dim = 31: a flow of 32 dimensions needs as many units",
    ),
    "iaf with free bits of a sentence": (
        blocks(posterior=IAF, objective__free_bits=FREE),
        "objective.free_bits.of = 'sentence': posterior iaf estimates",
    ),
    "iaf with semi-amortised inference": (
        blocks(posterior=IAF, strategy=SA_VAE),
        "strategy.kind = 'sa_vae': needs the Gaussian that posterior iaf is not",
    ),
    "iaf with aggressive training": (
        blocks(posterior=IAF, strategy=AGGRESSIVE),
        "strategy.kind = 'aggressive': needs the Gaussian",
    ),
    "aggressive training of an autoencoder": (
        blocks(posterior=POINT, strategy=AGGRESSIVE),
        "strategy.kind = 'aggressive': needs a density, posterior point has none; allowed: stand",
    ),
    "free bits of an autoencoder": (
        blocks(posterior=POINT, objective__free_bits=FREE),
        "objective.free_bits: posterior point has no KL",
    ),
    "an autoencoder of images": (
        blocks("image_vae", posterior=POINT),
        "posterior.kind = 'point': is not defined for model image_vae; allowed: gaussian",
    ),
    "refinement of a language model": (
        blocks("autoreg", strategy=SA_VAE),
        "strategy.kind = 'sa_vae': model autoreg has no posterior to refine",
    ),
    "an encoder that learns from no refinement": (
        blocks(strategy={**SA_VAE, "steps": 0, "encoder": "kl"}),
        "strategy.steps = 0: encoder kl learns from the refined posterior",
    ),
    "differences of bfloat16": (
        blocks(strategy=DIFFERENCES, training__precision="bfloat16"),
        "strategy.gradients = 'finite_differences': bfloat16 rounds",
    ),
    "examples of several lengths in a batch": (
        blocks(strategy={**AGGRESSIVE, "inner_batches": "examples"}),
        "strategy.inner_batches = 'examples': the sentences of a batch of vae have one length",
    ),
    "words of images": (
        blocks("image_vae", strategy=AGGRESSIVE),
        "strategy.loss_per = 'word': image_vae predicts no words; allowed: example",
    ),
    "iaf of a cvae": (
        blocks("cvae", posterior=IAF),
        "posterior.kind = 'iaf': is not defined for model cvae; allowed: gaussian",
    ),
    "variational inference of a cvae": (
        blocks("cvae", strategy=SVI),
        "strategy.kind = 'svi': refines posteriors of sentences, not of cvae; allowed: standard, a",
    ),
    "semi-amortised inference of a cvae": (
        blocks("cvae", strategy=SA_VAE),
        "strategy.kind = 'sa_vae': refines posteriors of sentences, not of cvae; allowed: standard",
    ),
    "collaborative training of a cvae": (
        blocks("cvae", strategy=COLLABORATIVE),
        "model.kind = 'cvae': strategy collaborative trains the phases of another model",
    ),
    "single windows in aggressive training": (
        blocks("cvae", strategy={**AGGRESSIVE, "inner_batches": "examples"}),
        "strategy.inner_batches = 'examples': the sentences of a batch of cvae are chosen together",
    ),
    "acts of a cvae": (
        blocks("cvae", objective__dialog_act=1),
        "objective.dialog_act = 1: is not defined for model cvae; allowed: 0, or model kgcvae",
    ),
    "acts that are never learnt": (
        blocks("kgcvae"),
        "objective.dialog_act = 0: model kgcvae would generate by dialog acts that it never learns",
    ),
    "iaf of images": (
        blocks("image_vae", posterior=IAF),
        "posterior.kind = 'iaf': is not defined for model image_vae; allowed: gaussian",
    ),
    "bag of words of images": (
        blocks("image_vae", objective__bag_of_words=1),
        "objective.bag_of_words = 1: is not defined for model image_vae; allowed: 0",
    ),
    "variational inference of images": (
        blocks("image_vae", strategy=SVI),
        "strategy.kind = 'svi': refines posteriors of sentences, not of image_vae; allowed: stan",
    ),
    "semi-amortised inference of images": (
        blocks("image_vae", strategy=SA_VAE),
        "strategy.kind = 'sa_vae': refines posteriors of sentences, not of image_vae; allowed: st",
    ),
    "refinement of a pixelcnn": (
        blocks("pixelcnn", strategy=SVI),
        "strategy.kind = 'svi': model pixelcnn has no posterior to refine; allowed: standard",
    ),
    "collaborative training with images": (
        blocks("image_vae", strategy=COLLABORATIVE),
        "model.kind = 'image_vae': strategy collaborative trains the phases of another model",
    ),
    "free bits with semi-amortised inference": (
        blocks(strategy=SA_VAE, objective__free_bits=FREE),
        "objective = {'free_bits': {'nats': 2, 'of': 'sentence'}}: strategy sa_vae refines",
    ),
}


@pytest.mark.parametrize("run", GOOD.values(), ids=GOOD)
def test_what_composes_is_no_problem(run):
    assert list(composition_problems(run)) == []


@pytest.mark.parametrize(("run", "line"), WRONG.values(), ids=WRONG)
def test_what_does_not_compose_is_one_line(run, line):
    (problem,) = composition_problems(run)
    assert str(problem).startswith(line)


@pytest.mark.parametrize("kind", ["svi", "sa_vae"])
def test_more_steps_than_sense_are_refused(kind):
    (problem,) = schema_problems(completed({"kind": kind, "steps": 201}, "strategy"), "strategy")
    assert str(problem) == "steps = 201: must be at most 200"


def test_keys_that_do_nothing_are_refused():
    block = completed({"kind": "sa_vae", "encoder": "plain"}, "strategy") | {"reverse_clip": 1}
    assert any("reverse_clip" in str(problem) for problem in schema_problems(block, "strategy"))


@pytest.mark.parametrize(
    ("key", "moment", "said"),
    [
        (
            "alternate",
            {"epochs": 4},
            "4 epochs: leaves the second phase nothing of the training of 4 epochs",
        ),
        (
            "alternate",
            {"fraction": 1},
            "1 of the training: leaves the second phase nothing of the training of 4 epochs",
        ),
        (
            "alternate",
            {"steps": 99},
            "99 steps: leaves the second phase nothing of the training of 4 epochs",
        ),
        ("alternate", {"epochs": 2}, ""),
        ("alternate", {"steps": 9}, ""),
        ("ramp", {"epochs": 5}, "5 epochs: longer than the training of 4 epochs"),
        ("ramp", {"steps": 99}, "99 steps: longer than the training of 4 epochs"),
        ("ramp", {"epochs": 4}, ""),
        ("ramp", {"fraction": 1}, ""),
    ],
)
def test_phases_and_ramps_that_the_training_is_too_short_for_are_refused(key, moment, said):
    run = blocks("cved", strategy={**COLLABORATIVE, key: moment}, training__epochs=4)
    run["learning_rate"] = completed({"shape": "constant"}, "learning_rate")
    found = [str(problem) for problem in reach_problems(run, (10, 10))]
    assert found == ([f"strategy.{key} = {said}"] if said else [])
