"""The combinations of a study's grids, and the complete blocks that each stands for."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kl_annealing.axes import AXES
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


def parent_of(point: Point, initial: Mapping[str, Any]) -> Point | None:
    """Return the combination from whose weights this one starts, if it does.

    It differs in what the `initial` block changes: the name of a block instead of another, with
    which single keys changed in that give way, or single keys. It starts from fresh weights.
    """
    if initial["kind"] == "fresh":
        return None
    chosen = {"initial": "fresh"}
    keys = {}
    for axis, change in initial["changes"].items():
        if isinstance(change, str):
            chosen[axis] = change
        else:
            keys |= {f"{axis}.{key}": value for key, value in change.items()}
    own = {path: value for path, value in point.changes.items() if _axis_of(path) not in chosen}
    return Point({**point.names, **chosen}, {**own, **keys})


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
