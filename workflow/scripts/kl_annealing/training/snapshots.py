"""Posterior parameters of the validation set at chosen steps, and what observers of a run saw."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import h5py

from kl_annealing.files.arrays import new_arrays
from kl_annealing.models.interfaces import SentenceModel


class Observer(Protocol):
    """Looks at the model in training and changes nothing; made of (run, corpus, plan, device)."""

    def due(self, step: int) -> bool:
        """Return whether it wants to see the model after `step` steps; 0 is before the first."""

    def observe(self, model: SentenceModel, step: int) -> None:
        """Record what is due after `step` steps."""

    def finish(self, model: SentenceModel, step: int) -> None:
        """Record what is due at the end of the training, which has made `step` steps."""

    def write(self, file: h5py.File) -> None:
        """Add what was recorded to the file of the snapshots."""

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""


def write_snapshots(
    path: str | os.PathLike,
    snapshots: Sequence[Mapping[str, Any]],
    observers: Iterable[Observer] = (),
) -> None:
    """Write one group `step_<n>` each: mu [N, D], logvar [N, D], index [N]; attrs step, beta.

    Then the groups of the observers.
    """
    with new_arrays(path) as file:
        for snapshot in snapshots:
            group = file.create_group(f"step_{snapshot['step']}")
            group.attrs["step"] = snapshot["step"]
            group.attrs["beta"] = snapshot["beta"]
            for name in ("mu", "logvar", "index"):
                group[name] = snapshot[name].numpy()
        for observer in observers:
            observer.write(file)
