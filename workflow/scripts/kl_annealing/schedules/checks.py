"""What each key of a schedule block may be, one key at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kl_annealing.schedules.clock import (
    LENGTH_HELP,
    is_integer,
    is_length,
    is_number,
    is_some_length,
)

Check = tuple[Callable[[Any], bool], str]
INFINITY = float("inf")


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: is_number(value) and low <= value <= high


def _is_share(value: Any) -> bool:
    return is_number(value) and 0 < value <= 1


def _whole(low: int) -> Callable[[Any], bool]:
    return lambda value: is_integer(value) and value >= low


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_LENGTH: Check = (is_length, f"{LENGTH_HELP}, not negative")
_SOME_LENGTH: Check = (is_some_length, f"{LENGTH_HELP}, above 0")
_FLAG: Check = (_is_flag, "true or false")
_VALUE: Check = (_between(0, INFINITY), "a finite number of at least 0")
_COUNT: Check = (_whole(1), "an integer of at least 1")
_SHARE: Check = (_is_share, "a number in (0, 1]")
_UNIT: Check = (_between(0, 1), "a number in [0, 1]")

SCHEDULE_CHECKS: Mapping[str, Check] = {
    "start": _VALUE,
    "stop": _VALUE,
    "baseline": _UNIT,
    "delay": _LENGTH,
    "cycles": _COUNT,
    "period": _SOME_LENGTH,
    "ratio": _SHARE,
    "ramp": _SOME_LENGTH,
    "offset": (lambda value: is_integer(value) and value in (0, 1), "0 or 1"),
    "steepness": (_between(0.01, INFINITY), "a finite number of at least 0.01"),
    "normalised": _FLAG,
}
LEARNING_RATE_CHECKS: Mapping[str, Check] = {
    "cycles": _COUNT,
    "period": _SOME_LENGTH,
    "stop": _UNIT,
    "hold": (lambda value: value in ("step", "epoch"), '"step" or "epoch"'),
    "decay": _SHARE,
    "interval": _SOME_LENGTH,
    "staircase": _FLAG,
    "patience": _COUNT,
    "minimum_epoch": (_whole(0), "an integer of at least 0"),
    "maximum_decays": _COUNT,
    "reload_best": _FLAG,
}


def value_problems(block: Mapping[str, Any], checks: Mapping[str, Check]) -> list[str]:
    """Return a text for each key whose value is of the wrong type or out of range."""
    return [
        f"{key} is {block[key]!r}; allowed: {allowed}"
        for key, (fits, allowed) in checks.items()
        if block.get(key) is not None and not fits(block[key])
    ]


def key_problems(
    block: Mapping[str, Any], known: Mapping[str, Any], used: Sequence[str]
) -> list[str]:
    """Return a text for each unknown key, and each that changes nothing for this shape."""
    given = [key for key in block if key != "shape" and block[key] is not None]
    allowed = ", ".join(("shape", *used))
    unknown = [
        f"{key} is not a key of shape {block['shape']}; allowed: {allowed}"
        for key in given
        if key not in known
    ]
    idle = [
        f"{key} has no effect with shape {block['shape']}: remove it; allowed: {allowed}"
        for key in given
        if key in known and key not in used and block[key] != known[key]
    ]
    return unknown + idle


def either_problems(block: Mapping[str, Any], one: str, other: str) -> list[str]:
    """Return a text where two keys are given that say the same thing in two ways."""
    if block.get(one) is None or block.get(other) is None:
        return []
    return [f"{one} and {other} are both given; allowed: one of them"]


def point_problems(points: Any) -> list[str]:
    """Return what is wrong with a list of [v, value] points along a cycle."""
    if not _is_pairs(points):
        return [f"points is {points!r}; allowed: a list of at least two pairs [v, value]"]
    places = [v for v, _ in points]
    found = [f"the value {y} in points is too low; allowed: 0 or more" for _, y in points if y < 0]
    if places[0] != 0:
        found.append(f"the first v of points is {places[0]}; allowed: 0")
    if places[-1] != 1:
        found.append(f"the last v of points is {places[-1]}; allowed: 1")
    if places != sorted(places):
        found.append(f"the v of points are {places}; allowed: from low to high")
    return found


def _is_pairs(points: Any) -> bool:
    if not isinstance(points, Sequence) or isinstance(points, str) or len(points) < 2:
        return False
    return all(
        isinstance(pair, Sequence) and len(pair) == 2 and all(is_number(item) for item in pair)
        for pair in points
    )
