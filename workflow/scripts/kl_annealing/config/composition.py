"""Which blocks of a run do not compose, each pair in one line."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schema import Problem

Blocks = Mapping[str, Mapping[str, Any]]


def composition_problems(blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong between the blocks of a run."""
    yield from _selection_problems(blocks)


def _selection_problems(blocks: Blocks) -> Iterator[Problem]:
    """Losses at several betas do not compare: the least beta would win."""
    selection, shape = blocks["training"]["selection"], blocks["schedule"]["shape"]
    if selection == "loss" and shape != "constant":
        line = f"compares losses at one beta, schedule.shape is {shape}; allowed: bound"
        yield Problem("training.selection", line, " = 'loss'")
