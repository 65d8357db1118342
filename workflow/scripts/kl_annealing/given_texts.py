"""The sentences that a `generation` block gives: where each stands, and how long it may be."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kl_annealing.data.corpora import text_lines
from kl_annealing.errors import InputError


class Limit(NamedTuple):
    """How many words a sentence may have, and the setting that says so."""

    words: int
    setting: str


def request_limit(maximum_length: int) -> Limit:
    """Return the limit of a `generation` block."""
    return Limit(maximum_length, "generation.maximum_length")


def encoder_limit(model: Mapping[str, Any]) -> Limit | None:
    """Return the limit of the encoder of a `model` block, None where it reads any number."""
    encoder = model.get("encoder", {})
    if encoder.get("kind") != "cnn":
        return None
    length = encoder["length"]
    return Limit(length - 1, f"model.encoder.length = {length}, the end counted")


def given_texts(generation: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each sentence that is given for a kind of text.

    None for a kind for which the block gives none. Raises InputError as `file_texts`.
    """
    if kind == "reconstruction" and generation["reconstruct"] is not None:
        yield from file_texts(generation["reconstruct"])
    elif kind == "interpolation":
        yield from pair_texts(generation["interpolate"])


def file_texts(path: str | os.PathLike) -> Iterator[tuple[str, str]]:
    """Yield the place, `<path>, line 1`, and the text of each line of a file.

    Raises InputError, naming file and line, as `text_lines`, and for an empty file.
    """
    number = 0
    for number, text in enumerate(text_lines(path), start=1):
        yield f"{path}, line {number}", text
    if not number:
        raise InputError(f"{path}: the file is empty; give one sentence a line")


def pair_texts(pairs: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the place, `generation.interpolate[0][1]`, and the text of each end of each pair."""
    for row, pair in enumerate(pairs):
        for column, text in enumerate(pair):
            yield f"generation.interpolate[{row}][{column}]", text


def refusal(text: str, limit: Limit) -> str | None:
    """Return why a text cannot be a sentence within the limit, None where it can."""
    words = len(text.split())
    if not words:
        return "the sentence is empty; remove it or write at least one word"
    if words > limit.words:
        return (
            f"the sentence has {words} words; at most {limit.words} are allowed "
            f"({limit.setting}); shorten it or raise that"
        )
    return None
