"""Where a beta schedule has come to the end of a cycle."""

from collections.abc import Callable, Mapping
from typing import Any

from kl_annealing.schedules.clock import Clock
from kl_annealing.schedules.cycles import Cycles
from kl_annealing.schedules.settings import schedule_settings


def cycle_ends(block: Mapping[str, Any], clock: Clock) -> Callable[[int], bool]:
    """Return whether a cycle has just ended, as a function of the number of updates already made.

    A constant beta is at an end everywhere; a schedule of one cycle from the end of its ramp on,
    where beta no longer changes. The training's end is an end too.
    """
    settings = schedule_settings(block)
    cycles = Cycles.of(settings, clock)
    if cycles.count == 1 or settings["shape"] == "constant":
        held = _held_from(settings, cycles, clock)
        return lambda step: step >= held
    position = cycles.position()
    return lambda step: step >= clock.total_steps or (step > cycles.delay and position(step) == 0)


def ends_within(block: Mapping[str, Any], clock: Clock) -> bool:
    """Return whether the training ends in the middle of a cycle."""
    settings = schedule_settings(block)
    cycles = Cycles.of(settings, clock)
    repeated = cycles.count is None and settings["shape"] != "constant"
    return repeated and cycles.position()(clock.total_steps) != 0


def _held_from(settings: Mapping[str, Any], cycles: Cycles, clock: Clock) -> int:
    """Return after how many updates beta is what it stays."""
    if settings["shape"] == "constant":
        return cycles.delay
    if settings["shape"] == "points":
        return clock.total_steps
    return min(cycles.delay + -int(-cycles.ramp(settings, clock) // 1), clock.total_steps)
