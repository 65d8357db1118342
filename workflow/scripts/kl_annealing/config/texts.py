"""What is wrong with the sentences that `generation` names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kl_annealing.config.corpora import path_problem
from kl_annealing.config.grids import Known
from kl_annealing.config.places import sound
from kl_annealing.config.points import blocks_of, points
from kl_annealing.errors import InputError
from kl_annealing.given_texts import (
    Limit,
    encoder_limit,
    given_texts,
    refusal,
    request_limit,
)
from kl_annealing.schema import Problem

KINDS = ("reconstruction", "interpolation")  # of text, for which sentences can be given


def text_problems(block: Mapping[str, Any], problems: Sequence[Problem]) -> Iterator[Problem]:
    """Return what is wrong with the file and the pairs of a `generation` block.

    Of keys in which no problem was found before.
    """
    whole = sound(problems, "generation")
    path = block.get("reconstruct") if sound(problems, "generation", "reconstruct") else None
    if path is not None and (line := path_problem(path)):
        yield Problem("generation.reconstruct", f"{line}, or give null", f" = {path!r}")
        block = {**block, "reconstruct": None}
    for kind in KINDS if whole else ():
        refused = _refused(block, kind, request_limit(block["maximum_length"]))
        if kind == "interpolation":
            yield from (Problem(place, line) for place, line in refused)
        elif line := _in_one_line(refused):
            yield Problem("generation.reconstruct", line)


def encoding_problems(path: str, study: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    """Return the sentences that a study generates from and that one of its encoders cannot read.

    The grids and the `generation` block are right. The encoder refuses such a sentence itself, but
    that is after every training.
    """
    generation = known.config["generation"]
    kinds = [kind for kind in study.get("generate", ()) if any(given_texts(generation, kind))]
    limits = _encoder_limits(study, known) if kinds else {}
    for kind in kinds if limits else ():
        least = min(limits)
        if line := _in_one_line(_refused(generation, kind, least)):
            yield Problem(f"{path}.generate", f"{line} (in model: {limits[least]!r})")


def _encoder_limits(study: Mapping[str, Any], known: Known) -> dict[Limit, str]:
    """Return the limits of the study's encoders, and of each the name of a model that has it."""
    every = [point for grid in study["grids"] for point in points(study, grid)]
    names = {
        encoder_limit(blocks_of(known.config, point)["model"]): point.names["model"]
        for point in filter(known.usable_in, every)
    }
    return {limit: name for limit, name in names.items() if limit}


def _refused(generation: Mapping[str, Any], kind: str, limit: Limit) -> Iterator[tuple[str, str]]:
    """Yield the place of each sentence that is refused, and why, up to where none can be read."""
    try:
        for place, text in given_texts(generation, kind):
            if line := refusal(text, limit):
                yield place, line
    except InputError as error:
        yield "", str(error)


def _in_one_line(refused: Iterator[tuple[str, str]]) -> str | None:
    """Return the first refusal and how many there are more, None where there is none."""
    lines = [": ".join(filter(None, pair)) for pair in refused]
    others = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return f"{lines[0]}{others}" if lines else None
