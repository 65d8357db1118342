"""What is measured of dialog models, against plain loops and models with known answers."""

from dataclasses import replace
from types import SimpleNamespace

import exchanges as made
import numpy as np
import pytest
import torch
from tiny_dialogs import built, talk
from torch.distributions import Normal, kl_divergence

from kl_annealing.evaluation.dialogs import measure, predicted_acts, published_scores, scores
from kl_annealing.evaluation.evaluate import evaluate, summarise
from kl_annealing.evaluation.likelihood import sentence_noise
from kl_annealing.evaluation.responses import Responses
from kl_annealing.examples import moved
from kl_annealing.models import build_model
from kl_annealing.models.gaussian_head import GaussianHead
from kl_annealing.schema import completed

CPU = torch.device("cpu")
SETTINGS = completed({"batch_size": 3, "importance_samples": 4, "seed": 3}, "evaluation")
RESPONSES = completed({"responses": {"samples": 2}}, "evaluation")["responses"]
TALKS = [
    talk("hello there", "yes", "right", act="greeting"),
    talk("well", "a b c d e", "no", "so b", act="statement"),
    talk("no no", "good bye", "A: bye", act="closing"),
    talk("a", "c d", "e", "well well well", "right", topic="CARS"),
]


@pytest.fixture(scope="module")
def dialogs():
    found = built(TALKS[:3], valid=TALKS, test=TALKS[::-1])
    shape = len(found.vocabulary), 5
    return replace(found, vectors=np.random.default_rng(0).normal(size=shape).astype("f"))


def model_of(dialogs, kind="cvae", seed=0):
    act = {"act": made.ACT} if kind == "kgcvae" else {}
    torch.manual_seed(seed)
    settings = completed({**made.TINY, **act, "kind": kind}, "model")
    return build_model(made.run_of(settings), dialogs.size).eval()


def measured(dialogs, kind="cvae", **changes):
    """Return what is measured beside bounds that were found to be the same for each split."""
    counts = {"rec": 6.0, "n_examples": 5, "n_targets": 20}
    known = {
        f"{split}_{name}": n for split in ("train", "valid", "test") for name, n in counts.items()
    }
    return measure(model_of(dialogs, kind), dialogs, {**SETTINGS, **changes}, {}, CPU, known)


def one_by_one(model, split):
    """Return reconstruction, KL and words of each response, measured by itself."""
    rows = []
    for batch in replace(split, sizes=np.ones(split.n_examples, dtype=int)).batches(1):
        examples = model.conditioned(moved(split.examples(batch), CPU))
        noise = sentence_noise(3, split.index[batch.rows], 1, model.latent_dim)
        posterior, prior = model.encode(examples), model.prior_of(examples)
        z = posterior.mu + torch.exp(posterior.logvar / 2) * noise[0]
        normal = [Normal(given.mu, torch.exp(given.logvar / 2)) for given in (posterior, prior)]
        rec = model.reconstruction(examples, z).sum()
        rows.append([rec, kl_divergence(*normal).sum(), batch.targets])
    return np.array(rows, dtype=float).T


@torch.no_grad()
@pytest.mark.parametrize("kind", ["cvae", "kgcvae"])
def test_published_numbers_are_means_over_published_batches(dialogs, kind):
    split, model = dialogs.valid_published, model_of(dialogs, kind)
    found = published_scores(model, split, SETTINGS, CPU)
    rec, kl, words = (part.reshape(-1, 2) for part in one_by_one(model, split))
    assert len(rec) == len(split.sizes) > 2
    assert found == pytest.approx(
        {
            "published_rec": rec.mean(),
            "published_kl": kl.mean(),
            "published_nll": rec.mean() + kl.mean(),
            "published_rec_ppl": np.exp(rec.sum(1) / words.sum(1)).mean(),
        },
        rel=1e-5,
    )
    assert found["published_rec_ppl"] != pytest.approx(np.exp(rec.sum() / words.sum()), rel=1e-4)


def test_all_windows_have_other_numbers_than_the_published_ones(dialogs):
    complete, _ = evaluate(model_of(dialogs), dialogs, SETTINGS, seed=3, progress=str)
    published, _ = measured(dialogs)
    assert complete["valid_rec"] != pytest.approx(published["valid_published_rec"], rel=1e-3)
    assert complete["valid_n_examples"] == 3 + 4 + 3 + 5


