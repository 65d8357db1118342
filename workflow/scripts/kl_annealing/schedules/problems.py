"""Every problem of a schedule block that a JSON schema cannot see, each with what is allowed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kl_annealing.errors import InputError
from kl_annealing.schedules.checks import (
    LEARNING_RATE_CHECKS,
    SCHEDULE_CHECKS,
    either_problems,
    key_problems,
    point_problems,
    value_problems,
)
from kl_annealing.schedules.clock import Ruler
from kl_annealing.schedules.settings import (
    LEARNING_RATE_DEFAULTS,
    SCHEDULE_DEFAULTS,
    SCHEDULE_KEYS,
    learning_rate_settings,
    schedule_settings,
)
from kl_annealing.schedules.timing import timing_problems


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
    if shape not in SCHEDULE_KEYS:
        return [_shape_problem(shape, SCHEDULE_KEYS)]
    found = key_problems(block, SCHEDULE_DEFAULTS, SCHEDULE_KEYS[shape])
    found += value_problems(block, SCHEDULE_CHECKS)
    found += either_problems(block, "cycles", "period") + either_problems(block, "ratio", "ramp")
    if shape == "points":
        found += point_problems(block.get("points"))
    if found:
        return found
    settings = schedule_settings(block)
    whole_cycle = shape in ("points", "constant")
    return timing_problems(settings, whole_cycle, ruler or Ruler())


def learning_rate_problems(block: Mapping[str, Any], ruler: Ruler | None = None) -> list[str]:
    """Return every problem of a learning-rate block; none if it can be used."""
    shape = block.get("shape")
    if shape not in LEARNING_RATE_DEFAULTS:
        return [_shape_problem(shape, LEARNING_RATE_DEFAULTS)]
    own = LEARNING_RATE_DEFAULTS[shape]
    others = {key: v for keys in LEARNING_RATE_DEFAULTS.values() for key, v in keys.items()}
    found = key_problems(block, {**others, **own}, tuple(own))
    found += value_problems(block, LEARNING_RATE_CHECKS)
    found += either_problems(block, "cycles", "period")
    if found or shape != "cosine":
        return found
    return timing_problems(learning_rate_settings(block), True, ruler or Ruler())


def _shape_problem(shape: Any, allowed: Sequence[str] | Mapping[str, Any]) -> str:
    return f"shape is {shape!r}; allowed: {', '.join(allowed)}"
