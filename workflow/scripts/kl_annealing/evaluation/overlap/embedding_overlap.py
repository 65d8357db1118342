"""Embedding scores of the hypotheses of a context against its references."""

from collections.abc import Sequence

import numpy as np

from kl_annealing.evaluation.overlap.counts import Sentence
from kl_annealing.evaluation.overlap.embeddings import (
    Packed,
    WordVectors,
    averages,
    cosines,
    extrema,
    greedy,
)

EMBEDDING_SCORES = ("bow_average", "bow_extrema", "greedy")


def embedding_scores(
    hypotheses: Sequence[Sentence], references: Sequence[Sentence], words: WordVectors
) -> np.ndarray:
    """Return `EMBEDDING_SCORES` [S, R', 3] of S hypotheses and the R' references of known words.

    Average and extrema: the cosine of the two sentences' vectors, mapped to (1 + cos) / 2 as
    published; greedy matching as it is. A hypothesis without a known word has 0 with every
    reference; a reference without one is left out, for nothing is asked by it.
    """
    asked = [found for found in map(words.known, references) if len(found)]
    given = [words.known(hypothesis) for hypothesis in hypotheses]
    some = [bool(len(found)) for found in given]
    scores = np.zeros((len(given), len(asked), len(EMBEDDING_SCORES)))
    if asked and any(some):
        scores[some] = _scores(Packed.of([one for one in given if len(one)]), Packed.of(asked))
    return scores


def _scores(given: Packed, asked: Packed) -> np.ndarray:
    """Return the three scores of sentences with known words [S, R, 3]."""
    bows = [(1 + cosines(bow(given), bow(asked))) / 2 for bow in (averages, extrema)]
    return np.stack([*bows, greedy(given, asked)], axis=-1)
