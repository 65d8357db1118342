"""The importance-weighted bound where the marginal is known."""

import numpy as np
import pytest
import torch
from machine import needs_bfloat16

from kl_annealing.evaluation import likelihood
from kl_annealing.evaluation.likelihood import (
    bounds,
    importance_bound,
    reconstructions,
    sentence_noise,
)
from kl_annealing.gaussians import Draw

TOKENS = torch.tensor([[0, 1, 2, 0], [1, 0, 0, 1], [2, 1, 1, 3]])


def one(draw, k):
    return Draw(*(part[k : k + 1] for part in draw))


def noise(samples, seed=0):
    return sentence_noise(seed, range(3), samples, 2).double()


def bound(model, tokens, noise, precision="float32"):
    """The importance-weighted bound on log p(x) [B] with all of the noise."""
    return -bounds(model, tokens, noise, 1, len(noise), precision)["iw_nll"]


def log_weights(model, noise):
    """log p(x, z) - log q(z|x) [K, B], each from a bound of one sample."""
    posterior = model.encode(TOKENS)
    draw = posterior.draw(noise)
    rec = reconstructions(model, TOKENS, draw.z)
    each = [
        importance_bound(one(draw, k), model.prior_of(TOKENS), rec[k : k + 1])
        for k in range(len(rec))
    ]
    return torch.stack(each)


@pytest.mark.parametrize("samples", [1, 2, 50])
def test_exact_posterior_gives_the_marginal_at_every_k(linear_gaussian, samples):
    model = linear_gaussian()
    found = bound(model, TOKENS, noise(samples))
    torch.testing.assert_close(found, model.log_marginal(TOKENS), rtol=1e-12, atol=1e-12)


def test_bound_converges_to_the_marginal(linear_gaussian):
    model = linear_gaussian(error=0.4)
    found = bound(model, TOKENS, noise(200_000))
    torch.testing.assert_close(found, model.log_marginal(TOKENS), rtol=0, atol=0.01)
    assert torch.all(model.elbo(TOKENS) < model.log_marginal(TOKENS) - 0.2)


def test_one_sample_is_the_elbo_in_expectation(linear_gaussian):
    model = linear_gaussian(error=0.4)
    weights = log_weights(model, noise(20_000))
    deviation = weights.std(0) / len(weights) ** 0.5
    assert torch.all((weights.mean(0) - model.elbo(TOKENS)).abs() < 4 * deviation)


def test_one_sample_is_its_own_weight(linear_gaussian):
    model = linear_gaussian(error=0.4)
    one = noise(1)
    terms = bounds(model, TOKENS, one, 1, 1)
    q = torch.distributions.Normal(terms["mu"], (terms["logvar"] / 2).exp())
    prior = torch.distributions.Normal(0.0, 1.0)
    z = q.loc + q.scale * one[0]
    ratio = (prior.log_prob(z) - q.log_prob(z)).sum(-1)
    torch.testing.assert_close(-terms["iw_nll"], ratio - terms["rec"])


def test_reconstruction_is_averaged_over_the_samples(linear_gaussian):
    model = linear_gaussian(error=0.4)
    samples = noise(5)
    each = [bounds(model, TOKENS, samples[k : k + 1], 1, 1)["rec"] for k in range(5)]
    together = bounds(model, TOKENS, samples, 5, 1)
    torch.testing.assert_close(together["rec"], torch.stack(each).mean(0))


def test_bound_grows_with_the_samples(linear_gaussian):
    model = linear_gaussian(error=0.4)
    means = []
    for samples in (1, 4, 16, 64):
        repeats = [bound(model, TOKENS, noise(samples, seed)) for seed in range(400)]
        means.append(torch.stack(repeats).mean())
    assert means == sorted(means)
    assert means[-1] < model.log_marginal(TOKENS).mean() + 0.02


def test_bound_is_the_log_mean_of_the_weights(linear_gaussian):
    model = linear_gaussian(error=0.3)
    weights = log_weights(model, noise(40)).numpy()
    expected = np.log(np.exp(weights).mean(0))
    np.testing.assert_allclose(bound(model, TOKENS, noise(40)), expected, rtol=1e-10)


@pytest.mark.parametrize("tokens_at_once", [1, 12, 60, 10**6])
def test_chunks_do_not_matter(linear_gaussian, monkeypatch, tokens_at_once):
    model = linear_gaussian(error=0.3)
    expected = bound(model, TOKENS, noise(37))
    monkeypatch.setitem(likelihood._TOKENS_AT_ONCE, "cpu", tokens_at_once)
    torch.testing.assert_close(bound(model, TOKENS, noise(37)), expected, rtol=1e-12, atol=0)


def test_improbable_sentences_do_not_underflow(linear_gaussian):
    model = linear_gaussian(error=0.1)
    far = TOKENS + 1000
    found = bound(model, far, noise(500))
    torch.testing.assert_close(found, model.log_marginal(far), rtol=1e-3, atol=0)


def test_noise_belongs_to_the_sentence():
    many = sentence_noise(7, [4, 9, 2], 6, 3)
    assert many.shape == (6, 3, 3)
    torch.testing.assert_close(sentence_noise(7, [9], 6, 3)[:, 0], many[:, 1], rtol=0, atol=0)
    torch.testing.assert_close(sentence_noise(7, [9], 2, 3)[:, 0], many[:2, 1], rtol=0, atol=0)
    assert not torch.equal(sentence_noise(8, [9], 6, 3)[:, 0], many[:, 1])


def test_noise_is_standard_normal():
    values = sentence_noise(0, range(200), 50, 4).numpy()
    assert abs(values.mean()) < 4 / values.size**0.5
    assert abs(values.var() - 1) < 4 * (2 / values.size) ** 0.5


@needs_bfloat16
def test_bfloat16_is_near_float32(make_model):
    model = make_model().eval()
    tokens = torch.tensor([[2, 4, 5, 6, 3], [2, 8, 8, 4, 3]])
    draws = sentence_noise(0, range(2), 64, 3)
    with torch.inference_mode():
        narrow, wide = (bound(model, tokens, draws, p) for p in ("bfloat16", "float32"))
    torch.testing.assert_close(narrow, wide, rtol=0.01, atol=0)
    assert not torch.equal(narrow, wide)
