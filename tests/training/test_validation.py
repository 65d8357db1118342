import numpy as np
import pytest
import torch

from kl_annealing.models import build_model
from kl_annealing.training import validation
from kl_annealing.training.validation import Validation


@pytest.fixture
def model(run_of, corpus):
    torch.manual_seed(0)
    return build_model(run_of(), corpus.size).train()


@pytest.mark.parametrize("samples", [1, 3])
def test_averages_are_means_over_single_sentences_and_samples(model, corpus, cpu, samples):
    measured = Validation(corpus.valid, samples, 7, cpu, 8).averages(model, 30)
    noise = np.random.default_rng([7, 30, 1]).standard_normal((samples, 20, 2), np.float32)
    model.eval()
    rows = [
        model.terms(
            torch.from_numpy(corpus.valid.tokens[i : i + 1, :length]).long(),
            torch.from_numpy(noise[sample, i : i + 1]),
        )
        for i, length in enumerate(corpus.valid.lengths)
        for sample in range(samples)
    ]
    for found, name in ((measured.reconstruction, "reconstruction"), (measured.kl, "kl")):
        expected = sum(getattr(row, name).item() for row in rows) / len(rows)
        assert found == pytest.approx(expected, rel=1e-5)
    assert (measured.examples, measured.targets) == (20, int((corpus.valid.lengths - 1).sum()))
    assert measured.bound == measured.reconstruction + measured.kl


def test_neither_the_batch_size_nor_the_global_state_matters(model, corpus, cpu, monkeypatch):
    whole = Validation(corpus.valid, 5, 7, cpu, 8).averages(model, 1)
    monkeypatch.setattr(validation, "BATCH_SIZE", 3)
    monkeypatch.setattr(validation, "DECODED_ROWS", 7)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    parts = Validation(corpus.valid, 5, 7, cpu, 8).averages(model, 1)
    assert parts[:4] == pytest.approx(whole[:4], rel=1e-6)
    assert parts.others == pytest.approx(whole.others, rel=1e-4, abs=1e-6)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training


def test_each_evaluation_draws_its_own_noise_and_draws_it_again_alike(model, corpus, cpu):
    found = {
        (seed, step): Validation(corpus.valid, 1, seed, cpu, 8).averages(model, step).reconstruction
        for seed in (7, 8)
        for step in (100, 200)
    }
    assert len(set(found.values())) == 4
    again = Validation(corpus.valid, 1, 7, cpu, 8)
    again.averages(model, 100)
    assert again.averages(model, 200).reconstruction == found[7, 200]


def test_more_samples_have_less_noise(model, corpus, cpu):
    """The spread over evaluations falls with the square root of the samples: here by ten."""

    def spread(samples):
        validation = Validation(corpus.valid, samples, 7, cpu, 8)
        return np.std([validation.averages(model, step).reconstruction for step in range(40)])

    assert spread(100) < spread(1) / 5


def test_a_language_model_decodes_each_sentence_once(run_of, corpus, cpu, monkeypatch):
    model = build_model(run_of(model__kind="autoreg"), corpus.size)
    decoded, original = [], model.reconstruction
    monkeypatch.setattr(
        model, "reconstruction", lambda tokens, z: decoded.append(len(z)) or original(tokens, z)
    )
    Validation(corpus.valid, 100, 7, cpu, 8).averages(model, 1)
    assert sum(decoded) == 20


def test_posterior_of_every_sentence(model, corpus, cpu):
    found = Validation(corpus.valid, 1, 7, cpu, 8).posterior(model)
    assert found["index"].tolist() == corpus.valid.index.tolist()
    sentence = torch.from_numpy(corpus.valid.tokens[11:12, : corpus.valid.lengths[11]]).long()
    expected = model.encode(sentence)
    torch.testing.assert_close(found["mu"][11], expected.mu[0].detach())
    torch.testing.assert_close(found["logvar"][11], expected.logvar[0].detach())
