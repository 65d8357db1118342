"""Verbs in four tenses: what training and evaluation walk through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from kl_annealing.data.batches import (
    PaddedBatch,
    TokenSplit,
    chunk_edges,
    padded_batches,
    row_lengths,
)
from kl_annealing.data.tense.forms import TENSES, Forms
from kl_annealing.data.vocabulary import Vocabulary

Verb = tuple[str, ...]  # its four forms, in the order of TENSES


@dataclass(frozen=True, eq=False)
class TenseSplit(TokenSplit):
    """Forms of verbs: `tokens` [N, W] and `tenses` [N] as in `Forms`, `index` [N].

    The last is the place of each in its source, counted from 0.
    """

    tokens: np.ndarray
    tenses: np.ndarray
    index: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """Number of tokens [N] of each, both markers included."""
        return row_lengths(self.tokens)

    @property
    def labels(self) -> np.ndarray:
        """The tense [N] of each."""
        return self.tenses

    def batches(self, batch_size: int, order: np.ndarray | None = None) -> list[PaddedBatch]:
        """Return chunks of `batch_size` rows, of the rows in an `order` [N] where one is given."""
        lengths = self.lengths if order is None else self.lengths[order]
        return padded_batches(lengths, chunk_edges(self.n_examples, batch_size))

    @property
    def forms(self) -> Forms:
        """All of them at once."""
        whole = PaddedBatch(0, self.n_examples, self.tokens.shape[1], self.n_targets)
        return self.examples(whole)

    def examples(self, batch: PaddedBatch) -> Forms:
        """Return the forms of a batch as NumPy arrays, cut to its longest."""
        tokens = self.tokens[batch.rows, : batch.length].astype(np.int64)
        return Forms(tokens, self.tenses[batch.rows].astype(np.int64))

    def content(self) -> Iterator[np.ndarray]:
        """Yield all that a training reads of the split."""
        yield from (self.tokens, self.tenses, self.index)


@dataclass(frozen=True, eq=False)
class TenseSet:
    """Three splits with one vocabulary of letters.

    `train` has the four forms of each verb after one another. `test` has the sources of the
    conversions, then their targets; `valid` the forms of the verbs that are held out or, where
    none are, the same as `test`. `attributes` as those of a `Corpus`, with counts.
    """

    name: str
    vocabulary: Vocabulary
    train: TenseSplit
    valid: TenseSplit
    test: TenseSplit
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many tokens a model of these words has to know."""
        return len(self.vocabulary)

    @cached_property
    def verbs(self) -> list[Verb]:
        """The verbs that are trained on, in the order of their source, duplicates too."""
        words, tenses = self.words(self.train.tokens), len(TENSES)
        return [tuple(words[row : row + tenses]) for row in range(0, len(words), tenses)]

    @property
    def conversions(self) -> tuple[TenseSplit, TenseSplit]:
        """The sources of the conversions and, row by row, their targets."""
        half = self.test.n_examples // 2
        parts = slice(half), slice(half, None)
        return tuple(TenseSplit(*(part[rows] for part in self.test.content())) for rows in parts)

    @property
    def longest(self) -> int:
        """Tokens of the longest word that is trained on, both markers included."""
        return int(self.train.lengths.max())

    def words(self, tokens: Sequence[Sequence[int]]) -> list[str]:
        """Return the word of each row of tokens, up to its end marker."""
        return [self.vocabulary.decode(row).replace(" ", "") for row in tokens]

    def content(self) -> Iterator[bytes | np.ndarray]:
        """Yield all that a training reads; the conversions too, of which it logs the scores."""
        yield self.vocabulary.to_text().encode()
        for split in (self.train, self.valid, self.test):
            yield from split.content()
