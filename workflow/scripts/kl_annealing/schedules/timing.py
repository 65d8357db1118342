"""Whether the lengths of a schedule fit into each other and into the training."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from kl_annealing.schedules.clock import Ruler, exact

Length = Mapping[str, Any]
WHOLE: Length = {"fraction": 1}


def timing_problems(settings: Mapping[str, Any], whole_cycle: bool, ruler: Ruler) -> list[str]:
    """Return a text for each way in which the schedule never reaches its end.

    `whole_cycle` says that the curve fills its cycle (points, cosine restarts) and has no ramp.
    Lengths that `ruler` cannot compare are left for the time when the clock is known.
    """
    delay = settings.get("delay", {"steps": 0})
    found = _delay_problems(delay, ruler)
    if found:
        return found
    ramp = None if whole_cycle else settings.get("ramp")
    if "period" in settings:
        ratio = 1 if whole_cycle or ramp else settings["ratio"]
        return _period_problems(delay, settings["period"], ramp, ratio, ruler)
    return _cycles_problems(delay, settings.get("cycles", 1), ramp, ruler)


def _delay_problems(delay: Length, ruler: Ruler) -> list[str]:
    lengths = ruler.common(delay, WHOLE)
    if lengths and lengths[0] >= lengths[1]:
        return [f"delay is {text(delay)}, which leaves nothing of the training; allowed: less"]
    return []


def _cycles_problems(delay: Length, cycles: int, ramp: Length | None, ruler: Ruler) -> list[str]:
    found = []
    lengths = ruler.common(delay, ramp, WHOLE) if ramp else None
    if lengths and lengths[1] > (lengths[2] - lengths[0]) / cycles:
        found.append(
            f"ramp is {text(ramp)}, longer than {_share(cycles)}, so its end is never reached; "
            "allowed: that at most"
        )
    steps = ruler.steps(WHOLE)
    if steps is not None and cycles > steps - (ruler.steps(delay) or 0):
        found.append(f"cycles is {cycles}, more than there are steps; allowed: a step each")
    return found


def _period_problems(
    delay: Length, period: Length, ramp: Length | None, ratio: float, ruler: Ruler
) -> list[str]:
    found = []
    lengths = ruler.common(ramp, period) if ramp else None
    if lengths and lengths[0] > lengths[1]:
        found.append(
            f"ramp is {text(ramp)}, longer than the period of {text(period)}, so its end is "
            "never reached; allowed: the period at most"
        )
    if (steps := ruler.steps(period)) is not None and steps < 1:
        found.append(f"period is {text(period)}, less than a step; allowed: a step or more")
    share = Fraction(1) if ramp else exact(ratio)
    lengths = ruler.common(delay, ramp or period, WHOLE)
    if not found and lengths and lengths[0] + share * lengths[1] > lengths[2]:
        found.append(
            f"{_rise(ramp, period, ratio)} ends after the training does; allowed: the delay and "
            "one rise within the training"
        )
    return found


def _share(cycles: int) -> str:
    return "the training after the delay" if cycles == 1 else f"one of {cycles} cycles"


def _rise(ramp: Length | None, period: Length, ratio: float) -> str:
    if ramp:
        return f"the ramp of {text(ramp)}"
    return f"the period of {text(period)}" + (f" at ratio {ratio}" if ratio != 1 else "")


def text(length: Length) -> str:
    """Return a length as words: `4.5 epochs`, `0.25 of the training`."""
    unit, number = next(iter(length.items()))
    return f"{number} of the training" if unit == "fraction" else f"{number} {unit}"
