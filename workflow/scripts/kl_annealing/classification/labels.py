"""Classes of a corpus, draws of labelled sentences, and test sentences that training has too."""

import math
from collections.abc import Sequence

import numpy as np

from kl_annealing.data import Corpus, Split
from kl_annealing.data.classes import require_every_class
from kl_annealing.errors import InputError


def class_names(corpus: Corpus) -> list[str]:
    """Return the names of the labels 0, 1, ... of a corpus.

    Raises InputError where its sentences have no labels, or labels of one class only.
    """
    labels = {name: getattr(corpus, name).labels for name in ("train", "valid", "test")}
    if any(known is None for known in labels.values()):
        raise InputError(
            f"dataset {corpus.name}: its sentences have no labels to classify by; set the study's "
            "classification to null"
        )
    names = corpus.attributes["class_names"].splitlines()
    require_every_class(
        corpus.name, names, {name: known.tolist() for name, known in labels.items()}
    )
    return names


def label_count(fraction: float, sentences: int) -> int:
    """Return how many labels a fraction of the sentences is: rounded down, as published."""
    return math.floor(fraction * sentences + 1e-9)


def draw_labelled(
    labels: np.ndarray, fraction: float, sampling: str, names: Sequence[str], seed: int, draw: int
) -> np.ndarray:
    """Return the rows of the sentences whose labels are known, drawn without replacement.

    `labels` [N] are those of all training sentences. With one `seed` and `draw` a smaller fraction
    is a part of every larger one. `uniform` takes all alike, `balanced` of each class as many,
    those before one more where they do not divide evenly. Raises InputError, naming the fraction,
    where a class has none or not as many as are asked for.
    """
    order = np.random.default_rng([seed, draw]).permutation(len(labels))
    count = label_count(fraction, len(labels))
    rows = order[:count] if sampling == "uniform" else _balanced(order, labels, count, names)
    missing = [name for label, name in enumerate(names) if label not in labels[rows]]
    if missing:
        raise InputError(
            f"classification.fractions: {fraction:g} of {len(labels)} sentences is {count} labels, "
            f"and draw {draw + 1} ({sampling}) has none of class {', '.join(missing)}; allowed: a "
            "larger fraction, samplings [balanced], another classification.seed"
        )
    return rows


def _balanced(
    order: np.ndarray, labels: np.ndarray, count: int, names: Sequence[str]
) -> np.ndarray:
    """Return the first rows of each class in `order`, together `count`."""
    share, more = divmod(count, len(names))
    parts = []
    for label, name in enumerate(names):
        wanted, own = share + (label < more), order[labels[order] == label]
        if wanted > len(own):
            raise InputError(
                f"classification.fractions: {count} balanced labels are {wanted} of class {name}, "
                f"which has {len(own)}; allowed: fractions of at most "
                f"{len(own) * len(names) / len(labels):.4g}, or samplings [uniform]"
            )
        parts.append(own[:wanted])
    return np.concatenate(parts)


def seen_in_training(test: Split, train: Split) -> np.ndarray:
    """Return [N] whether each test sentence is, word for word, a training sentence too."""
    known = set(_sentences(train))
    return np.array([sentence in known for sentence in _sentences(test)])


def _sentences(split: Split) -> list[bytes]:
    return [
        row[:length].astype(np.int64).tobytes()
        for row, length in zip(split.tokens, split.lengths, strict=True)
    ]
