"""What a training leaves in its folder while it goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from kl_annealing.training.history import write_history
from kl_annealing.training.snapshots import write_snapshots
from kl_annealing.training.state import save

NAMES = ("best", "history", "snapshots")


class Records:
    """The learning curve, the weights with the best validation bound, and the snapshots.

    Each file is rewritten from memory, and the checkpoint holds that memory: so a training that
    goes on needs none of the files, and what a killed process wrote after its checkpoint is undone.
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

    def improves(self, elbo: float) -> bool:
        """Whether a validation ELBO is better than the best one."""
        return self.best is None or elbo > self.best["elbo"]

    def keep_best(self, weights: Mapping[str, Any], elbo: float) -> None:
        """Make `weights` the best ones."""
        self.best = {**weights, "elbo": elbo}
        save(self.folder / "best.pt", self.best)

    def add_snapshot(self, step: int, beta: float, posterior: Mapping[str, Tensor]) -> None:
        """Add the posterior of the validation set after `step` updates."""
        self.snapshots.append({"step": step, "beta": beta, **posterior})
        write_snapshots(self.folder / "snapshots.h5", self.snapshots)

    def write(self) -> None:
        """Write all files again."""
        self.add_rows()
        save(self.folder / "best.pt", self.best)
        write_snapshots(self.folder / "snapshots.h5", self.snapshots)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {name: getattr(self, name) for name in NAMES}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        for name in NAMES:
            setattr(self, name, state[name])
