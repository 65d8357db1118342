"""What to change when a run does not fit into the memory of its GPU or of the machine."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs.precision import precision_on

# Where not even CUDA or cuBLAS can start; torch's allocator has no part in it.
_SHORT_GPU = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
_SHORT_MACHINE = "can't allocate memory"  # what torch's allocator for the CPU says
_GPU = re.compile(r"CUDA error|CUBLAS_|CUDNN_|cuDNN error|HIP error")


@contextmanager
def memory_advice(
    run: str, runtime: Mapping[str, Any], settings: Mapping[str, Any]
) -> Iterator[None]:
    """Turn a shortage of memory into an InputError that says what `run` can be given less of.

    `settings` are the values that decide on the memory of the job, each under its key in the
    configuration. What torch says of the memory goes to the log.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if _is_shortage_of_gpu(error):
            shared = {"runtime.runs_per_gpu": runtime["runs_per_gpu"]}
            changes = [*_changes(shared | settings, "cuda"), "take a larger GPU"]
            where = "on the GPU"
        elif isinstance(error, MemoryError) or _SHORT_MACHINE in str(error):
            less = _changes(settings, "cpu")
            changes = ["make the model smaller", *less, "take a larger machine"]
            where = "of the machine"
        else:
            raise
        print(error, flush=True)
        raise InputError(f"{run}: out of memory {where}: {', or '.join(changes)}") from error


def is_of_the_gpu(error: Exception) -> bool:
    """Say whether an error is one of the GPU or its memory, not of what was computed."""
    return isinstance(error, RuntimeError) and (
        _is_shortage_of_gpu(error) or _GPU.search(str(error)) is not None
    )


def _is_shortage_of_gpu(error: Exception) -> bool:
    out = isinstance(error, torch.OutOfMemoryError)
    return out or any(text in str(error) for text in _SHORT_GPU)


def _changes(settings: Mapping[str, Any], device: str) -> list[str]:
    """Return every change of settings that helps; a 1 cannot be less, nor can what is narrowest."""
    narrowest = _narrowest(device)
    return [
        f"set {key} to {narrowest}" if value == "float32" else f"lower {key} (now {value})"
        for key, value in settings.items()
        if value not in (1, "bfloat16", narrowest)
    ]


def _narrowest(device: str) -> str:
    try:
        return precision_on(torch.device(device), "bfloat16")
    except (RuntimeError, AssertionError):  # not even CUDA can start to be asked
        return "bfloat16"
