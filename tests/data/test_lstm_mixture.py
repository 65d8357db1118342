import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from kl_annealing.data import lstm_mixture
from kl_annealing.data.evidence import evidence_bounds
from kl_annealing.data.lstm_mixture import (
    LatentLSTM,
    log_prior,
    lstm_mixture_corpus,
    sample_prior,
)

SIZES = {"train": 30, "valid": 5, "test": 40}


@pytest.fixture(scope="module")
def model():
    return LatentLSTM.random(20, 6, np.random.default_rng(0))


def test_the_likelihood_is_that_of_torch(model):
    """The recurrence against torch's LSTM with the same weights, gates in its order."""
    words, z = model.sample(7, 5, np.random.default_rng(1))
    order = np.concatenate([np.arange(6) + 6 * gate for gate in (0, 1, 3, 2)])
    lstm = torch.nn.LSTM(20 + 2, 6, batch_first=True)
    with torch.no_grad():
        table = np.vstack([model.inputs, model.latent])[:, order].T
        lstm.weight_ih_l0.copy_(torch.from_numpy(table))
        lstm.weight_hh_l0.copy_(torch.from_numpy(model.recurrent[:, order].T))
        lstm.bias_ih_l0.zero_()
        lstm.bias_hh_l0.zero_()
        latent, tokens = torch.from_numpy(z), torch.from_numpy(words)
        cell = latent @ torch.from_numpy(model.start[:2]) + torch.from_numpy(model.start[2])
        one_hot = torch.nn.functional.one_hot(tokens[:, :-1], 20).float()
        inputs = torch.cat([one_hot, latent[:, None].expand(-1, 4, -1)], dim=-1)
        hidden, _ = lstm(inputs, (torch.tanh(cell)[None], cell[None]))
        logits = hidden @ torch.from_numpy(model.output)
        logits += (latent @ torch.from_numpy(model.latent_output))[:, None]
        log_words = torch.log_softmax(logits, -1).gather(-1, tokens[:, 1:, None])
    expected = log_words.sum((1, 2)).numpy() - np.log(20)
    assert model.log_likelihood(words, z) == pytest.approx(expected, abs=1e-4)


def test_the_bounds_enclose_the_integral(model):
    drawn = model.sample(25, 8, np.random.default_rng(2))
    step = 0.1
    axis = np.arange(-7, 7, step)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    exact = [
        logsumexp(model.log_likelihood(np.tile(x, (len(grid), 1)), grid) + log_prior(grid))
        for x in drawn.words
    ]
    exact = np.array(exact) + 2 * np.log(step)
    low, high = evidence_bounds(
        lambda rows, z: model.log_likelihood(drawn.words[rows], z),
        (sample_prior, log_prior),
        drawn.z,
        np.random.default_rng(3),
    )
    assert (low <= high + 0.1).all()
    assert low.mean() - 0.02 < exact.mean() < high.mean() + 0.02
    assert low == pytest.approx(exact, abs=0.5)


def test_the_prior_is_a_density_and_is_sampled():
    axis = np.arange(-8, 8, 0.1)
    grid = np.stack(np.meshgrid(axis, axis), -1)
    assert np.exp(log_prior(grid)).sum() * 0.01 == pytest.approx(1, abs=1e-6)
    z = sample_prior(20000, np.random.default_rng(0))
    assert z.mean(0) == pytest.approx([0, 0], abs=0.06)
    assert np.cov(z.T) == pytest.approx(5 * np.eye(2), abs=0.15)  # 1 within, 4 between


def test_words_follow_the_model(model):
    """The frequency of second words given nothing, against the mean of the model's own."""
    words, z = model.sample(20000, 2, np.random.default_rng(4))
    logits, _ = model._step(words[:, 0], z, model._begin(z))
    expected = np.exp(logits - logsumexp(logits, axis=1, keepdims=True)).mean(0)
    found = np.bincount(words[:, 1], minlength=20) / 20000
    assert found == pytest.approx(expected, abs=0.015)
    assert np.bincount(words[:, 0], minlength=20) / 20000 == pytest.approx(0.05, abs=0.01)


def test_the_corpus_is_seeded_and_knows_its_floor():
    first, attributes = lstm_mixture_corpus(SIZES, vocabulary=20, hidden=6, length=8)
    again, _ = lstm_mixture_corpus(SIZES, vocabulary=20, hidden=6, length=8)
    other, _ = lstm_mixture_corpus(SIZES, seed=1, vocabulary=20, hidden=6, length=8)
    assert first["train"].words == again["train"].words != other["train"].words
    assert {split: len(first[split].words) for split in SIZES} == SIZES
    assert all(len(sentence) == 8 for sentence in first["test"].words)
    assert attributes["floor_nll"] == attributes["floor_nll_test"]
    assert np.log(20) < attributes["floor_nll"] < 8 * np.log(20)
    assert abs(attributes["floor_gap"]) < 0.1
    assert 0.5 < attributes["mutual_information"] < attributes["floor_nll"]


def test_a_longer_split_begins_as_the_shorter_network_says(model):
    """The network has a stream of its own: other sizes leave it as it is."""
    small, _ = lstm_mixture_corpus(SIZES, vocabulary=20, hidden=6)
    large, _ = lstm_mixture_corpus({**SIZES, "valid": 9}, vocabulary=20, hidden=6)
    assert small["test"].words == large["test"].words
    assert lstm_mixture.NETWORK not in range(3)
