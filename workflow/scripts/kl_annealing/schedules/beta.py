"""The weight of the KL term as a pure function of the step."""

from collections.abc import Callable, Mapping
from typing import Any

from kl_annealing.schedules import shapes
from kl_annealing.schedules.clock import Clock, Ruler
from kl_annealing.schedules.cycles import Cycles
from kl_annealing.schedules.problems import refuse, schedule_problems
from kl_annealing.schedules.settings import schedule_settings

Schedule = Callable[[int], float]


def beta_schedule(block: Mapping[str, Any], clock: Clock) -> Schedule:
    """Return beta as a function of the number of updates already made (0 before the first).

    `block` is a schedule block, `$defs/schedule` of `workflow/schemas/config.schema.yaml`. Within
    each cycle the value rises from `start` to `stop` along the shape over the ramp and holds
    `stop` to the cycle's end (Fu et al. 2019, eq. 6 and 7); beta = baseline + (1 - baseline) *
    value. A value asked for beyond the last cycle is that cycle's last one.

    Raises InputError with every problem of the block.
    """
    refuse("beta schedule", schedule_problems(block, ruler=Ruler.of(clock)))
    settings = schedule_settings(block)
    return _weighed(_curve(settings, clock), float(settings["baseline"]))


def _weighed(curve: Schedule, baseline: float) -> Schedule:
    if baseline == 0:
        return curve
    return lambda step: baseline + (1 - baseline) * curve(step)


def _curve(settings: Mapping[str, Any], clock: Clock) -> Schedule:
    """Return the value before the baseline, by kind of shape."""
    cycles = Cycles.of(settings, clock)
    ends = float(settings["start"]), float(settings["stop"])
    if settings["shape"] == "constant":
        return _jump(cycles.delay, *ends)
    offset = int(settings["offset"])
    if settings["shape"] == "points":
        along = cycles.abscissa(cycles.period, offset)
        return _points(along, shapes.points(settings["points"]), *ends)
    along = cycles.abscissa(cycles.ramp(settings, clock), offset)
    return _ramp_and_hold(along, shapes.ramp_of(settings), *ends)


def _jump(delay: int, start: float, stop: float) -> Schedule:
    return lambda step: start if step < delay else stop


def _ramp_and_hold(
    along: Callable[[int], float], unit: shapes.Shape, start: float, stop: float
) -> Schedule:
    low, high = min(start, stop), max(start, stop)

    def value(step: int) -> float:
        """Return beta after `step` updates."""
        v = along(step)
        if v < 0:
            return start
        # v = 1 still belongs to the ramp (Fu et al. 2019, eq. 7): the plain sigmoid ends at 0.998
        y = unit(v) if v <= 1 else 1.0
        # rounding may carry the product an ulp past the end it approaches
        return stop if y == 1 else min(high, max(low, start + (stop - start) * y))

    return value


def _points(
    along: Callable[[int], float], unit: shapes.Shape, start: float, stop: float
) -> Schedule:
    return lambda step: start + (stop - start) * unit(max(0.0, along(step)))
