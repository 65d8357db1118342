"""Saved weights and the resumable checkpoint: whole or not at all, and never unpickled."""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.errors import InputError
from kl_annealing.files import atomic_write

FORMAT = 1


def copied_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return the model's state on the CPU, independent of the model."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def save(path: str | os.PathLike, value: Mapping[str, Any]) -> None:
    """Write tensors and plain values; equal values give equal bytes."""
    # Given a path, torch.save would put the temporary file's random name into the archive.
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        torch.save(dict(value), file)


def save_checkpoint(path: str | os.PathLike, run: Mapping[str, Any], state: dict[str, Any]) -> None:
    """Write the resumable `state` of a run."""
    save(path, {"format": FORMAT, "run": _canonical(run), "state": state})


def load_checkpoint(path: str | os.PathLike, run: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the state that `save_checkpoint` wrote for the same run, on the CPU.

    Returns None for a file that is damaged or of another format; raises InputError for the
    checkpoint of another configuration.
    """
    checkpoint = _read(path)
    if checkpoint is None or checkpoint.get("format") != FORMAT:
        return None
    if checkpoint["run"] != _canonical(run):
        raise InputError(
            f"{path}: the checkpoint belongs to another configuration; remove it to start this run "
            "from the beginning, or train in another folder"
        )
    return checkpoint["state"]


def _read(path: str | os.PathLike) -> dict[str, Any] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # checks the sums, which torch.load does not
                return None
        return torch.load(Path(path), map_location="cpu", weights_only=True)
    except Exception:  # a damaged archive fails in many ways, all with the same remedy
        return None


def _canonical(run: Mapping[str, Any]) -> str:
    return json.dumps(run, sort_keys=True)
