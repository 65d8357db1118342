"""What is wrong with blocks that suit the schema: lengths that do not fit into each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schedules.clock import Ruler
from kl_annealing.schedules.problems import learning_rate_reach, schedule_reach
from kl_annealing.schedules.timing import WHOLE, text
from kl_annealing.schema import Problem

Block = Mapping[str, Any]
_REACH = {"schedule": schedule_reach, "learning_rate": learning_rate_reach}


def block_problems(axis: str, block: Block, path: str) -> Iterator[Problem]:
    """Return what is wrong with a block of an axis by itself."""
    if axis in _REACH:
        yield from (Problem(path, line) for line in _REACH[axis](block))
    if axis == "training":
        yield from _late_moments(block, path)


def reach_problems(blocks: Mapping[str, Block]) -> Iterator[Problem]:
    """Hold the schedules of a run against the length of its training."""
    ruler = Ruler(_length_of(blocks["training"]))
    for axis, reach in _REACH.items():
        yield from (Problem(axis, line) for line in reach(blocks[axis], ruler))


def _late_moments(training: Block, path: str) -> Iterator[Problem]:
    """Find moments after the training's end; those in other units wait for the data."""
    whole = _length_of(training)
    for key, moment in _moments(training):
        lengths = Ruler(whole).common(moment, WHOLE)
        if lengths and lengths[0] > lengths[1]:
            line = f"longer than the training of {text(whole)}"
            yield Problem(f"{path}.{key}", line, f" = {text(moment)}")


def _moments(training: Block) -> Iterator[tuple[str, Block]]:
    yield "evaluate_every", training["evaluate_every"]
    for position, moment in enumerate(training["snapshots"]):
        yield f"snapshots[{position}]", moment


def _length_of(training: Block) -> dict[str, Any]:
    unit = "epochs" if training["epochs"] else "steps"
    return {unit: training[unit]}
