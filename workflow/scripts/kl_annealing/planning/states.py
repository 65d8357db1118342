"""How far the training of a run is."""

import os
from pathlib import Path

TRAINED = ("config.json", "last.pt", "best.pt", "history.csv", "timing.json")
FINISHED, RESUMABLE, TO_DO = "finished", "resumable", "to do"


def state_of(folder: str | os.PathLike) -> str:
    """Return whether a run's training is finished, can be resumed, or is to do."""
    if all((Path(folder) / name).exists() for name in TRAINED):
        return FINISHED
    return RESUMABLE if (Path(folder) / "unfinished" / "checkpoint.pt").exists() else TO_DO
