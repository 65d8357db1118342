"""Similarities of sentences by their word vectors."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kl_annealing.data.vocabulary import MARKERS
from kl_annealing.errors import InputError
from kl_annealing.evaluation.overlap.counts import Sentence


class WordVectors(NamedTuple):
    """The vectors [V, E] of the words that have one, and each word's row; no markers."""

    rows: Mapping[Hashable, int]
    vectors: np.ndarray

    @classmethod
    def of_words(
        cls, words: Sequence[str], vectors: np.ndarray, known: np.ndarray | None = None
    ) -> "WordVectors":
        """Return the vectors of `words`, which are in the same order; markers are left out.

        `known` [V]: the words that have a vector, None for all.

        Raises InputError when a word has no row, or a number is not finite.
        """
        if len(words) != len(vectors) or not np.isfinite(vectors).all():
            raise InputError(
                f"word vectors: {len(vectors)} rows for {len(words)} words, "
                f"{int((~np.isfinite(vectors)).sum())} numbers not finite: each word needs one row "
                "of finite numbers; make the vectors again"
            )
        kept = np.arange(len(words)) if known is None else np.flatnonzero(known)
        rows = {words[row]: row for row in kept if words[row] not in MARKERS}
        return cls(rows, vectors)

    def known(self, sentence: Sentence) -> np.ndarray:
        """Return the vectors [n, E] of the sentence's words that have one."""
        return self.vectors[[self.rows[word] for word in sentence if word in self.rows]]


class Packed(NamedTuple):
    """K sentences of at least one known word: their vectors [T, E] in a row, where each starts."""

    vectors: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, sentences: Sequence[np.ndarray]) -> "Packed":
        """Return the vectors [n, E] of K sentences packed."""
        ends = np.cumsum([len(sentence) for sentence in sentences])
        return cls(np.concatenate(sentences).astype(np.float64), np.r_[0, ends[:-1]])

    @property
    def lengths(self) -> np.ndarray:
        """Return the numbers of words [K]."""
        return np.diff(np.r_[self.starts, len(self.vectors)])


def averages(sentences: Packed) -> np.ndarray:
    """Return each sentence's mean vector [K, E]."""
    return np.add.reduceat(sentences.vectors, sentences.starts) / sentences.lengths[:, None]


def extrema(sentences: Packed) -> np.ndarray:
    """Return each sentence's extrema [K, E]: by dimension the value farthest from 0.

    The larger one where two are as far (Forgues et al. 2014).
    """
    highest = np.maximum.reduceat(sentences.vectors, sentences.starts)
    lowest = np.minimum.reduceat(sentences.vectors, sentences.starts)
    return np.where(np.abs(lowest) <= highest, highest, lowest)


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the cosines [A, B] of vectors [A, E] and [B, E]; 0 with a vector of zeros."""
    return _directions(first) @ _directions(second).T


def greedy(first: Packed, second: Packed) -> np.ndarray:
    """Return the greedy matching [A, B] of sentences, between -1 and 1.

    Each word takes the largest cosine with a word of the other sentence; these are averaged over
    the words of a sentence, then over the two directions (Rus and Lintean 2012, without weights
    of words, as in Liu et al. 2016).
    """
    words = cosines(first.vectors, second.vectors)  # [words of all A, words of all B]
    forth = np.maximum.reduceat(words, second.starts, axis=1)
    forth = np.add.reduceat(forth, first.starts, axis=0) / first.lengths[:, None]
    back = np.maximum.reduceat(words, first.starts, axis=0)
    back = np.add.reduceat(back, second.starts, axis=1) / second.lengths
    return (forth + back) / 2


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1; zeros stay."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)
