"""The model of a finished run."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kl_annealing.errors import InputError
from kl_annealing.makers import inference
from kl_annealing.models import build_model
from kl_annealing.models.finite import require_finite

ITERATES = ("last", "best")


def load_iterate(
    folder: str | os.PathLike,
    iterate: str,
    run: Mapping[str, Any],
    size: Any,
    device: torch.device | str = "cpu",
) -> tuple[nn.Module, int]:
    """Return the model of `<folder>/<iterate>.pt` in evaluation mode, and the step of its weights.

    Its posterior is that of the run's strategy (`inference`); `size` is that of the run's examples
    (`build_model`). Raises InputError for an iterate that is neither last nor best, and for a file
    that is missing, damaged, of another model or size, or not finite.
    """
    if iterate not in ITERATES:
        raise InputError(f"iterate {iterate!r}: allowed are {' and '.join(ITERATES)}")
    path = Path(folder) / f"{iterate}.pt"
    if not path.is_file():
        raise InputError(f"{path}: no such file; ask snakemake for it, which trains the run")
    model = build_model(run, size)
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(saved["model"])
        require_finite(model)
    except Exception as error:  # a damaged archive fails in many ways, all with the same remedy
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path}: not the weights of this run and corpus ({reason}); delete it and train again"
        ) from error
    return inference(run, model.to(device).eval()), int(saved["step"])
