"""What a job does around work that may be done on a GPU."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from kl_annealing.jobs.gpu_slots import gpu_slot
from kl_annealing.jobs.memory_shortage import memory_advice
from kl_annealing.jobs.runtime import redirected


@contextmanager
def gpu_job(
    log: str | os.PathLike,
    run: str,
    runtime: Mapping[str, Any],
    memory: Mapping[str, Any],
    story: str | os.PathLike | None = None,
) -> Iterator[TextIO]:
    """Send output to `log`, hold a slot of a GPU, and say what a shortage of memory asks for.

    Yields the terminal. `run` is named where memory is short, `runtime` are the settings under that
    key, `memory` the values that decide on the need of memory; `log` and `story` are those of
    `redirected`.
    """
    with (
        redirected(log, story) as terminal,
        gpu_slot(runtime, terminal),
        memory_advice(run, runtime, memory),
    ):
        yield terminal
