"""Everything wrong with a configuration, all at once, before any job starts."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.config.outputs import output_problems, run_problems
from kl_annealing.config.resolve import (
    AXES,
    Point,
    active_studies,
    blocks_of,
    evaluation_settings,
    points,
)
from kl_annealing.config.schema import schema_problems, suggestion
from kl_annealing.errors import InputError
from kl_annealing.schedules import learning_rate_problems, schedule_problems
from kl_annealing.schedules.clock import Ruler


def validate(
    config: dict[str, Any], datasets: Mapping[str, Any], figures: Any = (), tables: Any = ()
) -> None:
    """Fill in the defaults and check the configuration.

    `datasets` are the known datasets' definitions beside the configuration's own, `figures` and
    `tables` the names that a study may ask for.

    Raises:
        InputError: one line for each problem, naming the key, the value and what is allowed.
    """
    problems = schema_problems(config)
    broken = {line.split(":")[0].split(" = ")[0] for line in problems}
    known = {"figures": figures, "tables": tables}
    every = {**_mapping(config, "datasets"), **datasets}
    problems += _semantic_problems(config, every, known, broken)
    if problems:
        raise InputError("\n".join(f"configuration: {line}" for line in dict.fromkeys(problems)))


def _semantic_problems(
    config: dict[str, Any], datasets: Mapping[str, Any], known: dict[str, Any], broken: set[str]
) -> Iterator[str]:
    """Check what a schema cannot say, in the parts that the schema found nothing wrong with."""

    def sound(*path: str) -> bool:
        place = ".".join(path)
        return not any(place == bad or bad.startswith((f"{place}.", f"{place}[")) for bad in broken)

    for plural, check in _BLOCK_CHECKS.items():
        for name, block in _mapping(config, plural).items():
            if sound(plural, name):
                yield from (f"{plural}.{name}: {text}" for text in check(block))
    if not isinstance(config.get("studies"), dict):
        return
    for name, study in active_studies(config).items():
        if sound("studies", name):
            yield from _name_problems(f"studies.{name}", study, known)
            yield from _grid_problems(config, f"studies.{name}", study, datasets, sound)
            if sound("evaluation"):
                block = evaluation_settings(config, name)
                yield from schema_problems(block, "evaluation", f"studies.{name}.evaluation")


def _training_problems(block: Mapping[str, Any]) -> Iterator[str]:
    if (block["epochs"] is None) == (block["steps"] is None):
        yield f"epochs = {block['epochs']}, steps = {block['steps']}: give exactly one of the two"


_BLOCK_CHECKS = {
    "schedules": schedule_problems,
    "learning_rates": learning_rate_problems,
    "trainings": _training_problems,
}


def _name_problems(path: str, study: Mapping[str, Any], known: dict[str, Any]) -> Iterator[str]:
    for kind, names in known.items():
        yield from _unknown(f"{path}.{kind}", study[kind], names)


def _grid_problems(
    config: Mapping[str, Any],
    path: str,
    study: Mapping[str, Any],
    datasets: Mapping[str, Any],
    sound: Any,
) -> Iterator[str]:
    """Check the names that a study uses, then each combination of its grids."""
    names = {"dataset": datasets, **{axis: _mapping(config, AXES[axis]) for axis in AXES}}
    wrong = list(_reference_problems(path, study, names))
    yield from wrong
    if wrong:
        return
    yield from output_problems(path, study, datasets)
    for position, grid in enumerate(study["grids"]):
        found: dict[str, list[Point]] = {}
        for point in points(study, grid):
            if all(sound(AXES[axis], point.names[axis]) for axis in AXES):
                for line in _point_problems(config, study, point):
                    found.setdefault(line, []).append(point)
        for line, wrong in found.items():
            others = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            yield f"{path}.grids[{position}]: {line} (in {wrong[0].label}{others})"


def _reference_problems(
    path: str, study: Mapping[str, Any], names: Mapping[str, Any]
) -> Iterator[str]:
    for axis, known in names.items():
        yield from _unknown(f"{path}.{axis}", [study[axis]], known)
    for position, grid in enumerate(study["grids"]):
        for key, values in grid.items():
            place = f"{path}.grids[{position}].{key}"
            if key in names:
                yield from _unknown(place, values, names[key])
            elif key.split(".")[0] not in AXES or "." not in key:
                hint = suggestion(key, names)
                allowed = ", ".join([*names, *(f"{axis}.<key>" for axis in AXES)])
                yield f"{place}: unknown axis {key!r}{hint}; allowed: {allowed}"


def _point_problems(config: Mapping[str, Any], study: Mapping[str, Any], point: Point) -> list[str]:
    """Return what is wrong with one combination, by itself or for its study."""
    try:
        blocks = blocks_of(config, point)
    except (KeyError, TypeError):
        return [f"one of {', '.join(point.changes)} is no key of its block"]
    lines: list[str] = []
    if point.changes:
        for axis, plural in AXES.items():
            lines += schema_problems(blocks[axis], axis, axis)
            if not lines and plural in _BLOCK_CHECKS:
                lines += [f"{axis}: {text}" for text in _BLOCK_CHECKS[plural](blocks[axis])]
    return lines or [*_reach(blocks), *run_problems(study, blocks)]


def _reach(blocks: Mapping[str, Any]) -> list[str]:
    """Hold both schedules against the length of the training."""
    training = blocks["training"]
    unit = "epochs" if training["epochs"] else "steps"
    ruler = Ruler({unit: training[unit]})
    checks = {"schedule": schedule_problems, "learning_rate": learning_rate_problems}
    return [
        f"{axis}: {text}" for axis, check in checks.items() for text in check(blocks[axis], ruler)
    ]


def _unknown(path: str, names: Any, known: Any) -> Iterator[str]:
    for name in names:
        if not isinstance(name, str) or name not in known:
            hint = suggestion(name, known)
            yield f"{path} = {name!r}: unknown name{hint}; allowed: {', '.join(sorted(known))}"


def _mapping(config: Any, key: str) -> Mapping[str, Any]:
    value = config.get(key) if isinstance(config, Mapping) else None
    return value if isinstance(value, Mapping) else {}
