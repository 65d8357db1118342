"""Models with known answers, and a small corpus."""

import math

import numpy as np
import pytest
import torch
from tiny import MODEL, changed, model_of

from kl_annealing.data import Corpus, Split, Vocabulary
from kl_annealing.gaussians import STANDARD, DiagonalGaussian
from kl_annealing.models.latent_model import Unconditional

torch.set_num_threads(1)  # tiny tensors


class LinearGaussian(Unconditional, torch.nn.Module):
    """p(z) = N(0, I), p(x|z) = N(W z, s^2 I) with orthogonal columns of W; x are the token numbers.

    The marginal is N(0, W W' + s^2 I) and the posterior is diagonal. `error` moves q away from it.
    """

    latent_dim = 2
    scale = 0.8

    def __init__(self, error: float = 0.0):
        super().__init__()
        self.error = error
        self.weight = torch.tensor([[1.0, 1.0], [0.5, -0.5], [1.0, -1.0], [2.0, 1.0]]).double()
        self.weight[3] = torch.tensor([0.5, 0.5])  # columns: 1 .5 1 .5 and 1 -.5 -1 .5
        assert float(self.weight[:, 0] @ self.weight[:, 1]) == 0

    def encode(self, tokens):
        gram = (self.weight**2).sum(0) / self.scale**2
        variance = 1 / (1 + gram)
        mu = variance * (tokens.double() @ self.weight) / self.scale**2
        logvar = variance.log().expand_as(mu)
        return DiagonalGaussian(mu + self.error, logvar + self.error)

    def reconstruction(self, tokens, z):
        squared = (tokens.double() - z @ self.weight.T).square().sum(-1) / self.scale**2
        return 0.5 * (squared + tokens.shape[1] * math.log(2 * math.pi * self.scale**2))

    def log_marginal(self, tokens):
        covariance = self.weight @ self.weight.T + self.scale**2 * torch.eye(4).double()
        zero = torch.zeros(4).double()
        normal = torch.distributions.MultivariateNormal(zero, covariance)
        return normal.log_prob(tokens.double())

    def elbo(self, tokens):
        """-E_q[-log p(x|z)] - KL(q || p), in closed form."""
        q = self.encode(tokens)
        spread = (q.logvar.exp() * (self.weight**2).sum(0)).sum(-1) / self.scale**2
        return -self.reconstruction(tokens, q.mu) - spread / 2 - q.kl(STANDARD).sum(-1)


@pytest.fixture
def linear_gaussian():
    return LinearGaussian


def settings(kind="vae"):
    scale = {"scheme": "uniform", "weights": 0.8, "embeddings": 0.8}
    return changed(MODEL, kind=kind, initialisation=scale)


@pytest.fixture
def make_model():
    def make(kind="vae", seed=0):
        torch.manual_seed(seed)
        return model_of(settings(kind), 9)

    return make


@pytest.fixture
def model_settings():
    return settings


def split(generator, count):
    """Sentences of 1 to 4 words, sorted by length, from shuffled lines."""
    lengths = np.sort(generator.integers(3, 7, count))
    tokens = np.zeros((count, 6), dtype=np.int32)
    for row, length in enumerate(lengths):
        words = generator.integers(4, 9, length - 2)
        tokens[row, :length] = [2, *words, 3]
    return Split(tokens, lengths.astype(np.int32), generator.permutation(count))


@pytest.fixture
def corpus():
    generator = np.random.default_rng(0)
    words = ["<pad>", "<unk>", "<s>", "</s>", *"abcde"]
    parts = (split(generator, count) for count in (5, 17, 23))
    attributes = {"floor_nll": 2.0, "floor_nll_test": 2.5, "digest": "0"}
    return Corpus("tiny", Vocabulary(words), *parts, attributes=attributes)
