"""Mutual information and active units against hand-made posteriors and naive loops."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing import information
from kl_annealing.information import (
    active_units,
    mi_aggregate,
    mi_batch,
    neighbour_purity,
)


def posteriors(seed, count, dim, spread=1.0):
    generator = np.random.default_rng(seed)
    mu = spread * generator.standard_normal((count, dim))
    logvar = generator.uniform(-3, 1, (count, dim))
    z = mu + np.exp(logvar / 2) * generator.standard_normal((count, dim))
    return mu, logvar, z


def density(z, mu, logvar):
    """N(z; mu, sigma^2), one dimension after the other."""
    value = 1.0
    for d in range(len(z)):
        variance = math.exp(logvar[d])
        value *= math.exp(-((z[d] - mu[d]) ** 2) / (2 * variance)) / math.sqrt(
            2 * math.pi * variance
        )
    return value


def naive(mu, logvar, z):
    count, total = len(mu), 0.0
    for i in range(count):
        mixture = sum(density(z[i], mu[j], logvar[j]) for j in range(count)) / count
        total += math.log(density(z[i], mu[i], logvar[i]) / mixture)
    return total / count


@pytest.mark.parametrize("dim", [1, 3])
def test_aggregate_equals_double_loop(dim):
    q = posteriors(0, 23, dim)
    assert mi_aggregate(*q) == pytest.approx(naive(*q), rel=1e-9)


def test_batch_equals_size_weighted_double_loops():
    q = posteriors(1, 12, 2)
    sizes = [5, 1, 4, 2]
    edges = np.cumsum([0, *sizes])
    parts = [naive(*(part[a:b] for part in q)) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    assert mi_batch(*q, sizes) == pytest.approx(np.average(parts, weights=sizes), rel=1e-9)


def test_several_draws_are_averaged():
    mu, logvar, _ = posteriors(5, 12, 2)
    z = mu + np.exp(logvar / 2) * np.random.default_rng(6).standard_normal((7, *mu.shape))
    each = [mi_batch(mu, logvar, draw, [5, 4, 3]) for draw in z]
    assert mi_batch(mu, logvar, z, [5, 4, 3]) == pytest.approx(np.mean(each), rel=1e-12)
    whole = [mi_aggregate(mu, logvar, draw) for draw in z]
    assert mi_aggregate(mu, logvar, z) == pytest.approx(np.mean(whole), rel=1e-12)


def test_sample_estimate_agrees_with_closed_form_entropy_in_expectation():
    """He et al.'s estimator takes E log q(z|x) in closed form: same mean, other noise."""
    generator = np.random.default_rng(2)
    mu, logvar, _ = posteriors(2, 16, 2)
    closed = -0.5 * (2 * math.log(2 * math.pi) + (1 + logvar).sum(1)).mean()
    ours, theirs = [], []
    for _ in range(2000):
        z = mu + np.exp(logvar / 2) * generator.standard_normal(mu.shape)
        ours.append(mi_aggregate(mu, logvar, z))
        at_sample = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / np.exp(logvar)).sum(1)
        theirs.append(closed - (at_sample.mean() - ours[-1]))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=4 * np.std(theirs) / 2000**0.5)
    assert np.std(ours) < np.std(theirs)


def test_identical_posteriors_carry_nothing():
    mu, logvar = np.full((40, 3), 0.7), np.full((40, 3), -1.2)
    z = mu + np.random.default_rng(3).standard_normal(mu.shape)
    assert mi_aggregate(mu, logvar, z) == pytest.approx(0, abs=1e-12)
    assert mi_batch(mu, logvar, z, [32, 8]) == pytest.approx(0, abs=1e-12)


def test_separated_posteriors_reach_the_caps():
    mu = 100.0 * np.arange(64)[:, None] * np.ones((1, 2))
    logvar = np.zeros_like(mu)
    z = mu + np.random.default_rng(4).standard_normal(mu.shape)
    assert mi_aggregate(mu, logvar, z) == pytest.approx(math.log(64), abs=1e-9)
    assert mi_batch(mu, logvar, z, [32, 32]) == pytest.approx(math.log(32), abs=1e-9)
    weighted = (32 * math.log(32) + 31 * math.log(31)) / 64
    assert mi_batch(mu, logvar, z, [32, 31, 1]) == pytest.approx(weighted, abs=1e-9)


@given(st.integers(0, 2**32), st.integers(2, 40), st.integers(1, 5), st.floats(0, 30))
def test_caps_hold(seed, count, dim, spread):
    q = posteriors(seed, count, dim, spread)
    half = count // 2
    assert mi_aggregate(*q) <= math.log(count) + 1e-9
    assert mi_batch(*q, [half, count - half]) <= math.log(count - half) + 1e-9


def test_chunks_do_not_matter(monkeypatch):
    q = posteriors(5, 50, 4)
    whole = mi_aggregate(*q)
    monkeypatch.setattr(information, "_PAIRS_AT_ONCE", 50 * 7)
    assert mi_aggregate(*q) == pytest.approx(whole, rel=1e-12)


def test_narrow_posteriors_far_from_the_origin_keep_their_digits():
    mu, logvar, noise = posteriors(6, 30, 2)
    logvar = np.full_like(logvar, math.log(1e-6))
    z = mu + 1e-3 * noise
    far = mi_aggregate(mu + 50, logvar, z + 50)
    assert far == pytest.approx(mi_aggregate(mu, logvar, z), abs=1e-4)


def test_purity_of_known_clouds():
    generator = torch.Generator().manual_seed(0)
    label = torch.arange(10).repeat(100)
    mixed = torch.randn(1000, 2, generator=generator)
    apart = torch.stack([4.0 * label, 0 * label], dim=1) + 0.1 * mixed
    assert neighbour_purity(apart, label) == 1.0
    assert neighbour_purity(mixed, label) == pytest.approx(0.1, abs=0.03)


def test_purity_by_hand():
    z = torch.tensor([[0.0], [1.1], [2.0], [10.0], [11.1], [12.0]])
    label = torch.tensor([0, 0, 1, 1, 1, 1])
    # The two nearest of 0 are 1 and 2, of 1 are 2 and 0, of 2 are 1 and 0; the rest keep company.
    assert neighbour_purity(z, label, 2) == pytest.approx((0.5 + 0.5 + 0 + 1 + 1 + 1) / 6)


def test_no_latent_no_information():
    empty = np.zeros((10, 0))
    assert mi_aggregate(empty, empty, empty) == 0
    assert mi_batch(empty, empty, empty, [4, 6]) == 0
    assert active_units(empty) == 0


def test_active_units_by_hand():
    # variances with n - 1: 1/3, 1/300, 0 exactly
    mu = np.array([[0.0, 0.0, 5.0], [1.0, 0.1, 5.0], [0.0, 0.0, 5.0]])
    assert active_units(mu, 0.01) == 1
    assert active_units(mu, 0.003) == 2
    assert active_units(mu[:1], 0.01) == 0


def test_active_units_uses_n_minus_one_and_includes_the_threshold():
    mu = np.array([[0.0], [0.5]])  # variance 0.125 with n - 1, 0.0625 with n
    assert active_units(mu, 0.125) == 1
    assert active_units(mu, 0.1251) == 0
