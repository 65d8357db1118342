"""SVI and the semi-amortised VAE as strategies of a training."""

import pytest
import torch
from tiny import PARTS, changed

from kl_annealing.evaluation.evaluate import evaluate
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.makers import inference, maker
from kl_annealing.models import build_model
from kl_annealing.models.trained import load_iterate
from kl_annealing.refinement.descent import refine
from kl_annealing.refinement.inference import Refined
from kl_annealing.schema import completed
from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.strategies.standard import Standard

SVI = completed({"kind": "svi", "steps": 2, "start_deviation": 0.1}, "strategy")
SA_VAE = completed({"kind": "sa_vae", "steps": 2}, "strategy")
PLAIN = completed({"kind": "sa_vae", "steps": 2, "encoder": "plain"}, "strategy")
KL = completed({"kind": "sa_vae", "steps": 2, "encoder": "kl"}, "strategy")
DIFFERENCES = completed(
    {"kind": "sa_vae", "steps": 2, "gradients": "finite_differences"}, "strategy"
)
EVALUATION = completed(
    {
        "importance_samples": 3,
        "posterior_samples": 2,
        "batch_size": 8,
        "splits": ["test"],
    },
    "evaluation",
)


class KilledError(Exception):
    pass


def train(run, corpus, folder, **options):
    fit(run, corpus, folder, device="cpu", threads=1, **options)
    return contents(folder)


def contents(folder):
    names = ("last.pt", "best.pt", "history.csv", "snapshots.h5", "config.json")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


def prepare(run, corpus):
    torch.manual_seed(0)
    model = build_model(run, corpus.size).train()
    data = DeviceSplit(corpus.train, run["training"]["batch_size"], torch.device("cpu"))
    return model, maker("strategy", run)(run, model, data), data


def gradients(run, corpus, beta=0.7):
    """The gradient of each weight after one backward pass; None where there is none."""
    model, strategy, data = prepare(run, corpus)
    torch.manual_seed(1)
    strategy.backward(data.examples(data.batches[0]), 5, beta)
    return {name: weight.grad for name, weight in model.named_parameters()}


@pytest.mark.parametrize("encoder", ["through", "plain"])
def test_without_steps_it_is_the_plain_vae_bit_for_bit(run_of, corpus, tmp_path, encoder):
    block = completed({"kind": "sa_vae", "steps": 0, "encoder": encoder}, "strategy")
    expected = train(run_of(), corpus, tmp_path / "plain")
    found = train(run_of(strategy=block), corpus, tmp_path / "none")
    for name in ("last.pt", "best.pt", "history.csv", "snapshots.h5"):
        assert found[name] == expected[name]
    model, _ = load_iterate(tmp_path / "none", "last", run_of(strategy=block), corpus.size)
    plain, _ = load_iterate(tmp_path / "plain", "last", run_of(), corpus.size)
    both = (evaluate(each, corpus, EVALUATION)[0] for each in (model, plain))
    assert next(both) == next(both)


@pytest.mark.parametrize("block", [SVI, SA_VAE, PLAIN, KL, DIFFERENCES])
def test_interrupted_anywhere_ends_with_the_same_bits(run_of, corpus, tmp_path, monkeypatch, block):
    run = run_of(strategy=block, training__epochs=2)
    expected = train(run, corpus, tmp_path / "whole")
    original, calls = Standard.update, []

    def update(self, *arguments):
        calls.append(1)
        if len(calls) in (4, 12):
            raise KilledError
        return original(self, *arguments)

    monkeypatch.setattr(Standard, "update", update)
    for _ in range(2):
        with pytest.raises(KilledError):
            train(run, corpus, tmp_path / "killed", checkpoint_seconds=0)
    assert contents(tmp_path / "killed") == {}
    assert train(run, corpus, tmp_path / "killed") == expected


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("block", [SVI, SA_VAE])
def test_products_are_in_bfloat16_where_it_was_asked_for_and_can_be(
    run_of, corpus, with_bfloat16, native, block
):
    with_bfloat16(native)
    for asked, reduced in (("bfloat16", native), ("float32", False)):
        _, strategy, data = prepare(run_of(strategy=block, training__precision=asked), corpus)
        examples = data.examples(data.batches[0])
        start = torch.zeros(2, len(examples), 2)
        assert strategy.loss.reduced is reduced
        assert strategy.bound(examples, start, 0, 1.0).reduced is reduced


