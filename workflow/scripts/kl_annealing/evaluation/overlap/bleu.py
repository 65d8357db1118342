"""BLEU-1 to BLEU-4 of single sentences, from the counts of `counts.py`."""

import numpy as np

from kl_annealing.evaluation.overlap.counts import Counts

ORDERS = 4
SMOOTHED = 5  # Chen and Cherry 2014 divide by this in their method 4 (K there)


def bleu(counts: Counts) -> np.ndarray:
    """Return BLEU-1 to BLEU-4 [..., 4] of counts [...], each between 0 and 1.

    The geometric mean of the n-gram precisions up to the order, times the brevity penalty
    (Papineni et al. 2002, section 2.3). The k-th order without a match counts 1 / 2^k matches
    (Chen and Cherry 2014, method 3, the smoothing of mteval-v13a); orders longer than the
    hypothesis are left out, so a sentence has BLEU 1 with itself, whatever its length. It is what
    sacrebleu calls sentence BLEU. Without a common word it is 0.
    """
    matched, possible = counts.matched[..., :ORDERS], counts.possible[..., :ORDERS]
    halvings = np.cumsum(matched == 0, axis=-1)
    smoothed = np.where(matched > 0, matched, 0.5**halvings) / np.maximum(possible, 1)
    exists = possible > 0
    logs = np.cumsum(np.where(exists, np.log(smoothed), 0.0), axis=-1)
    return _score(counts, logs / np.maximum(np.cumsum(exists, axis=-1), 1))


def published_bleu(counts: Counts) -> np.ndarray:
    """Return BLEU-1 to BLEU-4 [..., 4] as Fu et al. 2019 print them: not bounded by 1.

    Smoothed by method 7 of Chen and Cherry 2014 as NLTK 3.10 has it: all four orders, the longer
    ones than the hypothesis too, are smoothed by method 4 and then averaged with their neighbours
    by method 5, whose first neighbour is precision 1 plus 1. Identical sentences of four tokens
    have 1.333, 1.217, 1.154 and 1.011.
    """
    precisions = counts.matched / np.maximum(counts.possible, 1)
    precisions[..., :ORDERS] += _added(counts)
    before, averaged = precisions[..., 0] + 1, []
    for order in range(ORDERS):
        before = (before + precisions[..., order] + precisions[..., order + 1]) / 3
        averaged.append(before)
    logs = np.cumsum(np.log(np.stack(averaged, axis=-1)), axis=-1)
    return _score(counts, logs / np.arange(1, ORDERS + 1))


def _added(counts: Counts) -> np.ndarray:
    """Return what method 4 gives for orders without a match [..., 4]: none to a single token."""
    missing = counts.matched[..., :ORDERS] == 0
    added = np.log(np.maximum(counts.length, 1))[..., None] / SMOOTHED
    added = added / 2.0 ** np.cumsum(missing, axis=-1)
    return np.where(missing, added / np.maximum(counts.possible[..., :ORDERS], 1), 0.0)


def _score(counts: Counts, logs: np.ndarray) -> np.ndarray:
    """Return the scores [..., 4] of mean log precisions: 0 without a common word."""
    shared = counts.matched[..., :1] > 0
    return np.where(shared, counts.brevity[..., None] * np.exp(logs), 0.0)
