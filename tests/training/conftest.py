import functools

import numpy as np
import pytest
from tiny import MODEL, PARTS, changed

from kl_annealing.data import Corpus, Split, Vocabulary

WORDS = 12
RUN = {
    "task": "language_model",
    "dataset": {"name": "tiny", "digest": "0"},
    "model": changed(
        MODEL,
        latent_dim=2,
        encoder__embedding_dim=6,
        encoder__hidden_dim=8,
        initialisation__weights=0.1,
        initialisation__embeddings=0.1,
    ),
    "schedule": {"shape": "linear", "cycles": 2, "ratio": 0.5},
    "learning_rate": {"shape": "constant"},
    "training": {
        "optimiser": "adam",
        "learning_rate": 0.02,
        "gradient_clip": 5.0,
        "batch_size": 8,
        "epochs": 3,
        "steps": None,
        "precision": "float32",
        "evaluate_every": {"epochs": 0.5},
        "validation_samples": 1,
        "selection": "bound",
        "snapshots": [{"steps": 4}, {"fraction": 1}],
        "posterior_means": None,
        "early_stopping": None,
    },
    **PARTS,
    "seed": 7,
}


def make_split(sentences: int, generator: np.random.Generator) -> Split:
    """Sentences of 1 to 4 words: the first is free, each next one follows from it."""
    lengths = np.sort(3 + np.arange(sentences) % 4).astype(np.int32)
    tokens = np.zeros((sentences, 8), dtype=np.int32)
    for row, length in zip(tokens, lengths, strict=True):
        words = 4 + (generator.integers(WORDS) + np.arange(length - 2)) % WORDS
        row[:length] = [2, *words, 3]
    return Split(tokens, lengths, generator.permutation(sentences))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    generator = np.random.default_rng(0)
    vocabulary = Vocabulary.build([[f"word{n}" for n in range(WORDS)]])
    splits = [make_split(n, generator) for n in (48, 20, 20)]
    return Corpus("tiny", vocabulary, *splits)


@pytest.fixture
def run_of():
    """A function that returns the settings of a tiny run, changed by dotted keywords."""

    return functools.partial(changed, RUN)
