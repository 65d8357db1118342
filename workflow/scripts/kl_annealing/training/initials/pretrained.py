"""Weights of another run: the autoencoder pre-training of Li et al. (2019), or any other.

The parts of the model that the run keeps take the weights of the parent run; the others stay as the
run's seed drew them, so that runs with and without pre-training differ in nothing else.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from kl_annealing.canonical import canonical
from kl_annealing.counted import counted_part
from kl_annealing.errors import InputError
from kl_annealing.files.atomic import read_json
from kl_annealing.training.state import CheckpointError, read_saved


def start(run: Mapping[str, Any], model: nn.Module, parent: Path | None) -> dict[str, Any]:
    """Load the parts `initial.keep` of the model from the finished run in the folder `parent`.

    Returns whose they are: `run`, `iterate`, `step`, the `digest` of their file, and the `seconds`
    that the parent trained, its own parents included. Raises InputError, which names the file, for
    one that is missing or damaged, of another run or of another model.
    """
    initial = run["initial"]
    if parent is None:
        raise InputError("initial.kind = 'pretrained': needs the folder of the parent run")
    _check_settings(parent / "config.json", {**initial["parent"], "seed": run["seed"]})
    path = parent / f"{initial['iterate']}.pt"
    saved = _saved(path)
    for part in initial["keep"]:
        _load(model, part, saved["model"], path)
    return {
        "run": parent.name,
        "iterate": initial["iterate"],
        "step": saved["step"],
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "seconds": _seconds(parent / "timing.json"),
    }


def _check_settings(path: Path, expected: Mapping[str, Any]) -> None:
    """Raise InputError unless the file holds the settings of the parent run."""
    if canonical(counted_part(_json(path))) != canonical(counted_part(expected)):
        raise _unusable(path, "it has the settings of another run")


def _saved(path: Path) -> dict[str, Any]:
    """Return the saved weights, with the step that they are from."""
    _check_presence(path)
    try:
        return read_saved(path)
    except CheckpointError as error:
        raise _unusable(path, f"it {error}") from error


def _load(model: nn.Module, part: str, weights: Mapping[str, Any], path: Path) -> None:
    """Give the model's submodule `part` its weights: all of them, and no others."""
    prefix = f"{part}."
    own = {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
    try:
        model.get_submodule(part).load_state_dict(own)
    except (AttributeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise _unusable(path, f"its {part} is that of another model: {reason}") from error


def _seconds(path: Path) -> float:
    timing = _json(path)
    return timing["seconds"] + (timing["parent"]["seconds"] if timing["parent"] else 0)


def _json(path: Path) -> Any:
    _check_presence(path)
    try:
        return read_json(path)
    except ValueError as error:
        raise _unusable(path, "it is damaged") from error


def _check_presence(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file; ask snakemake for it, which trains the parent run")


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path}: cannot start from it, {reason}; delete its folder and train the parent run again"
    )
