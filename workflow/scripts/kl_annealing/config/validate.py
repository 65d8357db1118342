"""Everything wrong with a configuration, all at once, before any job starts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kl_annealing.axes import AXES
from kl_annealing.config.blocks import block_problems
from kl_annealing.config.grids import grid_problems
from kl_annealing.config.outputs import Output, output_problems
from kl_annealing.config.resolve import evaluation_settings
from kl_annealing.errors import InputError
from kl_annealing.schema import (
    Problem,
    definition,
    fill_defaults,
    schema_problems,
    suggestion,
)

Outputs = Mapping[str, Mapping[str, Output]]


def validate(
    config: dict[str, Any],
    datasets: Mapping[str, Any],
    figures: Mapping[str, Output],
    tables: Mapping[str, Output],
) -> None:
    """Fill in the defaults and check the configuration.

    `datasets` are the known datasets' definitions beside the configuration's own, `figures` and
    `tables` what a study may ask for, by name.

    Raises:
        InputError: one line for each problem, naming the key, the value and what is allowed.
    """
    fill_defaults(config, definition())
    problems = schema_problems(config)
    problems += _named_problems(config, _broken(problems))
    every = {**_mapping(config, "datasets"), **datasets}
    outputs = {"figures": figures, "tables": tables}
    problems += _study_problems(config, every, outputs, _broken(problems))
    if problems:
        lines = dict.fromkeys(f"configuration: {problem}" for problem in problems)
        raise InputError("\n".join(lines))


def _broken(problems: Sequence[Problem]) -> set[tuple[str, str]]:
    """Return the named blocks in which something is wrong: `("schedules", "cyclical")`."""
    parts = (problem.path.replace("[", ".").split(".") for problem in problems)
    return {(part[0], part[1]) for part in parts if len(part) > 1}


def _named_problems(config: Mapping[str, Any], broken: set[tuple[str, str]]) -> Iterator[Problem]:
    """Check by themselves the named blocks that suit the schema."""
    for axis in AXES.values():
        for name, block in _mapping(config, axis.plural).items():
            if (axis.plural, name) not in broken:
                yield from block_problems(axis.name, block, f"{axis.plural}.{name}")


def _study_problems(
    config: Mapping[str, Any],
    datasets: Mapping[str, Any],
    outputs: Outputs,
    broken: set[tuple[str, str]],
) -> Iterator[Problem]:
    """Check the names that each study uses, then each combination of its grids."""
    names = {"dataset": datasets, **{a.name: _mapping(config, a.plural) for a in AXES.values()}}
    for name, study in _mapping(config, "studies").items():
        if study is False or ("studies", name) in broken:
            continue
        path = f"studies.{name}"
        for kind, known in outputs.items():
            yield from _unknown(f"{path}.{kind}", study[kind], known)
        wrong = list(_reference_problems(path, study, names))
        wanted = [(n, known[n]) for k, known in outputs.items() for n in study[k] if n in known]
        yield from wrong or output_problems(path, study, wanted)
        if not wrong:
            yield from grid_problems(path, study, config, datasets, wanted, broken)
        measured = _mapping(config, "evaluation")
        if measured and not any(block == "evaluation" for block, _ in broken):
            block = evaluation_settings(config, name)
            yield from schema_problems(block, "evaluation", f"{path}.evaluation")


def _reference_problems(
    path: str, study: Mapping[str, Any], names: Mapping[str, Any]
) -> Iterator[Problem]:
    for axis, known in names.items():
        yield from _unknown(f"{path}.{axis}", [study[axis]], known)
    for position, grid in enumerate(study["grids"]):
        for key, values in grid.items():
            place = f"{path}.grids[{position}].{key}"
            if key in names:
                yield from _unknown(place, values, names[key])
            elif key.split(".")[0] not in AXES or "." not in key:
                allowed = ", ".join([*names, *(f"{axis}.<key>" for axis in AXES)])
                hint = suggestion(key, names)
                yield Problem(place, f"unknown axis {key!r}{hint}; allowed: {allowed}")


def _unknown(path: str, names: Any, known: Any) -> Iterator[Problem]:
    for name in names:
        if not isinstance(name, str) or name not in known:
            hint = suggestion(name, known)
            text = f"unknown name{hint}; allowed: {', '.join(sorted(known))}"
            yield Problem(path, text, f" = {name!r}")


def _mapping(config: Any, key: str) -> Mapping[str, Any]:
    value = config.get(key) if isinstance(config, Mapping) else None
    return value if isinstance(value, Mapping) else {}
