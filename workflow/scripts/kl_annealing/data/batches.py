"""Batches of sentences: of equal length, so that no padding is ever computed, or padded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kl_annealing.data.vocabulary import PAD, START, STOP


class Batch(NamedTuple):
    """Rows `start : start + size` of a split and, of their tokens, columns `: length`.

    Images have no tokens: their length is 1, as of a sentence of which nothing is predicted.
    """

    start: int
    size: int
    length: int

    @property
    def rows(self) -> slice:
        """The rows of the split."""
        return slice(self.start, self.start + self.size)

    @property
    def targets(self) -> int:
        """Number of predicted tokens: all but the start markers."""
        return self.size * (self.length - 1)


class PaddedBatch(NamedTuple):
    """Rows `start : start + size` of a split; the longest of them has `length` tokens.

    `targets`: number of predicted tokens of all its rows, padding not counted.
    """

    start: int
    size: int
    length: int
    targets: int

    @property
    def rows(self) -> slice:
        """The rows of the split."""
        return slice(self.start, self.start + self.size)


def chunk_edges(count: int, batch_size: int) -> list[int]:
    """Return the bounds of chunks of `batch_size` rows of `count`; the last may be smaller."""
    return [*range(0, count, batch_size), count]


def padded_batches(lengths: np.ndarray, edges: Iterable[int]) -> list[PaddedBatch]:
    """Return the batches between `edges` of rows with these lengths [N], both markers included."""
    return [
        PaddedBatch(
            start,
            end - start,
            int(lengths[start:end].max()),
            int((lengths[start:end] - 1).sum()),
        )
        for start, end in pairwise(edges)
    ]


def equal_length_batches(lengths: np.ndarray, batch_size: int) -> list[Batch]:
    """Cut sorted `lengths` [N] into runs of one length, and these into chunks of `batch_size`.

    The last chunk of a length may be smaller: lengths are never mixed (Fu et al. 2019's code).
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    if np.any(np.diff(lengths) < 0):
        raise ValueError("the sentences must be sorted by length")
    values, starts, counts = np.unique(lengths, return_index=True, return_counts=True)
    return [
        Batch(int(start + offset), int(min(batch_size, count - offset)), int(length))
        for length, start, count in zip(values, starts, counts, strict=True)
        for offset in range(0, count, batch_size)
    ]


def row_lengths(tokens: np.ndarray) -> np.ndarray:
    """Return the number of tokens [N] in each row of `tokens` [N, W], both markers included."""
    return (tokens != PAD).sum(axis=1)


class TokenSplit:
    """What all splits of rows `<s> words </s>` have, of the `lengths` [N] that each has."""

    lengths: np.ndarray

    @property
    def n_examples(self) -> int:
        """Number of rows."""
        return len(self.lengths)

    @property
    def targets(self) -> np.ndarray:
        """Number of predicted tokens [N] of each: all words and the end marker, never `<s>`."""
        return self.lengths.astype(np.int64) - 1

    @cached_property
    def n_targets(self) -> int:
        """Number of predicted tokens."""
        return int(self.targets.sum())


@dataclass(frozen=True, eq=False)
class Split(TokenSplit):
    """One part of a corpus.

    `tokens` [N, W]: rows `<s> words </s>` padded with 0, sorted by length. `lengths` [N]: both
    markers included. `index` [N]: line of each sentence in its source, counted from 0. `labels`
    [N]: the class of each, None where the corpus has none.
    """

    tokens: np.ndarray
    lengths: np.ndarray
    index: np.ndarray
    labels: np.ndarray | None = None

    def batches(self, batch_size: int) -> list[Batch]:
        """Return the batches of equal length, in the order of the rows."""
        return equal_length_batches(self.lengths, batch_size)

    def examples(self, batch: Batch) -> np.ndarray:
        """Return the token ids [B, L] of a batch, int64 as an embedding wants them."""
        return self.tokens[batch.rows, : batch.length].astype(np.int64)

    def content(self) -> Iterator[np.ndarray]:
        """Yield all that a training reads of the split."""
        yield from (self.tokens, self.lengths, self.index)


def arrange(
    sentences: list[list[int]],
    index: list[int],
    generator: np.random.Generator,
    labels: list[int] | None = None,
) -> Split:
    """Add the markers, shuffle, sort by length (stable, so equal lengths stay shuffled), pad."""
    lengths = np.array([len(ids) + 2 for ids in sentences], dtype=np.int32)
    order = generator.permutation(len(sentences))
    order = order[np.argsort(lengths[order], kind="stable")]
    tokens = np.full((len(sentences), lengths.max()), PAD, dtype=np.int32)
    for row, source in enumerate(order):
        tokens[row, : lengths[source]] = [START, *sentences[source], STOP]
    found = None if labels is None else np.asarray(labels, dtype=np.int32)[order]
    return Split(tokens, lengths[order], np.asarray(index, dtype=np.int64)[order], found)