def test_splits_without_a_full_block_have_no_published_numbers(dialogs):
    few = replace(dialogs, valid_published=None)
    metrics, arrays = measured(few)
    assert [name for name in metrics if name.startswith("valid")] == ["valid_rec_ppl"]
    assert arrays == {}
    assert {name for name in metrics if name.startswith("test")} == {
        f"test_published_{name}" for name in ("rec", "kl", "nll", "rec_ppl")
    } | {"test_rec_ppl"}


def test_the_floor_is_that_of_models_which_are_not_given_the_act(dialogs):
    floored = replace(dialogs, attributes=dialogs.attributes | {"floor_nll_test": 1.0})
    for kind, known in (("cvae", True), ("kgcvae", False)):
        metrics, _ = evaluate(model_of(dialogs, kind), floored, SETTINGS, seed=3, progress=str)
        assert ("test_nll_above_floor" in metrics) == known


def test_the_perplexity_of_the_reconstruction_is_per_predicted_word(dialogs):
    assert measured(dialogs)[0]["valid_rec_ppl"] == pytest.approx(np.exp(5 * 6 / 20))


def test_only_validation_and_test_are_measured(dialogs):
    metrics, _ = measured(dialogs, splits=["train", "test"])
    assert metrics and all(name.startswith("test_") for name in metrics)


@torch.no_grad()
def test_acts_are_told_by_z_of_the_posterior_and_of_the_prior(dialogs):
    """z is about 9 by the posterior, -9 by the prior; the first act is said where z > 0."""
    model = model_of(dialogs, "kgcvae")
    for parameter in model.parameters():
        parameter.zero_()
    for head, mean in ((model.encoder.head, 9.0), (model.prior[-1], -9.0)):
        head.bias[:3] = mean
        head.bias[3:] = -20
    acts = model.decoder.acts
    acts.hidden.weight[0, -1] = 1.0  # the last input is the last of z
    acts.output.weight[0, 0] = 2.0
    found = predicted_acts(model, dialogs.valid, SETTINGS, CPU)
    names = dialogs.acts[1:]
    said = [turn for dialog in TALKS for turn in dialog["utts"]]
    shares = {name: np.mean([turn[2][0] == name for turn in said]) for name in names}
    assert len(names) == 3 and found["n_acts"] == len(said)
    assert found["act_accuracy"] == pytest.approx(shares[names[0]])
    assert found["prior_act_accuracy"] != found["act_accuracy"]
    for prefix, logit in (("", 2.0), ("prior_", -2.0)):  # tanh(9) is 1
        log_total = np.log(np.exp(logit) + 2)
        expected = log_total - shares[names[0]] * logit
        assert found[f"{prefix}act_nll"] == pytest.approx(expected, rel=1e-5)


@torch.no_grad()
def test_acts_that_are_not_known_are_not_scored(dialogs):
    model = model_of(dialogs, "kgcvae")
    acts = dialogs.valid.table.acts
    known = replace(dialogs.valid, table=replace(dialogs.valid.table, acts=acts * (acts == 1)))
    found = predicted_acts(model, known, SETTINGS, CPU)
    assert found["n_acts"] == (acts == 1).sum()
    assert all(np.isfinite(list(found.values())))
    unknown = replace(dialogs.valid, table=replace(dialogs.valid.table, acts=acts * 0))
    assert predicted_acts(model, unknown, SETTINGS, CPU) == {}


def test_acts_are_scored_of_models_that_have_them(dialogs):
    names = {"act_accuracy", "act_macro_f1", "act_nll", "n_acts", "prior_act_nll"}
    assert names <= {name.removeprefix("test_") for name in measured(dialogs, "kgcvae")[0]}
    assert not any("act" in name for name in measured(dialogs)[0])


def given(dialogs, samples, references):
    ids = dialogs.vocabulary.encode_words
    texts = [
        [[list(ids(t.split())) for t in few] for few in part] for part in (samples, references)
    ]
    return Responses(dialogs.test, np.arange(len(samples)), *texts)


