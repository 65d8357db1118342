"""What is wrong with blocks that suit the schema: lengths that do not fit into each other."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schedules.clock import Ruler
from kl_annealing.schedules.problems import learning_rate_reach, schedule_reach
from kl_annealing.schedules.timing import WHOLE, text
from kl_annealing.schema import Problem

Block = Mapping[str, Any]
_REACH = {
    "schedule": schedule_reach,
    "learning_rate": learning_rate_reach,
    "teacher_forcing": schedule_reach,
}


def block_problems(axis: str, block: Block, path: str) -> Iterator[Problem]:
    """Return what is wrong with a block of an axis by itself."""
    if axis in _REACH:
        yield from (Problem(path, line) for line in _REACH[axis](block))
    if axis == "teacher_forcing":
        yield from _no_ratio(block, path)
    if axis == "training":
        yield from _late_moments(block, path, Ruler(_length_of(block)))


def _no_ratio(block: Block, path: str) -> Iterator[Problem]:
    """Find values of a schedule that are no ratio."""
    values = {key: block[key] for key in ("start", "stop")}
    points = enumerate(block.get("points", ()))
    values |= {f"points[{place}][1]": value for place, (_, value) in points}
    for key, value in values.items():
        if value > 1:
            yield Problem(f"{path}.{key}", "a ratio of updates; allowed: 0 to 1", f" = {value}")


def reach_problems(
    blocks: Mapping[str, Block], sentences: tuple[int, int] | None
) -> Iterator[Problem]:
    """Hold the schedules and moments of a run against the length of its training.

    `sentences` are the least and most that the training split can have, None where unknown. What
    fits neither the shortest epoch nor the longest fits none between: every comparison of lengths
    is linear in the steps of an epoch.
    """
    training = blocks["training"]
    first, *others = (
        [
            *(Problem(axis, line) for axis in _REACH for line in _REACH[axis](blocks[axis], ruler)),
            *_late_moments(training, "training", ruler),
            *_endless_phase(blocks["strategy"], training, ruler),
            *_endless_ramp(blocks["strategy"], training, ruler),
        ]
        for ruler in _rulers(training, sentences)
    )
    yield from (problem for problem in first if all(problem in other for other in others))


def _rulers(training: Block, sentences: tuple[int, int] | None) -> list[Ruler]:
    """Return what is known of the clock: with the shortest epoch, and with the longest.

    A batch holds sentences of one length: an epoch has a step a sentence at most.
    """
    whole = _length_of(training)
    if sentences is None:
        return [Ruler(whole)]
    least, most = sentences
    return [Ruler(whole, math.ceil(least / training["batch_size"])), Ruler(whole, most)]


def _late_moments(training: Block, path: str, ruler: Ruler) -> Iterator[Problem]:
    """Find moments after the training's end; those in other units wait for the data."""
    whole = _length_of(training)
    for key, moment in _moments(training):
        lengths = ruler.common(moment, WHOLE)
        if lengths and lengths[0] > lengths[1]:
            line = f"longer than the training of {text(whole)}"
            yield Problem(f"{path}.{key}", line, f" = {text(moment)}")


def _endless_phase(strategy: Block, training: Block, ruler: Ruler) -> Iterator[Problem]:
    """Find phases of which the first fills the training, so that the second has no turn."""
    lengths = ruler.common(strategy["alternate"], WHOLE) if "alternate" in strategy else None
    if lengths and lengths[0] >= lengths[1]:
        line = f"leaves the second phase nothing of the training of {text(_length_of(training))}"
        yield Problem("strategy.alternate", line, f" = {text(strategy['alternate'])}")


def _endless_ramp(strategy: Block, training: Block, ruler: Ruler) -> Iterator[Problem]:
    """Find ramps that the training never ends, so that it stops short of what is measured."""
    lengths = ruler.common(strategy["ramp"], WHOLE) if "ramp" in strategy else None
    if lengths and lengths[0] > lengths[1]:
        line = f"longer than the training of {text(_length_of(training))}"
        yield Problem("strategy.ramp", line, f" = {text(strategy['ramp'])}")


def _moments(training: Block) -> Iterator[tuple[str, Block]]:
    yield "evaluate_every", training["evaluate_every"]
    for position, moment in enumerate(training["snapshots"]):
        yield f"snapshots[{position}]", moment


def _length_of(training: Block) -> dict[str, Any]:
    unit = "epochs" if training["epochs"] else "steps"
    return {unit: training[unit]}
