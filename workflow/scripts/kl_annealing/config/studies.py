"""What is wrong with the studies: the names that each uses, then the combinations of its grids."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kl_annealing.axes import AXES
from kl_annealing.config.corpora import file_problems
from kl_annealing.config.dialogs import response_problems
from kl_annealing.config.grids import Known, grid_problems, is_axis, latent_problems
from kl_annealing.config.outputs import (
    Output,
    claim_problems,
    output_problems,
    unanswered_problems,
    unclassified_problems,
    untested_problems,
)
from kl_annealing.config.places import mapping, sound, unknown_names
from kl_annealing.config.resolve import active_studies, evaluation_block
from kl_annealing.config.texts import encoding_problems
from kl_annealing.schema import Problem, definition, keys_of, schema_problems, suggestion


@dataclass(frozen=True)
class Offer:
    """What a study can name: definitions of datasets, and figures and tables by kind and name.

    `claimed` are the studies that claims are about.
    """

    datasets: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, Output]]
    claimed: Collection[str]


def study_problems(
    config: Mapping[str, Any], offer: Offer, problems: Sequence[Problem]
) -> list[Problem]:
    """Return what is wrong with the studies, as far as the `problems` found before show it."""
    studies = mapping(config, "studies")
    if studies and all(study is False for study in studies.values()):
        line = "every study is false, so there is nothing to do; allowed: at least one mapping"
        return [Problem("studies", line)]
    if not studies or not sound(problems, "only"):
        return []
    return [*_only_problems(config, studies)] + [
        problem
        for name, study in active_studies(config).items()
        if isinstance(study, Mapping)
        for problem in _problems_of(name, study, config, offer, problems)
    ]


def _only_problems(config: Mapping[str, Any], studies: Mapping[str, Any]) -> Iterator[Problem]:
    """Look for the studies that `only` names among those that are not `false`."""
    only = config.get("only")
    names = [only] if isinstance(only, str) else only or []
    known = [name for name, study in studies.items() if study is not False]
    yield from unknown_names("only", names, known)


def _problems_of(
    name: str,
    study: Mapping[str, Any],
    config: Mapping[str, Any],
    offer: Offer,
    problems: Sequence[Problem],
) -> Iterator[Problem]:
    """Check the keys of one study in which the schema found nothing wrong."""
    path = f"studies.{name}"
    good = {key: study[key] for key in study if sound(problems, "studies", name, key)}
    blocks = {axis.name: mapping(config, axis.plural) for axis in AXES.values()}
    names = {"dataset": offer.datasets, **blocks}
    for kind, known in offer.outputs.items():
        yield from unknown_names(f"{path}.{kind}", good.get(kind, ()), known)
    wanted = [(n, o[n]) for k, o in offer.outputs.items() for n in good.get(k, ()) if n in o]
    yield from claim_problems(path, name, wanted, offer.claimed)
    if "classification" in good:
        yield from unclassified_problems(path, good["classification"], wanted)
    yield from _missing_files(good, offer.datasets, problems)
    wrong = list(_reference_problems(path, good, names))
    yield from wrong
    if {"task", "grids", *names} <= good.keys():
        usable = {axis: _usable(axis, known, problems) for axis, known in names.items()}
        known = Known(config, offer.datasets, usable)
        found = list(grid_problems(path, good, wanted, known))
        if not wrong:
            yield from output_problems(path, good, wanted)
        yield from found
        if not wrong and not found:
            yield from latent_problems(path, good, wanted, known)
            if sound(problems, "generation"):
                yield from encoding_problems(path, good, known)
    if "evaluation" in good and config.get("evaluation") and sound(problems, "evaluation"):
        block = evaluation_block(config, name)
        wrong = schema_problems(block, "evaluation", f"{path}.evaluation")
        datasets = {n: offer.datasets[n] for n in _usable("dataset", offer.datasets, problems)}
        yield from wrong or response_problems(path, good, block, datasets)
        if not wrong and good.get("task") == "dialog":
            yield from unanswered_problems(path, block, wanted)
        if not wrong:
            yield from untested_problems(path, block, wanted)


def _missing_files(
    study: Mapping[str, Any], datasets: Mapping[str, Any], problems: Sequence[Problem]
) -> Iterator[Problem]:
    """Look for the files of the study's own corpora; those that no study uses may be absent."""
    grids = study.get("grids", ())
    used = [study.get("dataset"), *(name for grid in grids for name in grid.get("dataset", ()))]
    for name in used:
        if isinstance(name, str) and name in datasets and sound(problems, "datasets", name):
            yield from file_problems(name, datasets[name])


def _usable(axis: str, known: Mapping[str, Any], problems: Sequence[Problem]) -> list[str]:
    """Return the named blocks of an axis in which nothing is wrong."""
    plural = AXES[axis].plural if axis in AXES else "datasets"
    return [name for name in known if sound(problems, plural, name)]


def _reference_problems(
    path: str, study: Mapping[str, Any], names: Mapping[str, Any]
) -> Iterator[Problem]:
    for axis, known in names.items():
        yield from unknown_names(f"{path}.{axis}", [study[axis]] if axis in study else [], known)
    for position, grid in enumerate(study.get("grids", ())):
        for key, values in grid.items():
            place = f"{path}.grids[{position}].{key}"
            if key in names:
                yield from unknown_names(place, values, names[key])
            elif not is_axis(key):
                yield _axis_problem(place, key, names)


def _axis_problem(place: str, key: str, names: Mapping[str, Any]) -> Problem:
    """Return the line for an axis that is none, or a single key that its blocks never have."""
    axis, dot, _ = key.partition(".")
    known = [*names, *(f"{name}.<key>" for name in AXES)]
    if axis in AXES and dot:
        known = [f"{axis}.{name}" for name in sorted(keys_of(definition(axis)))]
    hint = suggestion(key, known)
    return Problem(place, f"unknown axis {key!r}{hint}; allowed: {', '.join(known)}")
