"""Where a training computes, and how it is made to give the same bits again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs.memory import kept_memory


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device called `name`: auto (a GPU where there is one), cpu or cuda.

    Raises InputError for another name, and for cuda where no GPU can be used.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: {name!r} is not one of auto, cpu, cuda")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise InputError(
            f"device: cuda was asked for, but torch {torch.__version__} finds no usable GPU here; "
            "set device to auto or cpu, or install a CUDA build of torch and check nvidia-smi"
        )
    if name == "cpu" or not available:
        return torch.device("cpu")
    # cuBLAS gives the same bits again only with a workspace of fixed size, set before its start.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return torch.device("cuda", torch.cuda.current_device())


def device_name(device: torch.device) -> str:
    """Return "cpu" or the name of the GPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


@contextmanager
def reproducible(device: torch.device, seed: int, threads: int | None = None) -> Iterator[None]:
    """Seed torch and use deterministic algorithms without TF32; restore everything afterwards.

    `threads` limits the threads of the CPU; sums are ordered by it, so it is part of the bits.
    """
    saved = (
        torch.get_num_threads(),
        torch.get_deterministic_debug_mode(),
        torch.utils.deterministic.fill_uninitialized_memory,
    )
    cuda = [device] if device.type == "cuda" else []
    precise = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with kept_memory(), torch.random.fork_rng(devices=cuda), precise:
        torch.manual_seed(seed)
        torch.set_num_threads(threads or saved[0])
        # `use_deterministic_algorithms` does the same, but imports the compiler first: a second.
        torch.set_deterministic_debug_mode("error")
        torch.utils.deterministic.fill_uninitialized_memory = False  # a debugging aid; costs time
        try:
            yield
        finally:
            torch.set_num_threads(saved[0])
            torch.set_deterministic_debug_mode(saved[1])
            torch.utils.deterministic.fill_uninitialized_memory = saved[2]


def random_states(device: torch.device) -> dict[str, torch.Tensor]:
    """Return the states of the random generators that training draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random_states(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put the generators back where `random_states` found them."""
    torch.set_rng_state(states["cpu"].cpu())
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"].cpu(), device)
