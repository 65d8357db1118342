"""Every problem of a schedule block: those of the schema, then those that it cannot see."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kl_annealing.errors import InputError
from kl_annealing.schedules.clock import Ruler
from kl_annealing.schedules.settings import learning_rate_settings, schedule_settings
from kl_annealing.schedules.timing import timing_problems
from kl_annealing.schema import schema_problems


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
    found = [str(problem) for problem in schema_problems(dict(block), "schedule")]
    return found or schedule_reach(block, ruler)


def learning_rate_problems(block: Mapping[str, Any], ruler: Ruler | None = None) -> list[str]:
    """Return every problem of a learning-rate block; none if it can be used."""
    found = [str(problem) for problem in schema_problems(dict(block), "learning_rate")]
    return found or learning_rate_reach(block, ruler)


def schedule_reach(block: Mapping[str, Any], ruler: Ruler | None = None) -> list[str]:
    """Return what is wrong with a block that suits the schema: its points, then its lengths."""
    found = point_problems(block["points"]) if block["shape"] == "points" else []
    whole_cycle = block["shape"] in ("points", "constant")
    return found or timing_problems(schedule_settings(block), whole_cycle, ruler or Ruler())


def learning_rate_reach(block: Mapping[str, Any], ruler: Ruler | None = None) -> list[str]:
    """Return what is wrong with the lengths of a block that suits the schema."""
    if block["shape"] != "cosine":
        return []
    return timing_problems(learning_rate_settings(block), True, ruler or Ruler())


def point_problems(points: Sequence[Sequence[float]]) -> list[str]:
    """Return where a list of [v, value] points does not run along its cycle from 0 to 1."""
    places = [v for v, _ in points]
    found = []
    if places[0] != 0:
        found.append(f"the first v of points is {places[0]}; allowed: 0")
    if places[-1] != 1:
        found.append(f"the last v of points is {places[-1]}; allowed: 1")
    if places != sorted(places):
        found.append(f"the v of points are {places}; allowed: from low to high")
    return found
