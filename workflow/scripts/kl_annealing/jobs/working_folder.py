"""One Snakemake at work in a folder at a time, and no lock of one that was killed.

Snakemake's own lock is a file that outlives it. The one here is the system's, which frees it when
the process ends in any way, `kill -9` and a power cut included; so it tells which of both it was.
"""

import os
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from kl_annealing.errors import InputError

FOLDER = Path(".snakemake")
UNASKED = ("--unlock", "--delete-all-output", "--delete-temp-output")
_held: list[FileLock] = []  # until the process ends


def forget_the_dead(folder: Path = FOLDER) -> str | None:
    """Remove Snakemake's locks where no Snakemake is at work; return what is to be told otherwise.

    The locks of another machine stay: not every shared file system passes on the system's locks.
    """
    lock = _lock(folder)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return f"{_occupied(folder)}; what it makes can be looked at, not made, until it ends"
    try:
        if _owner(folder)[0] == platform.node():
            shutil.rmtree(folder / "locks", ignore_errors=True)
    finally:
        lock.release()
    return None


def changes_unasked(arguments: Iterable[str]) -> bool:
    """Whether they are of a command that changes files without asking for Snakemake's lock."""
    return _has_one_of(UNASKED, arguments)


def goes_unlocked(arguments: Iterable[str]) -> bool:
    """Whether they are of a command that leaves out the hook in which the folder is claimed."""
    return _has_one_of(("--no-hooks",), arguments)


def _has_one_of(options: Iterable[str], arguments: Iterable[str]) -> bool:
    """Whether an option is among the arguments, which Snakemake takes abbreviated too."""
    return any(len(word) > 4 and each.startswith(word) for word in arguments for each in options)


def claim(folder: Path = FOLDER) -> None:
    """Hold the folder until this process ends; raises InputError where another one holds it."""
    lock = _lock(folder)
    try:
        lock.acquire(timeout=1)  # another may be looking
    except Timeout:
        raise InputError(f"{_occupied(folder)}; wait until it ends, or end it") from None
    _held.append(lock)
    _owner_file(folder).write_text(f"{platform.node()} {os.getpid()}", encoding="utf-8")


def _lock(folder: Path) -> FileLock:
    place = folder.absolute()  # for what an error tells
    place.mkdir(parents=True, exist_ok=True)
    return FileLock(place / "at_work.lock", thread_local=False)


def _owner_file(folder: Path) -> Path:
    return folder / "at_work.txt"  # beside the lock, which is emptied by whoever tries it


def _owner(folder: Path) -> tuple[str, str]:
    """Return the machine and process that last held the folder; this machine where none did."""
    try:
        machine, process = _owner_file(folder).read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return platform.node(), "?"
    return machine, process


def _occupied(folder: Path) -> str:
    machine, process = _owner(folder)
    place = folder.absolute().parent
    return f"another snakemake, process {process} on {machine}, is at work in {place}"
