"""From named blocks and grids to resolved runs."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kl_annealing.runs import Run, plain
from kl_annealing.schedules.settings import (
    SCHEDULE_KEYS,
    learning_rate_settings,
    schedule_settings,
)

# The axes that name a block, and where the configuration keeps the blocks of that kind.
AXES = {
    "model": "models",
    "schedule": "schedules",
    "learning_rate": "learning_rates",
    "training": "trainings",
}


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
    return {
        name: list(
            {run.folder + str(run.names): run for run in _runs(config, name, datasets)}.values()
        )
        for name in active_studies(config)
    }


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


def blocks_of(config: Mapping[str, Any], point: Point) -> dict[str, dict[str, Any]]:
    """Return the resolved blocks of a combination: named blocks with the single keys changed.

    A key that says the same thing in another way gives place: `cycles` removes `period`,
    `ratio` removes `ramp`.
    """
    blocks = {
        axis: copy.deepcopy(config[plural][point.names[axis]]) for axis, plural in AXES.items()
    }
    for path, value in point.changes.items():
        *parents, key = path.split(".")
        block: Any = blocks
        for parent in parents:
            block = block[parent]
        for rival in _RIVALS.get(key, ()):
            block.pop(rival, None)
        block[key] = copy.deepcopy(value)
    return blocks


_RIVALS = {
    "cycles": ["period"],
    "period": ["cycles"],
    "ratio": ["ramp"],
    "ramp": ["ratio"],
    "epochs": ["steps"],
    "steps": ["epochs"],
}


def _runs(config: Mapping[str, Any], name: str, datasets: Mapping[str, str]) -> Iterator[Run]:
    study = config["studies"][name]
    for grid in study["grids"]:
        for point in points(study, grid):
            for seed in study["seeds"]:
                settings = {
                    "task": study["task"],
                    "dataset": {
                        "name": point.names["dataset"],
                        "digest": datasets[point.names["dataset"]],
                    },
                    **_meaningful(blocks_of(config, point)),
                    "seed": seed,
                }
                yield Run(name, plain(settings), {**point.names, **point.changes, "seed": seed})


def _meaningful(blocks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Write out schedules' defaults and drop what a model has no use for.

    Equal runs so have equal settings, whichever way they were asked for.
    """
    if blocks["model"]["kind"] == "autoreg":
        blocks["model"].pop("encoder")
        blocks["model"]["latent_dim"] = 0
        blocks["schedule"] = {"shape": "constant"}
    schedule = schedule_settings(blocks["schedule"])
    keys = ("shape", *SCHEDULE_KEYS[schedule["shape"]])
    blocks["schedule"] = _decided({key: schedule[key] for key in keys})
    blocks["learning_rate"] = _decided(learning_rate_settings(blocks["learning_rate"]))
    return blocks


def _decided(block: dict[str, Any]) -> dict[str, Any]:
    """Drop the keys that are not set, and those to which a set one is the alternative."""
    given = {key: value for key, value in block.items() if value is not None}
    idle = {"cycles": "period", "ratio": "ramp"}
    return {key: value for key, value in given.items() if idle.get(key) not in given}
