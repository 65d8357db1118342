"""Sentences that a user gives: from a file or from the configuration to ids."""

import logging
import os
from collections.abc import Iterable
from typing import NamedTuple

from kl_annealing.data import START, STOP, UNK, Split, Vocabulary
from kl_annealing.errors import InputError
from kl_annealing.given_texts import Limit, file_texts, refusal, request_limit

log = logging.getLogger(__name__)


class Sentence(NamedTuple):
    """The words as given, and the ids `<s> words </s>`."""

    text: str
    ids: list[int]


def given_sentences(
    path: str | os.PathLike, vocabulary: Vocabulary, maximum_length: int
) -> list[Sentence]:
    """Read a text file, one sentence a line, at most `maximum_length` words each.

    Unknown words become `<unk>` and are counted in the log. Raises InputError, naming file and
    line, as `file_texts`, for an empty line and a sentence too long.
    """
    return encode_sentences(file_texts(path), vocabulary, maximum_length)


def encode_sentences(
    sentences: Iterable[tuple[str, str]], vocabulary: Vocabulary, maximum_length: int
) -> list[Sentence]:
    """Encode (place, text) pairs; `place` names a sentence in an InputError."""
    encoded, unknown = [], []
    for place, text in sentences:
        check_length(place, text, request_limit(maximum_length))
        words = text.split()
        ids = vocabulary.encode(text)
        unknown += [
            word
            for word, number in zip(words, ids, strict=True)
            if number == UNK and word != vocabulary.word(UNK)
        ]
        encoded.append(Sentence(" ".join(words), [START, *ids, STOP]))
    if unknown:
        log.warning(
            "%d words are not in the vocabulary and become %s: %s",
            len(unknown),
            vocabulary.word(UNK),
            " ".join(sorted(set(unknown))),
        )
    return encoded


def first_sentences(split: Split, vocabulary: Vocabulary, count: int) -> list[Sentence]:
    """Return the `count` first sentences of a split in the order of its source."""
    rows = split.index.argsort(kind="stable")[:count]
    ids = [split.tokens[row, : split.lengths[row]].tolist() for row in rows]
    return [Sentence(vocabulary.decode(row), row) for row in ids]


def check_length(place: str, text: str, limit: Limit) -> None:
    """Raise InputError, naming the place, for a text that is no sentence within the limit."""
    if line := refusal(text, limit):
        raise InputError(f"{place}: {line}")
