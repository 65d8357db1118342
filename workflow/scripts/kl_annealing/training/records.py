"""What a training collects while it goes on, and leaves in its folder at its end."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from kl_annealing.training.history import write_history
from kl_annealing.training.snapshots import Observer, write_snapshots
from kl_annealing.training.state import save

NAMES = ("best", "history", "snapshots")
RESULTS = ("last.pt", "best.pt", "history.csv", "snapshots.h5", "timing.json", "config.json")


class Records:
    """The learning curve, the best weights, and the snapshots.

    They live in memory, and the checkpoint holds that memory. Only the learning curve is also
    written as it grows, for people to watch.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best: dict[str, Any] | None = None
        self.history: list[dict[str, Any]] = []
        self.snapshots: list[dict[str, Any]] = []

    def add_rows(self, *rows: dict[str, Any]) -> None:
        """Add rows to the learning curve."""
        self.history += rows
        write_history(self.folder / "history.csv", self.history)

    def improves(self, criterion: float) -> bool:
        """Whether a validation, by what the training selects, is below the best one."""
        return self.best is None or criterion < self.best["criterion"]

    def keep_best(self, weights: Mapping[str, Any], criterion: float) -> None:
        """Make `weights` the best ones."""
        self.best = {**weights, "criterion": criterion}

    def add_snapshot(self, step: int, beta: float, posterior: Mapping[str, Tensor]) -> None:
        """Add the posterior of the validation set after `step` updates."""
        self.snapshots.append({"step": step, "beta": beta, **posterior})

    def write(self, observers: Iterable[Observer]) -> None:
        """Write all files; what the observers saw stands in that of the snapshots."""
        write_history(self.folder / "history.csv", self.history)
        save(self.folder / "best.pt", self.best)
        write_snapshots(self.folder / "snapshots.h5", self.snapshots, observers)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {name: getattr(self, name) for name in NAMES}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`; raises TypeError for one that is built otherwise."""
        rows = [*_listed(state["history"]), *_listed(state["snapshots"]), state["best"] or {}]
        if not all(isinstance(row, dict) for row in rows):
            raise TypeError("its records are not lists of rows")
        for name in NAMES:
            setattr(self, name, state[name])


def _listed(rows: Any) -> list:
    """Return a list as it is, and of anything else one that holds no row."""
    return rows if isinstance(rows, list) else [None]


def publish(unfinished: Path, folder: Path) -> None:
    """Move the results from `unfinished` to `folder`, then remove the rest with its checkpoint.

    Until all are moved the checkpoint stays: a training killed here reaches its end once more.
    """
    for name in RESULTS:
        os.replace(unfinished / name, folder / name)
    shutil.rmtree(unfinished)
