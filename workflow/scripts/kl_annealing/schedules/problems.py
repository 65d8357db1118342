"""What a JSON schema cannot say of a schedule block: every problem, each with what is allowed."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from kl_annealing.errors import InputError
from kl_annealing.schedules.clock import LENGTH_HELP, Ruler, exact, is_integer, is_length, is_number
from kl_annealing.schedules.shapes import RAMPS

SCHEDULE_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "start": 0,
        "stop": 1,
        "baseline": 0,
        "delay": {"steps": 0},
        "cycles": 1,
        "period": None,
        "ratio": 0.5,
        "ramp": None,
        "offset": 0,
        "steepness": 12,
        "normalised": False,
        "points": None,
    }
)
SCHEDULE_SHAPES = ("constant", *RAMPS, "points")
LEARNING_RATE_SHAPES = ("constant", "cosine", "exponential", "plateau")
LEARNING_RATE_DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "constant": {},
        "cosine": {"cycles": 1, "period": None, "stop": 0, "hold": "step"},
        "exponential": {
            "decay": 0.99,
            "interval": {"epochs": 2},
            "staircase": False,
            "hold": "step",
        },
        "plateau": {
            "decay": 0.5,
            "patience": 2,
            "minimum_epoch": 15,
            "maximum_decays": 5,
            "reload_best": True,
        },
    }
)

_USED = {
    "constant": {"start", "stop", "baseline", "delay"},
    "points": {"start", "stop", "baseline", "delay", "cycles", "period", "offset", "points"},
    **dict.fromkeys(RAMPS, set(SCHEDULE_DEFAULTS) - {"steepness", "normalised", "points"}),
}
_USED["sigmoid"] = _USED["sigmoid"] | {"steepness", "normalised"}

Check = tuple[Callable[[Any], bool], str]


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: is_number(value) and low <= value <= high


def _above(low: float, high: float = float("inf")) -> Callable[[Any], bool]:
    return lambda value: is_number(value) and low < value <= high


def _whole(low: int) -> Callable[[Any], bool]:
    return lambda value: is_integer(value) and value >= low


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _some_length(value: Any) -> bool:
    return is_length(value) and next(iter(value.values())) > 0


_LENGTH: Check = (is_length, f"{LENGTH_HELP}, not negative")
_POSITIVE_LENGTH: Check = (_some_length, f"{LENGTH_HELP}, above 0")
_FLAG: Check = (_is_flag, "true or false")
_FROM_ZERO: Check = (_between(0, float("inf")), "a finite number of at least 0")
_FROM_ONE: Check = (_whole(1), "an integer of at least 1")
_HOLD: Check = (lambda value: value in ("step", "epoch"), '"step" or "epoch"')

SCHEDULE_CHECKS: Mapping[str, Check] = {
    "start": _FROM_ZERO,
    "stop": _FROM_ZERO,
    "baseline": (_between(0, 1), "a number in [0, 1]"),
    "delay": _LENGTH,
    "cycles": _FROM_ONE,
    "period": _POSITIVE_LENGTH,
    "ratio": (_above(0, 1), "a number in (0, 1]"),
    "ramp": _POSITIVE_LENGTH,
    "offset": (lambda value: is_integer(value) and value in (0, 1), "0 or 1"),
    "steepness": (_between(0.01, float("inf")), "a finite number of at least 0.01"),
    "normalised": _FLAG,
    "points": (lambda value: not point_problems(value), "see the problems of points"),
}
LEARNING_RATE_CHECKS: Mapping[str, Check] = {
    "cycles": _FROM_ONE,
    "period": _POSITIVE_LENGTH,
    "stop": (_between(0, 1), "a number in [0, 1]"),
    "hold": _HOLD,
    "decay": (_above(0, 1), "a number in (0, 1]"),
    "interval": _POSITIVE_LENGTH,
    "staircase": _FLAG,
    "patience": _FROM_ONE,
    "minimum_epoch": (_whole(0), "an integer of at least 0"),
    "maximum_decays": _FROM_ONE,
    "reload_best": _FLAG,
}


def refuse(what: str, problems: Iterable[str]) -> None:
    """Raise one InputError with all the problems of a block, if there are any."""
    problems = list(problems)
    if problems:
        raise InputError(f"{what}: " + "; ".join(problems))


def schedule_problems(block: Mapping[str, Any], ruler: Ruler | None = None) -> list[str]:
    """Return every problem of a beta schedule block; none if it can be used.

    With a `ruler`, which knows the training's length, lengths in different units are compared
    too; without one, those in the same unit only. Texts name the key and what is allowed.
    """
    shape = block.get("shape")
    if shape not in SCHEDULE_SHAPES:
        return [_shape_problem(shape, SCHEDULE_SHAPES)]
    found = _unknown_or_idle(block, shape, SCHEDULE_DEFAULTS, _USED[shape])
    wrong = _value_problems(block, SCHEDULE_CHECKS)
    found += wrong + _both(block, "cycles", "period") + _both(block, "ratio", "ramp")
    if shape == "points":
        found += point_problems(block.get("points"))
    return found if found else _timing_problems(block, shape, ruler or Ruler())


def learning_rate_problems(block: Mapping[str, Any], ruler: Ruler | None = None) -> list[str]:
    """Return every problem of a learning-rate block; none if it can be used."""
    shape = block.get("shape")
    if shape not in LEARNING_RATE_SHAPES:
        return [_shape_problem(shape, LEARNING_RATE_SHAPES)]
    known = {key: v for values in LEARNING_RATE_DEFAULTS.values() for key, v in values.items()}
    own = LEARNING_RATE_DEFAULTS[shape]
    found = _unknown_or_idle(block, shape, {**known, **own}, set(own))
    found += _value_problems(block, LEARNING_RATE_CHECKS) + _both(block, "cycles", "period")
    if found or shape != "cosine":
        return found
    return _timing_problems(block, "cosine restarts", ruler or Ruler())
