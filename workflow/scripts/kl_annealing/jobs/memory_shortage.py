"""What to change when a run does not fit into the memory of its GPU or of the machine."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from kl_annealing.errors import InputError

# Where not even CUDA or cuBLAS can start; torch's allocator has no part in it.
_SHORT = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
_OF_THE_MACHINE = (
    "can't allocate memory"  # torch's allocator for the CPU; DefaultCPUAllocator says so
)
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
        if _is_shortage(error):
            shared = {"runtime.runs_per_gpu": runtime["runs_per_gpu"]}
            line = _advice(f"{run}: out of memory on the GPU", shared | settings, "GPU")
        elif isinstance(error, MemoryError) or _OF_THE_MACHINE in str(error):
            line = _advice(
                f"{run}: out of memory", {"the sizes of its model": "", **settings}, "machine"
            )
        else:
            raise
        print(error, flush=True)
        raise InputError(line) from error


def is_of_the_gpu(error: Exception) -> bool:
    """Say whether an error is one of the GPU or its memory, not of what was computed."""
    return isinstance(error, RuntimeError) and (_is_shortage(error) or _GPU.search(str(error)))


def _is_shortage(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in _SHORT)


def _advice(shortage: str, values: Mapping[str, Any], place: str) -> str:
    """Return the line with every change that helps; a 1 and 16 bits cannot be less."""
    changes = [
        f"set {key} to bfloat16" if value == "float32" else f"lower {key}{_now(value)}"
        for key, value in values.items()
        if value not in (1, "bfloat16")
    ]
    return f"{shortage}: {', or '.join([*changes, f'take a larger {place}'])}"


def _now(value: Any) -> str:
    return f" (now {value})" if value else ""
