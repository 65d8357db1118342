"""What is wrong with the sentences that `generation` names."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.config.corpora import path_problem
from kl_annealing.config.places import sound
from kl_annealing.schema import Problem


def text_problems(block: Mapping[str, Any], problems: list[Problem]) -> Iterator[Problem]:
    """Return what is wrong with the file and the pairs of a `generation` block.

    Of keys in which no problem was found before.
    """
    path = block.get("reconstruct")
    if path and sound(problems, "generation", "reconstruct") and (line := path_problem(path)):
        yield Problem("generation.reconstruct", f"{line}, or give null", f" = {path!r}")
    if not sound(problems, "generation"):
        return
    for row, pair in enumerate(block.get("interpolate", ())):
        for column, text in enumerate(pair):
            words, most = len(text.split()), block["maximum_length"]
            if words > most:
                line = f"{words} words; generation.maximum_length allows {most}"
                yield Problem(f"generation.interpolate[{row}][{column}]", line)
