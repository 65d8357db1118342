"""Dialogs as responses in their contexts: what training and evaluation walk through."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from kl_annealing.data.batches import (
    PaddedBatch,
    TokenSplit,
    chunk_edges,
    padded_batches,
    row_lengths,
)
from kl_annealing.data.dialog.exchanges import Exchanges
from kl_annealing.data.vocabulary import PAD, Vocabulary

COMMON_ACTS = 5  # the first ids: as many as colours tell apart, beside that of all others


@dataclass(frozen=True, eq=False)
class DialogTable:
    """The utterances of a split, dialog after dialog, each of which starts with `<d>`.

    `tokens` [U, W]: rows `<s> words </s>` padded with 0. `speakers` [U]: 0 or 1. `acts` [U]. Dialog
    d has the utterances `starts[d] : starts[d + 1]`, `starts` [D + 1]. `topics` [D], `profiles`
    [D, 2, 4] of its speakers 0 and 1, as in `Exchanges`.
    """

    tokens: np.ndarray
    speakers: np.ndarray
    acts: np.ndarray
    starts: np.ndarray
    topics: np.ndarray
    profiles: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """Number of tokens [U], markers included."""
        return row_lengths(self.tokens)

    @cached_property
    def dialogs(self) -> np.ndarray:
        """The dialog [U] of each utterance."""
        return np.repeat(np.arange(len(self.topics)), np.diff(self.starts))


class References(NamedTuple):
    """Responses that would do, of each window, its own one first.

    `tokens` [M, W] rows `<s> words </s>` padded with 0; window n has the rows
    `starts[n] : starts[n + 1]`, `starts` [N + 1].
    """

    tokens: np.ndarray
    starts: np.ndarray

    def of(self, window: int) -> np.ndarray:
        """Return the tokens [R, W] of a window's references."""
        return self.tokens[slice(*self.starts[window : window + 2])]


@dataclass(frozen=True, eq=False)
class DialogSplit(TokenSplit):
    """Windows over a table: `response` [N] and `first` [N], the oldest utterance of its context.

    `sizes` [M]: windows of each batch where batches are given, as the published ones are.
    `references`: what else would do as a response, where there is more than its own.
    """

    table: DialogTable
    first: np.ndarray
    response: np.ndarray
    sizes: np.ndarray | None = None
    references: References | None = None

    @cached_property
    def lengths(self) -> np.ndarray:
        """Number of tokens [N] of each response, both markers included."""
        return self.table.lengths[self.response]

    @cached_property
    def dialogs(self) -> np.ndarray:
        """The dialog [N] of each response."""
        return self.table.dialogs[self.response]

    @cached_property
    def index(self) -> np.ndarray:
        """Number [N] of each response among all utterances of its source, counted from 0."""
        return self.response - self.dialogs - 1

    @cached_property
    def contexts(self) -> np.ndarray:
        """Number of utterances [N] before each response."""
        return self.response - self.first

    @cached_property
    def heard(self) -> np.ndarray:
        """Whether something was said [N] before each response, beside `<d>`."""
        return self.response - self.table.starts[self.dialogs] > 1

    @property
    def labels(self) -> np.ndarray | None:
        """Dialog act [N] of each response where it is one of the `COMMON_ACTS`, else 0.

        None where no act is known.
        """
        acts = self.table.acts[self.response]
        return np.where(acts <= COMMON_ACTS, acts, 0) if acts.any() else None

    def batches(self, batch_size: int) -> list[PaddedBatch]:
        """Return chunks of `batch_size` rows, or the given batches whatever `batch_size` is."""
        if self.sizes is None:
            edges = chunk_edges(self.n_examples, batch_size)
        else:
            edges = np.cumsum([0, *self.sizes]).tolist()
        return padded_batches(self.lengths, edges)

    def examples(self, batch: PaddedBatch) -> Exchanges:
        """Return the windows of a batch as NumPy arrays, cut to its longest."""
        table, response = self.table, self.response[batch.rows]
        dialog, speaker = self.dialogs[batch.rows], table.speakers[response]
        before, present = self._before(batch)
        width = table.lengths[before[present]].max()
        context = np.where(present[..., None], table.tokens[before, :width], PAD)
        floors = present & (table.speakers[before] == speaker[:, None])
        sides = np.stack([speaker, 1 - speaker], axis=1)
        return Exchanges(
            tokens=table.tokens[response, : batch.length].astype(np.int64),
            context=context.astype(np.int64),
            floors=floors.astype(np.int64),
            topics=table.topics[dialog].astype(np.int64),
            profiles=table.profiles[dialog[:, None], sides],
            acts=table.acts[response].astype(np.int64),
        )

    def _before(self, batch: PaddedBatch) -> tuple[np.ndarray, np.ndarray]:
        """Return the utterances [B, C] of each context, and which of them are there."""
        first, counts = self.first[batch.rows, None], self.contexts[batch.rows, None]
        steps = np.arange(counts.max())
        return np.where(steps < counts, first + steps, first), steps < counts

    def content(self) -> Iterator[np.ndarray]:
        """Yield all that a training reads of the split."""
        table = self.table
        yield from (table.tokens, table.speakers, table.acts, table.starts, table.topics)
        yield from (table.profiles, self.first, self.response)
        if self.sizes is not None:
            yield self.sizes


class DialogSize(NamedTuple):
    """What a model of dialogs has to know: how many words, topics and acts, 0 being unknown.

    `vectors` [words, E], float32: word vectors to start from or to compare with, or None.
    """

    words: int
    topics: int
    acts: int
    vectors: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class DialogSet:
    """Three splits with one vocabulary; of `valid` and `test` also the published windows.

    These are None where the split has fewer dialogs than a published block. `topics` and `acts`:
    names by id, the first one `<unk>`. `known` [words]: whose vectors are the word's own; None: all
    are. `attributes` as those of a `Corpus`, with `windows` of the
    training split and `references` (file, retrieved or single).
    """

    name: str
    vocabulary: Vocabulary
    train: DialogSplit
    valid: DialogSplit
    test: DialogSplit
    topics: list[str]
    acts: list[str]
    valid_published: DialogSplit | None = None
    test_published: DialogSplit | None = None
    vectors: np.ndarray | None = None
    known: np.ndarray | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> DialogSize:
        """What a model of these dialogs has to know."""
        return DialogSize(len(self.vocabulary), len(self.topics), len(self.acts), self.vectors)

    def content(self) -> Iterator[bytes | np.ndarray]:
        """Yield all that a training reads."""
        yield self.vocabulary.to_text().encode()
        yield json.dumps([self.topics, self.acts]).encode()
        if self.vectors is not None:
            yield self.vectors
        yield from (*self.train.content(), *self.valid.content())
