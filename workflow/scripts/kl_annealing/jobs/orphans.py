"""A job ends with the Snakemake that started it, however that ended."""

import os
import signal
import threading
import time
from pathlib import Path

PARENT = "KL_ANNEALING_SNAKEMAKE"  # its process, in the environment of its jobs
_SECONDS_BETWEEN_LOOKS = 0.2


def end_with_snakemake() -> None:
    """Have SIGTERM sent to this process, on which a training saves itself, once Snakemake is gone.

    A Snakemake that is killed says nothing to its jobs: they would go on beside those that the next
    one starts. Does nothing where no Snakemake started this process.
    """
    if PARENT in os.environ:
        parent = int(os.environ[PARENT])
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while _lives(parent):
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os.kill(os.getpid(), signal.SIGTERM)


def _lives(process: int) -> bool:
    """Whether a process is at work; one that was killed stays listed until its parent asks."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return _state(process) not in ("Z", "X")


def _state(process: int) -> str | None:
    """Return the letter that Linux has for the state of a process, None elsewhere."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()[0]  # its name may have blanks and brackets
