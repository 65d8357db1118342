"""The n-grams that a hypothesis shares with its references, counted by NLTK."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from nltk.translate.bleu_score import brevity_penalty, closest_ref_length, modified_precision

Sentence = Sequence[Hashable]  # words, their ids, or the letters of a word

COUNTED = 5  # the fifth order is needed by the published smoothing alone


class Counts(NamedTuple):
    """What BLEU is made of, for hypotheses of any shape [...]; without markers and padding.

    `matched` [..., 5] are the n-grams of each order that are in a reference too, each at most as
    often as in the reference that has it most often (Papineni et al. 2002, section 2.1); `length`
    [...] counts the hypothesis's tokens, `reference_length` [...] those of the reference that is
    closest in length, the shorter one of two.
    """

    matched: np.ndarray
    length: np.ndarray
    reference_length: np.ndarray

    @property
    def possible(self) -> np.ndarray:
        """Return how many n-grams of each order the hypotheses have [..., 5]."""
        return np.maximum(self.length[..., None] - np.arange(COUNTED), 0)

    @property
    def brevity(self) -> np.ndarray:
        """Return the brevity penalty [...]: 1 for hypotheses that are not shorter, 0 for empty."""
        return _brevity(self.reference_length, self.length)


_brevity = np.vectorize(brevity_penalty, otypes=[float])


def counts(hypotheses: Sequence[Sentence], references: Sequence[Sequence[Sentence]]) -> Counts:
    """Return the counts of K hypotheses, each against its own references (at least one)."""
    matched = [_matched(*pair) for pair in zip(hypotheses, references, strict=True)]
    lengths = [len(hypothesis) for hypothesis in hypotheses]
    closest = [closest_ref_length(*pair) for pair in zip(references, lengths, strict=True)]
    return Counts(*(np.array(part, dtype=np.int64) for part in (matched, lengths, closest)))


def pair_counts(hypotheses: Sequence[Sentence], references: Sequence[Sentence]) -> Counts:
    """Return the counts of each of S hypotheses against each one of R references, [S, R, ...]."""
    shape = len(hypotheses), len(references)
    first = [hypothesis for hypothesis in hypotheses for _ in references]
    second = [[reference] for _ in hypotheses for reference in references]
    return Counts(*(part.reshape(*shape, *part.shape[1:]) for part in counts(first, second)))


def _matched(hypothesis: Sentence, references: Sequence[Sentence]) -> list[int]:
    """Return the matches of orders 1 to 5: where an order has none, no higher one has any."""
    found = [0] * COUNTED
    for order in range(COUNTED):
        found[order] = modified_precision(references, hypothesis, order + 1).numerator
        if not found[order]:
            break
    return found
