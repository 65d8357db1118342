"""How long a training took, for timing.json and for the plan of the next ones."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from kl_annealing.jobs.devices import device_name

COUNTS = ("seconds", "update_seconds", "examples", "tokens")


class Timing:
    """Counts examples and predicted tokens, the time of updates, and all time, across resumes."""

    def __init__(self, device: torch.device, precision: str) -> None:
        self.device = device
        self.precision = precision
        self.counts: dict[str, float] = dict.fromkeys(COUNTS, 0)
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
        """Count one step's examples and predicted tokens."""
        self.counts["examples"] += examples
        self.counts["tokens"] += tokens

    def state_dict(self) -> dict[str, float]:
        """Return what `load_state_dict` needs to continue."""
        return dict(self.counts)

    def load_state_dict(self, counts: Mapping[str, float]) -> None:
        """Continue the counts of an earlier process."""
        self.counts = {name: counts[name] for name in COUNTS}

    def summary(self) -> dict[str, Any]:
        """Return the content of timing.json; the rates are those of the updates alone."""
        seconds = max(self.counts["update_seconds"], 1e-9)
        return {
            **self.counts,
            "examples_per_second": self.counts["examples"] / seconds,
            "tokens_per_second": self.counts["tokens"] / seconds,
            "peak_memory_mb": peak_memory_mb(self.device),
            "device": device_name(self.device),
            "threads": torch.get_num_threads(),
            "precision": self.precision,
        }


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
