"""Saved weights and the resumable checkpoint: whole or not at all, and never unpickled."""

import errno
import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kl_annealing.canonical import canonical
from kl_annealing.counted import counted_part
from kl_annealing.data import AnyCorpus
from kl_annealing.files.atomic import atomic_write

FORMAT = 3


class CheckpointError(Exception):
    """A training cannot go on from a checkpoint; the text says what the checkpoint is or has."""


def copied_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return the model's state on the CPU, independent of the model."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def save(path: str | os.PathLike, value: Mapping[str, Any]) -> None:
    """Write tensors and plain values; equal values give equal bytes."""
    # Given a path, torch.save would put the temporary file's random name into the archive.
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        torch.save(dict(value), file)


def origin_of(
    run: Mapping[str, Any], corpus: AnyCorpus, code: str, weights: str = ""
) -> dict[str, str]:
    """Return what must be the same for a training to go on, by the names that messages use.

    The configuration counts as in the run's name. The corpus counts by its content: an own corpus
    that is edited keeps its definition. `code` is a digest of the training code, `weights`
    one of what the run starts from.
    """
    return {
        "configuration": canonical(counted_part(run)),
        "corpus": _content(corpus),
        "training code": code,
        "parent run": weights,
    }


def read_saved(path: str | os.PathLike) -> dict[str, Any]:
    """Return what `save` wrote, on the CPU; raises CheckpointError when it is not whole.

    What passes by itself, an error of the disk or too little memory, says nothing about the file
    and is raised as it is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # checks the sums, which torch.load does not
                raise CheckpointError("is damaged")
        return torch.load(Path(path), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # a damaged archive fails in many ways, all with the same remedy
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise CheckpointError("is damaged") from error


def save_checkpoint(
    path: str | os.PathLike, origin: Mapping[str, str], state: dict[str, Any]
) -> None:
    """Write the resumable `state` of a training."""
    save(path, {"format": FORMAT, "origin": dict(origin), "state": state})


def load_checkpoint(path: str | os.PathLike, origin: Mapping[str, str]) -> dict[str, Any]:
    """Return the state that `save_checkpoint` wrote for the same origin, on the CPU.

    Raises CheckpointError for a file that is damaged, of another format or of another origin.
    """
    checkpoint = read_saved(path)
    if not _has_format(checkpoint):
        raise CheckpointError("has another format")
    stored = checkpoint["origin"]
    others = [f"another {name}" for name, value in origin.items() if stored.get(name) != value]
    if others:
        raise CheckpointError(f"belongs to {' and '.join(others)}")
    return checkpoint["state"]


def _has_format(checkpoint: Any) -> bool:
    """Whether it is built as `save_checkpoint` builds it."""
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        return False
    return all(isinstance(checkpoint.get(part), dict) for part in ("origin", "state"))


def _content(corpus: AnyCorpus) -> str:
    """Return a digest of all that a training reads of the corpus."""
    digest = hashlib.sha256()
    for part in corpus.content():
        digest.update(part if isinstance(part, bytes) else np.ascontiguousarray(part))
    return digest.hexdigest()
