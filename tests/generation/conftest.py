"""A decoder small enough to search exhaustively, and a tiny corpus."""

import numpy as np
import pytest
import torch
from tiny import MODEL, changed, model_of

from kl_annealing.data import Corpus, Vocabulary
from kl_annealing.data.batches import arrange

torch.set_num_threads(1)  # tiny tensors

WORDS = ["<pad>", "<unk>", "<s>", "</s>", *"abcde"]


def settings(kind="vae"):
    scale = {"scheme": "uniform", "weights": 1.5, "embeddings": 1.5}
    return changed(MODEL, kind=kind, initialisation=scale, decoder__initial_state="cell")


@pytest.fixture
def model_settings():
    return settings


@pytest.fixture
def make_model():
    def make(kind="vae", seed=0):
        torch.manual_seed(seed)
        return model_of(settings(kind), len(WORDS)).eval()

    return make


@pytest.fixture
def decoder(make_model):
    return make_model().decoder.requires_grad_(False)


@pytest.fixture
def corpus():
    vocabulary = Vocabulary(WORDS)
    lines = ["a b c", "b", "c c d e", "<unk> a", "e d"]
    ids = [vocabulary.encode(line) for line in lines]
    splits = [arrange(ids, list(range(5)), np.random.default_rng(seed)) for seed in range(3)]
    return Corpus("tiny", vocabulary, *splits, attributes={})
