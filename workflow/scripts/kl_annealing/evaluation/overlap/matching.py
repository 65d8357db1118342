"""Precision, recall and F1 of several hypotheses against several references."""

from typing import NamedTuple

import numpy as np

_EPSILON = 1e-11  # as published; it makes F1 of 0 and 0 a 0


class Matching(NamedTuple):
    """How well hypotheses match references, and references are met by hypotheses."""

    precision: np.ndarray
    recall: np.ndarray


def matching(scores: np.ndarray) -> Matching:
    """Return precision and recall [...] of the scores [S, R, ...] of S hypotheses, R references.

    precision = mean_i max_j scores_ij, recall = mean_j max_i scores_ij (Zhao et al. 2017):
    precision asks whether each hypothesis is like some reference, recall whether each reference is
    met by some hypothesis.
    """
    return Matching(scores.max(1).mean(0), scores.max(0).mean(0))


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean; as published it is taken of averages over contexts."""
    return 2 * precision * recall / (precision + recall + _EPSILON)