@pytest.mark.parametrize("block", [SVI, SA_VAE, PLAIN, KL])
def test_bfloat16_trains_too(run_of, corpus, block):
    _, strategy, data = prepare(run_of(strategy=block, training__precision="bfloat16"), corpus)
    losses = [strategy.update(data.batches[0], 0, 1.0, 0.05).loss.item() for _ in range(30)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_strategies_differ_in_the_encoder_alone(run_of, corpus):
    through, plain, kl = (gradients(run_of(strategy=b), corpus) for b in (SA_VAE, PLAIN, KL))
    for name in through:
        if name.startswith("encoder"):
            assert not torch.equal(through[name], plain[name])
            assert not torch.equal(kl[name], plain[name])
        else:
            assert torch.equal(kl[name], plain[name])


def test_plain_encoder_gradient_is_that_of_the_plain_vae(run_of, corpus):
    run = run_of(strategy=PLAIN, model__decoder__input_dropout=0, model__decoder__output_dropout=0)
    model, strategy, data = prepare(run, corpus)
    examples = data.examples(data.batches[0])
    torch.manual_seed(1)
    strategy.backward(examples, 5, 0.7)
    found = [weight.grad for weight in model.encoder.parameters()]
    torch.manual_seed(1)
    torch.randn(len(examples), model.latent_dim)  # that of the decoder's update
    terms = model.terms(examples)
    loss = (terms.reconstruction + 0.7 * terms.kl).mean()
    expected = torch.autograd.grad(loss, list(model.encoder.parameters()))
    torch.testing.assert_close(found, list(expected))


def test_kl_moves_the_encoder_towards_the_refined_posterior(run_of, corpus):
    model, strategy, data = prepare(run_of(strategy=KL), corpus)
    examples = data.examples(data.batches[0])
    before = model.encode(examples)
    bound = strategy.bound(examples, torch.stack(before), 5, 0.7)
    refined = DiagonalGaussian(*refine(bound, torch.stack(before), strategy.descent).end)
    p, q = (
        torch.distributions.Normal(each.mu, torch.exp(each.logvar / 2))
        for each in (before, refined)
    )
    kl = torch.distributions.kl_divergence(p, q).sum(-1).mean()
    expected = torch.autograd.grad(kl, list(model.encoder.parameters()))
    strategy.backward(examples, 5, 0.7)
    found = [weight.grad for weight in model.encoder.parameters()]
    torch.testing.assert_close(found, list(expected), rtol=1e-4, atol=1e-7)


def test_svi_leaves_the_encoder_alone(run_of, corpus):
    found = gradients(run_of(strategy=SVI), corpus)
    assert all((found[name] is None) == name.startswith("encoder") for name in found)


def test_noise_of_training_follows_from_seed_and_step(run_of, corpus):
    _, strategy, data = prepare(run_of(strategy=SA_VAE), corpus)
    examples = data.examples(data.batches[0])
    start = torch.zeros(2, len(examples), 2)
    values = [strategy.bound(examples, start, step, 1.0).noise.values for step in (3, 3, 4)]
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])


@pytest.mark.parametrize("block", [SVI, SA_VAE])
def test_inference_is_better_repeatable_and_by_the_batches_of_training(run_of, corpus, block):
    run = run_of(strategy=changed(block, steps=20, mu_step_size=4.0))
    torch.manual_seed(0)
    model = build_model(run, corpus.size).eval()
    refined = inference(run, model)
    assert isinstance(refined, Refined)
    examples = torch.from_numpy(corpus.train.examples(corpus.train.batches(100)[0]))
    assert len(examples) > 8
    with torch.no_grad():
        first = refined.encode(examples)
        for part, whole in zip(refined.encode(examples[:8]), first, strict=True):
            assert torch.equal(part, whole[:8])
        draw = torch.randn(50, len(examples), 2)

        def bound(posterior):
            z = posterior.draw(draw).z.flatten(0, 1)
            rec = model.reconstruction(examples.repeat(50, 1), z).view(50, -1).mean(0)
            return (rec + posterior.kl(model.prior_of(examples)).sum(-1)).mean()

        assert bound(first) < bound(model.encode(examples))


def test_evaluation_and_generation_load_the_refined_posterior(run_of, corpus, tmp_path):
    run = run_of(strategy=SA_VAE, training__epochs=1)
    train(run, corpus, tmp_path)
    model, _ = load_iterate(tmp_path, "last", run, corpus.size)
    assert isinstance(model, Refined) and not model.model.training
    metrics, _ = evaluate(model, corpus, EVALUATION)
    plain, _ = load_iterate(tmp_path, "last", {**run, **PARTS}, corpus.size)
    some = evaluate(model, corpus, {**EVALUATION, "words": 4})[0]
    assert some["test_kl"] == metrics["test_kl"]
    assert 0 < abs(some["test_iw_nll"] - metrics["test_iw_nll"]) < 0.2
    assert metrics["test_kl"] != evaluate(plain, corpus, EVALUATION)[0]["test_kl"]


@pytest.mark.parametrize("batch_size", [2, 32])
def test_evaluation_refines_in_the_batches_of_training_whatever_its_own(run_of, corpus, batch_size):
    run = run_of(strategy=changed(SA_VAE, mu_step_size=4.0))
    torch.manual_seed(0)
    model = inference(run, build_model(run, corpus.size).eval())
    expected, found = (
        evaluate(model, corpus, {**EVALUATION, "batch_size": size})[0] for size in (8, batch_size)
    )
    for name in ("kl", "rec", "iw_nll"):
        assert found[f"test_{name}"] == pytest.approx(expected[f"test_{name}"], abs=1e-6)