def test_scores_are_of_the_words_given(dialogs):
    same = [["well well well", "no"], ["good bye", "hello there"]]
    assert scores(given(dialogs, same, same), dialogs)["bleu2_f1"] == pytest.approx(1)
    found = scores(given(dialogs, [["no"], ["right"]], [["no", "right"], ["no"]]), dialogs)
    assert found["bleu1_precision"] == pytest.approx((1 + 0) / 2)
    assert found["bleu1_recall"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["n_contexts"] == 2


def test_only_words_that_have_a_vector_are_compared_by_it(dialogs):
    word = dialogs.vocabulary.id
    known = np.zeros(len(dialogs.vocabulary), bool)
    known[[word("no"), word("well")]] = True
    some = replace(dialogs, known=known)
    found = scores(given(some, [["no bye", "good bye"]], [["no", "right"]]), some)
    # the second sample has no known word, and the second reference asks for none
    assert found["greedy_precision"] == pytest.approx(1 / 2)
    assert found["bow_average_recall"] == pytest.approx(1)
    every = scores(given(dialogs, [["no bye", "good bye"]], [["no", "right"]]), dialogs)
    assert every["greedy_precision"] != pytest.approx(1 / 2, abs=1e-3)


def test_an_unknown_word_is_not_the_same_as_another(dialogs):
    found = scores(given(dialogs, [["zebra no"]], [["giraffe no", "zebra no"]]), dialogs)
    assert found["bleu1_precision"] == pytest.approx(1 / 2)
    assert found["corpus_bleu4"] == 0


def test_of_the_published_scores_it_is_the_same(dialogs):
    """As the published program has it: 4/3 is BLEU-1 of two equal sentences of some words."""
    found = scores(given(dialogs, [["well zebra no"]], [["well giraffe no"]]), dialogs)
    assert found["published_bleu1_recall"] == pytest.approx(4 / 3)
    assert found["bleu1_recall"] == pytest.approx(2 / 3)


def test_responses_come_with_their_texts(dialogs):
    metrics, arrays = measured(dialogs, responses=RESPONSES)
    assert {"test_bleu4_f1", "valid_greedy_precision", "test_distinct2"} <= set(metrics)
    assert all(np.isfinite(list(metrics.values())))
    assert set(arrays) == {
        f"{split}/responses/{name}"
        for split in ("valid", "test")
        for name in ("index", "context", "response", "samples")
    }
    assert arrays["test/responses/samples"].shape == (metrics["test_n_contexts"], 2)
    again, _ = measured(dialogs, responses=RESPONSES, batch_size=7)
    assert again == pytest.approx(metrics, rel=1e-5)


@torch.no_grad()
def test_numbers_do_not_depend_on_the_batch_size(dialogs):
    model = model_of(dialogs, "kgcvae")
    few, many = (
        evaluate(model, dialogs, {**SETTINGS, "batch_size": size}, 3, progress=str)[0]
        for size in (2, 7)
    )
    for name in few:
        if "mi_batch" not in name:
            assert many[name] == pytest.approx(few[name], rel=1e-4), name


@torch.no_grad()
def test_a_posterior_that_is_its_prior_knows_nothing(dialogs):
    """Its means differ between contexts all the same, as the prior's do."""
    model = model_of(dialogs)
    width = model.conditions.condition_dim
    model.prior = GaussianHead({"kind": "gaussian"}, width, model.latent_dim)
    model.encoder.head.weight[:, width:] = 0  # what is said of the response
    model.encoder.head.weight[:, :width] = model.prior.weight
    model.encoder.head.bias.copy_(model.prior.bias)
    metrics, arrays = evaluate(model, dialogs, SETTINGS, 3, progress=str)
    assert arrays["test/mu"].std(0).min() > 0.05
    assert metrics["test_kl"] == pytest.approx(0, abs=1e-5)
    assert metrics["test_active_units"] == 0
    for name in ("mi_batch", "mi_aggregate"):
        assert metrics[f"test_{name}"] == pytest.approx(0, abs=1e-5)


def test_information_is_what_is_beyond_the_prior():
    """Of three posteriors that lie apart two are their priors, so they are two clouds."""
    mu, prior = np.array([[50.0], [-50.0], [20.0]]), np.array([[50.0], [-50.0], [-20.0]])
    flat = np.zeros((3, 1))
    found = {"rec": flat, "kl": flat, "iw_nll": flat, "index": np.arange(3), "mu": mu}
    found |= {"logvar": flat, "prior_mu": prior, "prior_logvar": flat}
    numbers = summarise(found, [SimpleNamespace(size=3)], SETTINGS)
    expected = 2 / 3 * np.log(3 / 2) + 1 / 3 * np.log(3)
    assert numbers["mi_aggregate"] == pytest.approx(expected, abs=1e-6)
    assert numbers["mi_batch"] == numbers["mi_aggregate"]
