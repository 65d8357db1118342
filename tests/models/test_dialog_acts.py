"""What a kgCVAE knows of dialog acts: told the true one, or the mean of what it predicts."""

import dataclasses

import exchanges as made
import pytest
import torch

from kl_annealing.models import build_model
from kl_annealing.models.dialog_acts import DialogActs
from kl_annealing.schema import completed


@pytest.fixture(params=[False, True], ids=["logits", "rectified"])
def acts(request):
    settings = {**made.ACT, "rectified": request.param}
    return DialogActs(settings, made.SIZE.acts, code_dim=6).double()


@pytest.fixture
def model():
    settings = completed({**made.TINY, "kind": "kgcvae", "act": made.ACT}, "model")
    return build_model(made.run_of(settings), made.SIZE).eval()


@pytest.fixture
def code():
    return torch.randn(6, 6, dtype=torch.float64)


def probabilities(acts, code):
    hidden = torch.tanh(code @ acts.hidden.weight.T + acts.hidden.bias)
    logits = hidden @ acts.output.weight.T + acts.output.bias
    return torch.softmax(logits.clamp(min=0) if acts.rectified else logits, -1)  # [B, A - 1]


def test_the_prediction_is_one_of_the_known_acts(acts, code):
    log_p = acts.log_p(code)
    assert log_p.shape == (6, made.SIZE.acts)
    assert (log_p[:, 0] == -torch.inf).all()
    torch.testing.assert_close(log_p[:, 1:].exp(), probabilities(acts, code))


def test_rectified_logits_do_not_fall_below_zero(acts, code):
    with torch.no_grad():
        acts.output.bias -= 100
    p = acts.log_p(code).exp()[:, 1:]
    even = torch.full_like(p, 1 / p.shape[1])
    assert torch.allclose(p, even) == acts.rectified


def test_the_expected_vector_is_the_mean_of_the_vectors(acts, code):
    p, vectors = probabilities(acts, code), acts.embedding.weight
    expected = [sum(p[row, act - 1] * vectors[act] for act in range(1, 5)) for row in range(6)]
    torch.testing.assert_close(acts.expected(code), torch.stack(expected))


def test_an_unknown_act_costs_and_teaches_nothing(acts, code):
    given = torch.tensor([1, 0, 4, 0, 2, 3])
    loss = acts.loss(code.requires_grad_(), given)
    (gradient,) = torch.autograd.grad(loss.sum(), code)
    unknown = given == 0
    assert not loss[unknown].any() and not gradient[unknown].any()
    picked = probabilities(acts, code)[~unknown, given[~unknown] - 1]
    torch.testing.assert_close(loss[~unknown], -picked.log())
    assert not acts.known(given)[unknown].any()


def test_the_likelihood_takes_the_true_act_and_generation_the_expected_one(model):
    exchanges, noise = made.drawn(), torch.randn(made.COUNT, 3)
    found = model.conditioned(exchanges)
    code = model.codes(found, noise)
    other = dataclasses.replace(found, acts=found.acts.flip(0).clamp(min=1))
    one, two = (model.reconstruction(each, noise) for each in (found, other))
    differs = found.acts != other.acts
    assert ((one != two) == differs).all() and differs.any()
    hidden, told = model.decoder.start(code)
    torch.testing.assert_close(told[0], model.decoder.acts.expected(code))
    start = torch.cat([code, told[0]], dim=-1) @ model.decoder.latent.weight.T
    torch.testing.assert_close(hidden[0], start + model.decoder.latent.bias)
    torch.testing.assert_close(model.acts(found, noise), model.decoder.acts.log_p(code))


def test_the_posterior_sees_the_act_and_the_prior_does_not(model):
    exchanges = made.drawn()
    other = dataclasses.replace(exchanges, acts=(exchanges.acts + 1) % 5)
    one, two = (model.conditioned(each) for each in (exchanges, other))
    assert ((model.encode(one).mu - model.encode(two).mu).abs().sum(1) > 0).all()
    assert torch.equal(model.prior_of(one).mu, model.prior_of(two).mu)
    assert torch.equal(model.codes(one, one.mu * 0), model.codes(two, one.mu * 0))


def test_only_a_guided_model_knows_acts():
    model = build_model(made.run_of(completed({**made.TINY, "kind": "cvae"}, "model")), made.SIZE)
    assert not hasattr(model, "acts")
    exchanges = made.drawn()
    other = dataclasses.replace(exchanges, acts=exchanges.acts * 0)
    noise = torch.zeros(made.COUNT, 3)
    one, two = (model.terms(each, noise) for each in (exchanges, other))
    assert torch.equal(one.reconstruction, two.reconstruction) and torch.equal(one.kl, two.kl)
    assert set(one.extras) == {"bag_of_words"}
