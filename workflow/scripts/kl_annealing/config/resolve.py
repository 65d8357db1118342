"""From named blocks and grids to resolved runs."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kl_annealing.axes import AXES, has_latent
from kl_annealing.canonical import canonical, plain
from kl_annealing.counted import counted_part
from kl_annealing.runs import Run, title_of
from kl_annealing.schema import completed, definition, rivals, without_defaults

Blocks = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Point:
    """One combination of a grid: the names of its blocks and the single keys it changes."""

    names: dict[str, str]
    changes: dict[str, Any]

    @property
    def label(self) -> str:
        """The combination in words, for messages."""
        pairs = {**{axis: self.names[axis] for axis in AXES}, **self.changes}
        return ", ".join(f"{key}: {value!r}" for key, value in pairs.items())


def resolve(config: Mapping[str, Any], datasets: Mapping[str, str]) -> dict[str, list[Run]]:
    """Return the runs of every study, without duplicates.

    `config` is valid (`validate`), `datasets` gives each dataset's digest.
    """
    return {name: _distinct(_runs(config, name, datasets)) for name in active_studies(config)}


def evaluation_settings(config: Mapping[str, Any], study: str) -> dict[str, Any]:
    """Return how the runs of a study are measured: the `evaluation` block with its own changes."""
    return {**config["evaluation"], **config["studies"][study]["evaluation"]}


def active_studies(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the studies that are not switched off by `false`."""
    return {name: study for name, study in config["studies"].items() if study is not False}


def points(study: Mapping[str, Any], grid: Mapping[str, list[Any]]) -> Iterator[Point]:
    """Return every combination of one grid of a study."""
    for values in itertools.product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        names = {axis: chosen.get(axis, study[axis]) for axis in ("dataset", *AXES)}
        yield Point(names, {key: value for key, value in chosen.items() if "." in key})


def blocks_of(config: Mapping[str, Any], point: Point) -> Blocks:
    """Return the complete blocks of a combination: named blocks with the single keys changed.

    A key that says the same thing in another way gives place (`cycles` removes `period`), and so
    does a default that stands for nothing beside the changed keys.
    """
    blocks = {}
    for name, axis in AXES.items():
        block = config[axis.plural][point.names[name]]
        changes = {key: value for key, value in point.changes.items() if _axis_of(key) == name}
        blocks[name] = _changed(block, changes, name) if changes else copy.deepcopy(block)
    return blocks


def _axis_of(path: str) -> str:
    return path.partition(".")[0]


def _changed(block: Mapping[str, Any], changes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the block with keys changed, `{"schedule.cycles": 4}`, and its defaults anew."""
    changed = without_defaults(block, definition(name))
    for path, value in changes.items():
        _, *parents, key = path.split(".")
        place = changed
        for parent in parents:
            place = place.setdefault(parent, {})
        for rival in rivals().get(key, ()):
            place.pop(rival, None)
        place[key] = copy.deepcopy(value)
    return completed(changed, name)


def _runs(config: Mapping[str, Any], name: str, datasets: Mapping[str, str]) -> Iterator[Run]:
    study = config["studies"][name]
    for grid in study["grids"]:
        for point in points(study, grid):
            dataset = point.names["dataset"]
            settings = plain(
                {
                    "task": study["task"],
                    "dataset": {"name": dataset, "digest": datasets[dataset]},
                    **_meaningful(blocks_of(config, point)),
                }
            )
            title, counted = title_of(settings), counted_part(settings)
            for number in study["seeds"]:
                seed = {"seed": number}
                names = {**point.names, **point.changes, **seed}
                yield Run(name, settings | seed, names, title, counted | seed)


def _distinct(runs: Iterator[Run]) -> list[Run]:
    """Return the runs without those asked for twice, in another order of keys or as 1 and 1.0."""
    return list({canonical([run.folder, run.names]): run for run in runs}.values())


def _meaningful(blocks: Blocks) -> Blocks:
    """Set the axes idle that act on a latent variable, where the model has none.

    Equal runs so have equal settings, whichever way they were asked for.
    """
    if has_latent(blocks["model"]):
        return blocks
    idle = {name: completed(axis.idle, name) for name, axis in AXES.items() if axis.idle}
    return {**blocks, **idle}
