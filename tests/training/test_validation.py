import pytest
import torch

from kl_annealing.models import build_model
from kl_annealing.training import validation
from kl_annealing.training.validation import Validation


@pytest.fixture
def model(run_of, corpus):
    torch.manual_seed(0)
    return build_model(run_of()["model"], len(corpus.vocabulary)).train()


def test_averages_are_means_over_single_sentences(model, corpus, cpu):
    measured = Validation(corpus.valid, 2, 7, cpu).averages(model)
    noise = torch.randn(20, 2, generator=torch.Generator().manual_seed(7))
    model.eval()
    rows = [
        model.terms(
            torch.from_numpy(corpus.valid.tokens[i : i + 1, :length]).long(), noise[i : i + 1]
        )
        for i, length in enumerate(corpus.valid.lengths)
    ]
    assert measured.reconstruction == pytest.approx(
        sum(row.reconstruction.item() for row in rows) / 20, rel=1e-6
    )
    assert measured.kl == pytest.approx(sum(row.kl.item() for row in rows) / 20, rel=1e-5)
    assert (measured.sentences, measured.targets) == (20, int((corpus.valid.lengths - 1).sum()))
    assert measured.bound == measured.reconstruction + measured.kl


def test_neither_the_batch_size_nor_the_global_state_matters(model, corpus, cpu, monkeypatch):
    whole = Validation(corpus.valid, 2, 7, cpu).averages(model)
    monkeypatch.setattr(validation, "BATCH_SIZE", 3)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    parts = Validation(corpus.valid, 2, 7, cpu).averages(model)
    assert parts == pytest.approx(whole, rel=1e-6)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training


def test_posterior_of_every_sentence(model, corpus, cpu):
    found = Validation(corpus.valid, 2, 7, cpu).posterior(model)
    assert found["index"].tolist() == corpus.valid.index.tolist()
    sentence = torch.from_numpy(corpus.valid.tokens[11:12, : corpus.valid.lengths[11]]).long()
    expected = model.encode(sentence)
    torch.testing.assert_close(found["mu"][11], expected.mu[0].detach())
    torch.testing.assert_close(found["logvar"][11], expected.logvar[0].detach())
