"""Which GPU a job takes: several runs share one, and several GPUs are all used."""

import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import torch
from filelock import FileLock, Timeout

from kl_annealing.errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
# What Slurm, LSF, PBS, Grid Engine and Flux call the job that a process is part of.
SCHEDULED = ("SLURM_JOB_ID", "LSB_JOBID", "PBS_JOBID", "JOB_ID", "FLUX_JOB_ID")
_SECONDS_BETWEEN_TRIES = 1.0


@contextmanager
def gpu_slot(runtime: Mapping[str, Any], terminal: TextIO | None = None) -> Iterator[None]:
    """Hold a slot of a GPU, the only one that this process sees then; wait until one is free.

    Each GPU has `runtime.runs_per_gpu` slots, and the one with the most free slots is taken. The
    system frees the slot of a process that ends in any way. The GPUs are those that
    CUDA_VISIBLE_DEVICES lists, or all; those that a scheduler gave have slots of its job. To be
    entered before CUDA starts, which reads that variable once. Without a GPU, and where
    `runtime.device` is cpu, this does nothing.
    """
    cards = [] if runtime["device"] == "cpu" else visible_gpus()
    if not cards:
        yield
        return
    card, lock = _waited_for(slot_folder(scheduler_job()), cards, runtime["runs_per_gpu"], terminal)
    os.environ[VISIBLE] = card
    try:
        yield
    finally:
        lock.release()


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    listed = os.environ.get(VISIBLE)
    if listed is None:
        return [str(number) for number in range(torch.cuda.device_count())]
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if names and names[0].startswith("MIG-"):  # torch counts these by starting CUDA
        return names
    return names[: torch.cuda.device_count()]


def scheduler_job() -> str | None:
    """Return the scheduler's name of the job around this process, None where there is none."""
    return next((os.environ[name] for name in SCHEDULED if name in os.environ), None)


def slot_folder(job: str | None) -> Path:
    """Return the folder of the slots of this user on this machine, made when it is not there.

    A scheduler counts the GPUs of each job from 0: its jobs have slots of their own.
    """
    user = getattr(os, "getuid", int)()  # Windows keeps a temporary folder for each user
    parts = ("kl-annealing-gpus", platform.node(), str(user), *filter(None, [job]))
    folder = Path(tempfile.gettempdir()) / "-".join(parts)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or (user and folder.stat().st_uid != user):
        raise InputError(
            f"{folder}: made by another user, so that no slot of a GPU can be held there; set "
            "TMPDIR to a folder of your own"
        )
    return folder


def claim(folder: Path, cards: Sequence[str], runs_per_gpu: int) -> tuple[str, FileLock] | None:
    """Take a slot of the GPU with the most free ones, the first of equals; None without any."""
    with FileLock(folder / "choice"):  # or two jobs that look at once keep each other from a slot
        free = {
            card: [lock for slot in range(runs_per_gpu) if (lock := _taken(folder, card, slot))]
            for card in cards
        }
        card = max(cards, key=lambda name: len(free[name]))
        kept = free[card].pop(0) if free[card] else None
        for lock in (lock for locks in free.values() for lock in locks):
            lock.release()
    return (card, kept) if kept else None


def _taken(folder: Path, card: str, slot: int) -> FileLock | None:
    """Return the held lock of a slot, None where another process holds it."""
    path = folder / f"{card.replace('/', '_')}.{slot}"
    lock = FileLock(path, thread_local=False)  # the process holds it
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def _waited_for(
    folder: Path, cards: Sequence[str], runs_per_gpu: int, terminal: TextIO | None
) -> tuple[str, FileLock]:
    """Return the first slot that is free; say once that there is none."""
    told = False
    while (claimed := claim(folder, cards, runs_per_gpu)) is None:
        if not told:
            slots = f"{len(cards)} x {runs_per_gpu}"
            print(
                f"kl-annealing: all {slots} slots of the GPUs are taken; waiting for one "
                "(runtime.runs_per_gpu, --resources gpu)",
                file=terminal,
                flush=True,
            )
            told = True
        time.sleep(_SECONDS_BETWEEN_TRIES)
    return claimed
