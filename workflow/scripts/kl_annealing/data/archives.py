"""Unpacking that stays inside its folder and below its declared size."""

import lzma
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from kl_annealing.errors import InputError

MAXIMUM_MEMBERS = 200_000

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,  # of headers that are no numbers
    OverflowError,
    MemoryError,  # of a header that says it is gigabytes
    OSError,
)


def unpack(archive: str | Path, folder: str | Path, maximum_size: int) -> None:
    """Unpack a zip or (compressed) tar archive into the new `folder`, whole or not at all.

    Raises InputError for a damaged archive, for members with an absolute path, `..` or a link, and
    for one that would unpack to more than `maximum_size` bytes.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, temporary, maximum_size)
        else:
            _unpack_tar(archive, temporary, maximum_size)
        os.replace(temporary, folder)
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{archive}: not a whole zip or tar archive ({error})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _unpack_zip(archive: str | Path, folder: Path, maximum_size: int) -> None:
    with zipfile.ZipFile(archive) as file:
        members = file.infolist()
        # a member cannot yield more than the size stated for it, so the sum is a bound
        _check_total(archive, (member.file_size for member in members), maximum_size)
        for member in members:
            mode = member.external_attr >> 16
            plain = member.is_dir() or stat.S_IFMT(mode) in (0, stat.S_IFREG)
            _check_member(archive, member.orig_filename, plain)
        for member in members:
            file.extract(member, folder)


def _unpack_tar(archive: str | Path, folder: Path, maximum_size: int) -> None:
    sizes: list[int] = []
    with tarfile.open(archive, "r|*") as file:  # a stream: nothing is read ahead of the checks
        for member in file:
            sizes.append(member.size)
            _check_total(archive, sizes, maximum_size)
            _check_member(archive, member.name, member.isreg() or member.isdir())
            file.extract(member, folder, filter="data")


def _check_total(archive: str | Path, sizes: Iterable[int], maximum_size: int) -> None:
    sizes = list(sizes)
    if sum(sizes) > maximum_size or len(sizes) > MAXIMUM_MEMBERS:
        raise InputError(
            f"{archive}: unpacks to more than the declared {maximum_size} bytes"
            if sum(sizes) > maximum_size
            else f"{archive}: holds more than {MAXIMUM_MEMBERS} members"
        )


def _check_member(archive: str | Path, name: str, plain: bool) -> None:
    windows = PureWindowsPath(name)
    outside = (
        PurePosixPath(name).is_absolute()
        or bool(windows.root or windows.drive)
        or ".." in windows.parts
    )
    if outside or "\0" in name:
        raise InputError(f"{archive}: member {name!r} points outside the archive's folder")
    if not plain:
        raise InputError(f"{archive}: member {name!r} is a link or a device, not a file")
