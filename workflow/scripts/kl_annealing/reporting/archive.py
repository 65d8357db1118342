"""Results as one archive: the same content gives the same bytes, whoever packs it and when."""

import gzip
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

from kl_annealing.errors import InputError
from kl_annealing.files.atomic import atomic_write


def pack(paths: Iterable[str | os.PathLike], destination: str | os.PathLike) -> None:
    """Write a tar.gz of `paths`, files below the working folder, each under its relative path.

    Members are sorted and say nothing of their owner, their time or their permissions, as
    https://reproducible-builds.org/docs/archives/ asks. Runs come first, each before what is in
    its folders: unpacked by `tar -m`, a run is older than its evaluations, so that none of these is
    made anew.
    Raises InputError for a path that leads out of the working folder.
    """
    names = sorted({Path(path).as_posix() for path in paths}, key=_place)
    with (
        atomic_write(destination) as temporary,
        open(temporary, "wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
        tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in names:
            _add(archive, name)


def _place(name: str) -> tuple[bool, list[tuple[bool, str]]]:
    """Return what sorts runs before all else, and a folder's files before its folders."""
    *folders, file = Path(name).parts
    inside = [*((True, folder) for folder in folders), (False, file)]
    return folders[:2] != ["results", "runs"], inside


def _add(archive: tarfile.TarFile, name: str) -> None:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise InputError(f"{name}: outside the working folder, whose files alone are archived")
    with open(name, "rb") as file:
        member = tarfile.TarInfo(name)
        member.size = os.fstat(file.fileno()).st_size
        archive.addfile(member, file)
