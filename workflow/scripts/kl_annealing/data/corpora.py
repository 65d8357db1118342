"""From lines of text to id sequences."""

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kl_annealing.data.batches import Split, arrange
from kl_annealing.data.vocabulary import RESERVED, Vocabulary
from kl_annealing.errors import InputError

SPLITS = ("train", "valid", "test")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sentences:
    """Kept sentences as words, the line of each (counted from 0), and how many were dropped.

    `labels` are those of the kept sentences, None where the source has none; `first_words` what
    their lines begin with where that is a label and no part of the sentence.
    """

    words: list[list[str]]
    index: list[int]
    blank_lines: int = 0
    too_long: int = 0
    labels: list[int] | None = None
    first_words: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, words: list[list[str]]) -> "Sentences":
        """Take sentences that were made rather than read."""
        return cls(words, list(range(len(words))))


@dataclass(frozen=True, eq=False)
class Corpus:
    """Three splits with one vocabulary.

    `attributes`: `floor_nll` (nats per sentence, None when unknown), `stand_in_for` (None for an
    original), `sums` (file name to checksum), `digest`, and what a generator adds.
    """

    name: str
    vocabulary: Vocabulary
    train: Split
    valid: Split
    test: Split
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many words a model of these sentences has to know."""
        return len(self.vocabulary)

    def content(self) -> Iterator[bytes | np.ndarray]:
        """Yield all that a training reads."""
        yield self.vocabulary.to_text().encode()
        yield from (*self.train.content(), *self.valid.content())


def read_sentences(
    path: str | Path,
    maximum_length: int = 200,
    lines: tuple[int, int] | None = None,
    labelled: bool = False,
) -> Sentences:
    """Read one sentence a line, words separated by blanks; keep those of 1 to `maximum_length`.

    `lines` = (first, end) takes a part of the file, counted from 0; with `labelled` the first word
    of a line is no part of its sentence, but of `first_words`. Blank and longer lines are dropped
    and counted. Raises InputError as `text_lines`, and for a typed marker and a file with nothing
    to keep.
    """
    first, end = lines or (0, sys.maxsize)
    place = f"{path} (lines {first} to {end})" if lines else str(path)
    words: list[list[str]] = []
    index: list[int] = []
    labels: list[str] = []
    blank = too_long = 0
    for number, text in islice(enumerate(text_lines(path)), first, end):
        line = _words(text, f"{path}, line {number + 1}")
        label, sentence = line[: int(labelled)], line[int(labelled) :]
        if 1 <= len(sentence) <= maximum_length:
            words.append(sentence)
            index.append(number)
            labels += label
        elif sentence:
            too_long += 1
        else:
            blank += 1
    if not words:
        raise InputError(_nothing_kept(place, blank, too_long, maximum_length))
    _report(place, len(words), blank, too_long, maximum_length)
    return Sentences(words, index, blank, too_long, first_words=labels)


def build_corpus(
    name: str,
    splits: Mapping[str, Sentences],
    *,
    maximum_length: int = 200,
    minimum_count: int = 1,
    maximum_size: int | None = None,
    shuffle_seed: int = 3435,
    attributes: Mapping[str, Any] | None = None,
) -> Corpus:
    """Encode the splits `train`, `valid`, `test` with the vocabulary of `train`.

    Each split has its own random stream, so that a change of one leaves the others' order alone.
    """
    vocabulary = Vocabulary.build(splits["train"].words, minimum_count, maximum_size)
    arranged = {
        split: arrange(
            [vocabulary.encode_words(words) for words in splits[split].words],
            splits[split].index,
            np.random.default_rng([shuffle_seed, number]),
            splits[split].labels,
        )
        for number, split in enumerate(SPLITS)
    }
    dropped = {
        f"{split}_{kind}": getattr(splits[split], kind)
        for split in SPLITS
        for kind in ("blank_lines", "too_long")
    }
    options = {"maximum_length": maximum_length, "shuffle_seed": shuffle_seed}
    return Corpus(
        name, vocabulary, **arranged, attributes={**(attributes or {}), **options, **dropped}
    )


def text_lines(path: str | Path) -> Iterator[str]:
    """Yield the lines of a text file; only a newline ends a line.

    Raises InputError, with the line, for a file that cannot be read, bytes that are not UTF-8 text,
    NUL, and CR within a line.
    """
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                yield _text(line, f"{path}, line {number}", number == 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _text(line: bytes, place: str, first: bool) -> str:
    if b"\0" in line:
        raise InputError(f"{place}: a NUL byte; the file must be UTF-8 text")
    if b"\r" in line.rstrip(b"\r\n"):
        raise InputError(
            f"{place}: a line ends with CR alone; convert the line ends to LF or CR LF"
        )
    try:
        return line.decode("utf-8-sig" if first else "utf-8")  # some editors write a mark first
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: byte {error.start + 1} is not UTF-8; convert the file to UTF-8"
        ) from error


def _words(text: str, place: str) -> list[str]:
    words = [sys.intern(word) for word in text.split()]  # one object a type, not one a token
    typed = RESERVED.intersection(words)
    if typed:
        raise InputError(
            f"{place}: the marker {min(typed)} is reserved; remove it: sentence starts and ends "
            "are added here"
        )
    return words


def _nothing_kept(path: str, blank: int, too_long: int, maximum_length: int) -> str:
    if too_long:
        return (
            f"{path}: no sentence of 1 to {maximum_length} words ({too_long} are longer); raise "
            "maximum_length or put one sentence on each line"
        )
    what = f"{blank} blank lines and no sentence" if blank else "the file is empty"
    return f"{path}: {what}; one sentence is expected on each line"


def _report(path: str, kept: int, blank: int, too_long: int, maximum_length: int) -> None:
    log.info("%s: %d sentences", path, kept)
    if blank or too_long:
        log.warning(
            "%s: dropped %d blank lines and %d sentences of more than %d words",
            *(path, blank, too_long, maximum_length),
        )
