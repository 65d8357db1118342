"""Results files as others read them: one that is not whole is named, and what makes it anew."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import h5py

from kl_annealing.errors import InputError
from kl_annealing.files.atomic import read_json
from kl_annealing.jobs.storage import storage_problem


@contextmanager
def open_arrays(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Open an HDF5 file to read; raises InputError, then and while it is read, where it is damaged.

    Of a missing or damaged object h5py says so by a KeyError.
    """
    try:
        with h5py.File(path) as file:
            yield file
    except (OSError, KeyError, RuntimeError) as error:
        raise not_whole(path, error) from error


def read_result(path: str | os.PathLike) -> Any:
    """Return what a JSON file holds; raises InputError where it is missing or damaged."""
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise not_whole(path, error) from error


def find(block: Any, path: Sequence[str]) -> Any:
    """Return the value at `path` of nested dictionaries, None where there is none."""
    for key in path:
        block = block.get(key) if isinstance(block, Mapping) else None
    return block


def not_whole(path: str | os.PathLike, error: Exception) -> InputError:
    """Return the line about a file that is not whole, for the reason that `error` tells.

    Where that is one of the disk or of permissions the file may well be whole.
    """
    if line := storage_problem(error, path):
        return InputError(line)
    reason = " ".join(str(error).split())
    return InputError(
        f"{path}: not a whole results file ({reason}); delete it and give the same command again, "
        "which makes it anew"
    )
