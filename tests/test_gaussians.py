import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from kl_annealing.gaussians import STANDARD, DiagonalGaussian


@pytest.fixture
def posterior() -> DiagonalGaussian:
    generator = torch.Generator().manual_seed(0)
    mu = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    return DiagonalGaussian(mu, torch.randn(5, 3, generator=generator, dtype=torch.float64))


def as_distribution(posterior: DiagonalGaussian) -> Normal:
    return Normal(posterior.mu, torch.exp(0.5 * posterior.logvar))


def test_kl_is_the_closed_form_of_torch(posterior):
    expected = kl_divergence(as_distribution(posterior), Normal(0.0, 1.0))
    torch.testing.assert_close(posterior.kl(STANDARD), expected)


def test_what_is_relative_to_a_prior_has_its_kl_to_the_standard_one(posterior):
    prior = DiagonalGaussian(posterior.logvar, posterior.mu)
    relative = posterior.relative_to(prior)
    torch.testing.assert_close(relative.kl(STANDARD), posterior.kl(prior))
    noise = torch.ones(5, 3, dtype=torch.float64)
    z = prior.standardised(posterior.draw(noise).z)
    torch.testing.assert_close(z, relative.draw(noise).z)


def test_nothing_changes_relative_to_the_standard_prior(posterior):
    narrow = DiagonalGaussian(*(part.float() for part in posterior))
    for part, same in zip(narrow.relative_to(STANDARD), narrow, strict=True):
        assert part.dtype == same.dtype and torch.equal(part, same)


def test_kl_to_another_gaussian_is_the_closed_form_of_torch(posterior):
    prior = DiagonalGaussian(posterior.logvar, posterior.mu)
    expected = kl_divergence(as_distribution(posterior), as_distribution(prior))
    torch.testing.assert_close(posterior.kl(prior), expected)


def test_kl_is_the_mean_log_ratio_of_samples(posterior):
    noise = torch.randn(
        200_000, 5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    draw = posterior.draw(noise)
    ratio = draw.log_densities.sum(-1) - STANDARD.log_density(draw.z)
    error = ratio.std(0) / math.sqrt(len(noise))
    assert ((ratio.mean(0) - posterior.kl(STANDARD).sum(-1)).abs() < 4 * error).all()


@settings(deadline=None, max_examples=50)
@given(st.floats(-20, 20), st.floats(-20, 5))
def test_kl_is_never_negative_and_zero_only_at_the_prior(mu, logvar):
    posterior = DiagonalGaussian(*torch.tensor([[[mu]], [[logvar]]], dtype=torch.float64))
    assert posterior.kl(STANDARD).item() >= -1e-12
    zero = torch.zeros(1, 4)
    assert not DiagonalGaussian(zero, zero).kl(STANDARD).any()


def test_log_densities_are_those_of_torch(posterior):
    z = torch.randn(7, 5, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    expected = as_distribution(posterior).log_prob(z).sum(-1)
    torch.testing.assert_close(posterior.log_density(z), expected)
    draw = posterior.draw(z)
    torch.testing.assert_close(draw.log_densities.sum(-1), posterior.log_density(draw.z))
    torch.testing.assert_close(STANDARD.log_density(z), Normal(0.0, 1.0).log_prob(z).sum(-1))


def test_sample_is_mu_plus_sigma_noise_and_reproducible(posterior):
    noise = torch.full((5, 3), 2.0, dtype=torch.float64)
    expected = posterior.mu + 2 * torch.exp(0.5 * posterior.logvar)
    torch.testing.assert_close(posterior.draw(noise).z, expected)
    first, second = (posterior.draw(generator=torch.Generator().manual_seed(3)).z for _ in "ab")
    assert torch.equal(first, second)


def test_sample_is_differentiable_in_the_parameters(posterior):
    mu = posterior.mu.clone().requires_grad_()
    logvar = posterior.logvar.clone().requires_grad_()
    noise = torch.randn(5, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    DiagonalGaussian(mu, logvar).draw(noise).z.sum().backward()
    torch.testing.assert_close(mu.grad, torch.ones_like(mu))
    torch.testing.assert_close(logvar.grad, 0.5 * torch.exp(0.5 * posterior.logvar) * noise)


def test_no_dimension_means_no_divergence():
    empty = torch.zeros(4, 0)
    posterior = DiagonalGaussian(empty, empty)
    assert posterior.kl(STANDARD).shape == (4, 0)
    assert posterior.draw().z.shape == (4, 0)
