import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.models import build_model
from kl_annealing.objectives import Objective
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.strategies.standard import Standard

loss = Objective().loss


def prepare(run, corpus):
    torch.manual_seed(0)
    device = torch.device("cpu")
    model = build_model(run, corpus.size)
    data = DeviceSplit(corpus.train, 8, device)
    return model, Standard(run, model, data), data


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()]).clone()


def gradient(model, sentences, beta):
    torch.manual_seed(1)
    value = loss(model.terms(sentences), beta)
    gradients = torch.autograd.grad(value, list(model.parameters()))
    return torch.cat([g.flatten() for g in gradients])


@pytest.mark.parametrize("clip", [0.01, 1000.0, None])
def test_sgd_follows_the_clipped_gradient(run_of, corpus, clip):
    run = run_of(training__optimiser="sgd", training__gradient_clip=clip)
    model, strategy, data = prepare(run, corpus)
    wanted = gradient(model, data.examples(data.batches[0]), 0.4)
    norm = wanted.norm()
    before = weights(model)
    torch.manual_seed(1)
    outcome = strategy.update(data.batches[0], 0, 0.4, 0.5)
    if clip is not None:
        wanted = wanted * min(1.0, clip / norm)
    torch.testing.assert_close(weights(model), before - 0.5 * wanted, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(outcome.gradient_norm, norm)


def test_adam_is_the_textbook_one(run_of, corpus):
    model, strategy, data = prepare(run_of(training__gradient_clip=None), corpus)
    expected = weights(model).double()
    first = second = torch.zeros_like(expected)
    for step, rate in enumerate((0.01, 0.03, 0.02), 1):
        g = gradient(model, data.examples(data.batches[0]), 1.0).double()
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
        unbiased = first / (1 - 0.9**step), second / (1 - 0.999**step)
        expected = expected - rate * unbiased[0] / (unbiased[1].sqrt() + 1e-8)
        torch.manual_seed(1)
        strategy.update(data.batches[0], 0, 1.0, rate)
    torch.testing.assert_close(weights(model).double(), expected, rtol=1e-4, atol=1e-5)


def test_outcome_holds_no_graph_and_the_loss_before_the_update(run_of, corpus):
    model, strategy, data = prepare(run_of(), corpus)
    torch.manual_seed(1)
    expected = loss(model.terms(data.examples(data.batches[0])), 0.3)
    torch.manual_seed(1)
    outcome = strategy.update(data.batches[0], 0, 0.3, 0.01)
    assert torch.equal(outcome.loss, expected.detach())
    assert outcome.loss == loss(outcome.terms, 0.3)
    assert not any(part.requires_grad for part in (*outcome.terms[:2], outcome.loss))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", ["vae", "autoreg"])
def test_loss_falls_over_thirty_steps(run_of, corpus, precision, kind):
    run = run_of(training__precision=precision, model__kind=kind)
    _, strategy, data = prepare(run, corpus)
    losses = [strategy.update(data.batches[0], 0, 1.0, 0.05).loss.item() for _ in range(30)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_bfloat16_keeps_weights_and_moments_in_float32(run_of, corpus):
    model, strategy, data = prepare(run_of(training__precision="bfloat16"), corpus)
    strategy.update(data.batches[0], 0, 1.0, 0.01)
    moments = [value for state in strategy.optimiser.state.values() for value in state.values()]
    assert {value.dtype for value in [*model.parameters(), *moments]} == {torch.float32}


def test_reset_forgets_the_moments(run_of, corpus):
    _, strategy, data = prepare(run_of(), corpus)
    strategy.update(data.batches[0], 0, 1.0, 0.01)
    assert strategy.optimiser.state
    strategy.reset()
    assert not strategy.optimiser.state


@pytest.mark.parametrize(("key", "value"), [("precision", "float16"), ("optimiser", "lion")])
def test_unknown_names_are_refused(run_of, corpus, key, value):
    with pytest.raises(InputError, match=f"training.{key}: '{value}'"):
        prepare(run_of(**{f"training__{key}": value}), corpus)
