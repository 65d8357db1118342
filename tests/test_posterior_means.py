import numpy as np
import pytest
import torch

from kl_annealing.data import Split
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.latent_model import Unconditional
from kl_annealing.posterior_means import (
    Means,
    chosen,
    distance,
    grid_of,
    model_means,
    posterior_means,
    slope,
)

NOISE = 0.5  # variance of an observation given z


class Conjugate(Unconditional, torch.nn.Module):
    """Each word n of a sentence is an observation n / 10 - 1 = z + noise: p(z|x) is Gaussian."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor))

    def observations(self, tokens):
        return tokens[:, 1:-1].double() / 10 - 1

    def exact(self, tokens):
        seen = self.observations(tokens)
        return seen.sum(1) / NOISE / (1 + seen.shape[1] / NOISE)

    def reconstruction(self, tokens, z):
        return (0.5 * (self.observations(tokens) - z.double()).square() / NOISE).sum(-1)

    def encode(self, tokens):
        mu = (self.factor * self.exact(tokens))[:, None].float()
        return DiagonalGaussian(mu, torch.zeros_like(mu))


def split_of(number=40, seed=0):
    generator = np.random.default_rng(seed)
    lengths = np.sort(3 + np.arange(number) % 4)
    tokens = np.zeros((number, 8), dtype=np.int32)
    for row, length in zip(tokens, lengths, strict=True):
        row[:length] = [2, *generator.integers(4, 30, length - 2), 3]
    return Split(tokens, lengths, generator.permutation(number))


def test_the_grid_is_the_published_one():
    grid = grid_of(20, 0.1)
    assert (len(grid), grid[0].item()) == (400, -20)
    assert grid[-1].item() == pytest.approx(19.9)


def test_the_grid_mean_is_that_of_the_conjugate_posterior():
    model, split = Conjugate(), split_of()
    tokens = torch.from_numpy(split.tokens[-8:, :6]).long()
    found = model_means(model, tokens, grid_of(20, 0.1))
    torch.testing.assert_close(found, model.exact(tokens), atol=1e-6, rtol=0)


@pytest.mark.parametrize("factor", [1.0, 0.25, 0.0])
def test_the_slope_tells_how_far_the_encoder_follows(factor):
    settings = {"reach": 20, "step": 0.1}
    means = posterior_means(Conjugate(factor), split_of(), settings, "cpu")
    assert slope(means) == pytest.approx(factor, abs=1e-5)
    usual = means.model.square().mean().sqrt()
    assert distance(means) == pytest.approx(float((1 - factor) * usual), abs=1e-5)


def test_there_is_no_slope_without_something_to_follow():
    flat = Means(torch.full((9,), 0.3).double(), torch.arange(9.0).double())
    assert slope(flat) == 0.0
    noise = torch.linspace(-0.05, 0.05, 9).double()
    assert slope(Means(noise, noise)) == 0.0


def test_chosen_sentences_are_seeded_and_sorted():
    split = split_of()
    few, again, other = (chosen(split, 10, seed) for seed in (1, 1, 2))
    assert few.index.tolist() == again.index.tolist() != other.index.tolist()
    assert len(set(few.index)) == 10 and (np.diff(few.lengths) >= 0).all()
    assert chosen(split, 500, 1).n_examples == 40
    assert set(chosen(split, 5, 1).index) <= set(few.index)
