"""A run is its configuration: identity, name and folder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from kl_annealing.axes import AXES, idle_axes
from kl_annealing.canonical import identity


@dataclass(frozen=True)
class Run:
    """One training: the resolved settings, and the names under which its study asked for it.

    `title` is the readable part of its name, `counted` the part of the settings that is hashed,
    `parent` the run from whose weights it starts.
    """

    study: str
    settings: dict[str, Any]
    names: dict[str, Any]
    title: str
    counted: dict[str, Any]
    parent: "Run | None" = None

    def seeded(self, number: int) -> "Run":
        """Return the run with this seed, which its parent has too."""
        seed = {"seed": number}
        parts = {name: getattr(self, name) | seed for name in ("settings", "names", "counted")}
        return replace(self, **parts, parent=self.parent and self.parent.seeded(number))

    @property
    def lineage(self) -> list["Run"]:
        """The run after all those that must be trained before it."""
        return [*(self.parent.lineage if self.parent else ()), self]

    @property
    def task(self) -> str:
        """Task of the run, the first folder of its path."""
        return self.settings["task"]

    @cached_property
    def name(self) -> str:
        """Readable name with seed and hash: the folder's own name."""
        return f"{self.title}-s{self.settings['seed']}-{identity(self.counted)}"

    @cached_property
    def folder(self) -> str:
        """Folder of the run's files, relative to the working directory."""
        return f"results/runs/{self.task}/{self.name}"


def title_of(settings: Mapping[str, Any]) -> str:
    """Return the dataset and the axes of resolved settings as one readable word."""
    idle = idle_axes(settings)
    slugs = [
        axis.slug(settings[axis.name])
        for axis in AXES.values()
        if axis.slug and axis.name not in idle
    ]
    return "_".join([settings["dataset"]["name"], *filter(None, slugs)])
