"""How long a training took, for timing.json and for the plan of the next ones."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from kl_annealing.jobs.devices import device_name
from kl_annealing.jobs.provenance import of_this_process

COUNTS = ("seconds", "update_seconds", "examples", "tokens")


class Timing:
    """Counts examples and predicted tokens, the time of updates, and all time, of each process.

    A process that trained is a session: its counts, the updates that were made when it began and
    when it ended, and what it ran on. One that was killed counts to its last checkpoint.
    """

    def __init__(self, device: torch.device, precision: str) -> None:
        self.device = device
        self.precision = precision
        self.earlier: list[dict[str, Any]] = []
        self.counts: dict[str, float] = dict.fromkeys(COUNTS, 0)
        self.first_step = self.last_step = 0
        # Now, since the files of the code may be others by the time that the training ends.
        self._made_with = of_this_process()
        self._began = self._updating_since = time.perf_counter()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the block, an evaluation or a checkpoint, out of the time of updates."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.perf_counter()
        self.counts["update_seconds"] += now - self._updating_since
        self.counts["seconds"] += now - self._began
        self._began = now
        yield
        self.go_on()

    def go_on(self) -> None:
        """Count the time of updates from now."""
        self._updating_since = time.perf_counter()

    def add(self, examples: int, tokens: int) -> None:
        """Count one step, with its examples and predicted tokens."""
        self.last_step += 1
        self.counts["examples"] += examples
        self.counts["tokens"] += tokens

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {"sessions": self.sessions}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after the sessions of earlier processes; raises ValueError where they tell less."""
        expected = self.sessions[-1].keys()
        if any(session.keys() != expected for session in state["sessions"]):
            raise ValueError("its sessions are told in another layout")
        self.earlier = list(state["sessions"])
        self.first_step = self.last_step = self.earlier[-1]["last_step"]

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """What each process did so far, and with what; this one is the last."""
        this = {
            "first_step": self.first_step,
            "last_step": self.last_step,
            **self.counts,
            "peak_memory_mb": peak_memory_mb(self.device),
            "device": device_name(self.device),
            "threads": torch.get_num_threads(),
            "precision": self.precision,
            **self._made_with,
        }
        return [*self.earlier, this]

    def summary(self) -> dict[str, Any]:
        """Return the content of timing.json; the rates are those of the updates alone.

        Counts are the sums and the memory is the maximum over all sessions; several devices, or
        precisions of products, are named in a row.
        """
        sessions = self.sessions
        totals = {name: sum(session[name] for session in sessions) for name in COUNTS}
        peaks = [peak for each in sessions if (peak := each["peak_memory_mb"]) is not None]
        seconds = max(totals["update_seconds"], 1e-9)
        return {
            **totals,
            "examples_per_second": totals["examples"] / seconds,
            "tokens_per_second": totals["tokens"] / seconds,
            "peak_memory_mb": max(peaks, default=None),
            "device": _all("device", sessions),
            "threads": torch.get_num_threads(),
            "precision": _all("precision", sessions),
            "sessions": sessions,
        }


def _all(name: str, sessions: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(session[name] for session in sessions))


def peak_memory_mb(device: torch.device) -> float | None:
    """Return the most memory used so far in MiB: on a GPU its tensors, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return _peak_by_usage()
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return peaks[0] / 2**10 if peaks else _peak_by_usage()


def _peak_by_usage() -> float | None:
    """Return the peak that the system counts; Linux counts in that of the process before `exec`."""
    try:
        import resource
    except ImportError:  # not on every platform
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
