"""Gradients that are left out: the same updates as with all of them, whole."""

import pytest
import torch
from torch import nn

from kl_annealing.models import build_model
from kl_annealing.models.sparse_rows import sparse_gradients, sparse_layers
from kl_annealing.schema import completed
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.strategies import aggressive, gradients, standard
from kl_annealing.training.strategies.aggressive import Aggressive
from kl_annealing.training.strategies.standard import Standard

KINDS = {
    "plain": {},
    "frozen last embedding": {"model__frozen_last_embedding": True},
    "tied": {"model__decoder__output": "tied"},
    "normalised": {"model__embedding": "normalised"},
    "shared": {"model__embedding": "shared"},
}


def updated(run, corpus, kind):
    """Return the weights after a few steps, and the norms of their gradients."""
    torch.manual_seed(0)
    model = build_model(run, corpus.size).train()
    data = DeviceSplit(corpus.train, 8, torch.device("cpu"))
    strategy = kind(run, model, data)
    norms = [strategy.update(batch, 0, 0.4, 0.5).gradient_norm for batch in data.batches]
    return [*(weight.detach() for weight in model.parameters()), torch.stack(norms)]


@pytest.mark.parametrize("clip", [0.5, 1e9, None])
@pytest.mark.parametrize("kind", [Standard, Aggressive])
@pytest.mark.parametrize("model", KINDS)
def test_updates_are_those_of_all_gradients_dense(run_of, corpus, monkeypatch, model, kind, clip):
    run = run_of(**KINDS[model], model__encoder__embedding_dim=6, training__optimiser="sgd")
    run["training"]["gradient_clip"] = clip
    run["strategy"] = completed({"kind": "aggressive", "maximum_steps": 3}, "strategy")
    sparse = updated(run, corpus, kind)
    for module in (standard, aggressive):
        monkeypatch.setattr(module, "sparse_layers", lambda model, optimiser: [])
    monkeypatch.setattr(aggressive, "output_weights", lambda decoder: [])
    dense = updated(run, corpus, kind)
    torch.testing.assert_close(sparse, dense)


def test_sgd_alone_has_sparse_gradients_and_they_are_clipped_as_one(run_of, corpus, monkeypatch):
    seen = []
    original = nn.utils.get_total_norm
    monkeypatch.setattr(
        nn.utils, "get_total_norm", lambda parts: seen.append(len(parts)) or original(parts)
    )
    for optimiser, sparse in (("sgd", True), ("adam", False)):
        run = run_of(training__optimiser=optimiser)
        model = build_model(run, corpus.size).train()
        data = DeviceSplit(corpus.train, 8, torch.device("cpu"))
        strategy = Standard(run, model, data)
        strategy.backward(data.examples(data.batches[0]), 0, 1.0)
        found = [model.encoder.embedding.weight.grad, model.decoder.embedding.weight.grad]
        assert [each.is_sparse for each in found] == [sparse, sparse]
        whole = original([w.grad.to_dense() for w in model.parameters()])
        norm = gradients.clip(model.parameters(), 0.01)
        torch.testing.assert_close(norm, whole)
        clipped = original([w.grad.to_dense() for w in model.parameters()])
        torch.testing.assert_close(clipped, torch.tensor(0.01), rtol=1e-3, atol=0)
    assert seen == [len(list(model.parameters()))] * 2


def test_only_lookups_within_the_block_are_sparse():
    layer = nn.Embedding(5, 2)
    words = torch.tensor([1, 1, 3])
    with pytest.raises(ZeroDivisionError), sparse_gradients([layer]):
        layer(words).sum().backward()
        assert layer.weight.grad.is_sparse
        raise ZeroDivisionError
    layer.weight.grad = None
    layer(words).sum().backward()
    assert not layer.weight.grad.is_sparse


def test_embeddings_that_are_made_of_others_are_left_alone(run_of, corpus):
    model = build_model(run_of(model__embedding="normalised"), corpus.size)
    assert sparse_layers(model, "sgd") == []
    plain = build_model(run_of(), corpus.size)
    assert len(sparse_layers(plain, "sgd")) == 2
    assert sparse_layers(plain, "adam") == []
