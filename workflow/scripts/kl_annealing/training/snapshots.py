"""Posterior parameters of the validation set at chosen steps."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import h5py

from kl_annealing.files import atomic_write


def write_snapshots(path: str | os.PathLike, snapshots: Sequence[Mapping[str, Any]]) -> None:
    """Write one group `step_<n>` each: mu [N, D], logvar [N, D], index [N]; attrs step, beta."""
    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        for snapshot in snapshots:
            group = file.create_group(f"step_{snapshot['step']}")
            group.attrs["step"] = snapshot["step"]
            group.attrs["beta"] = snapshot["beta"]
            for name in ("mu", "logvar", "index"):
                group[name] = snapshot[name].numpy()
