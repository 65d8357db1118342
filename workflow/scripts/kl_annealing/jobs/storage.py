"""What a disk that is full, or that may not be written to, means for a job, in one line."""

import errno
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from kl_annealing.errors import InputError

# Below it no job begins: it would only fail later, and Snakemake needs room for its records too.
MINIMUM_FREE = 64 * 2**20
_FULL = {errno.ENOSPC: "the disk is full", errno.EFBIG: "a file may not grow as large as it must"}
if hasattr(errno, "EDQUOT"):  # not on every platform
    _FULL[errno.EDQUOT] = "the disk quota is used up"
_CLOSED = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "no permission to write or read it",
    errno.EPERM: "the system does not allow it",
    errno.ENOTDIR: "a file is where a folder must be",
    errno.EEXIST: "a file is where a folder must be",
    errno.EISDIR: "a folder is where a file must be",
    errno.EIO: "the disk, or the way to it, fails",
}
if hasattr(errno, "ESTALE"):  # of network file systems
    _CLOSED[errno.ESTALE] = "the network file system lost the file"
_IN_TEXT = re.compile(r"errno = (\d+)")  # of HDF5, which not always gives it as a number


def require_space(folder: str | os.PathLike, minimum: int | None = None) -> None:
    """Raise InputError where the disk of `folder` has less than `minimum` bytes free.

    That is `MINIMUM_FREE` where it is not given.
    """
    free = shutil.disk_usage(folder).free
    if free < (MINIMUM_FREE if minimum is None else minimum):
        raise InputError(
            f"{folder}: {free / 2**20:.0f} MiB free on its disk, and a job begins with at least "
            f"{MINIMUM_FREE / 2**20:.0f}; free some and give the same command again"
        )


def closed_folder(folders: Iterable[str | os.PathLike]) -> str | None:
    """Return the line about the first of the folders that is there and may not be written to."""
    for folder in map(Path, folders):
        if folder.exists() and not os.access(folder, os.W_OK):
            place = folder.absolute()
            return f"{place}: may not be written to; mend that and give the same command again"
    return None


def storage_problem(error: BaseException, near: str | os.PathLike) -> str | None:
    """Return the line about an error that is one of the disk, None for any other error.

    `near` is named where the error does not say which file it is about.
    """
    for each in _chain(error):
        number = _number(each)
        place = getattr(each, "filename", None) or f"the disk of {Path(near).parent}"
        if number in _FULL:
            advice = "free some and give the same command again"
            return f"{place}: {_FULL[number]}; what was whole before is kept; {advice}"
        if number in _CLOSED and isinstance(each, OSError):
            return f"{place}: {_CLOSED[number]}; mend that and give the same command again"
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and those behind it: libraries wrap the one that tells the reason."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _number(error: BaseException) -> int | None:
    """Return the system's number of an error, also where a library only writes it."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _IN_TEXT.search(str(error))
    return int(found[1]) if found else None
