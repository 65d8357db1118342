"""Is a file the one that was meant? Sizes, SHA-256 sums, git blob ids."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kl_annealing.errors import InputError


@dataclass(frozen=True)
class FileEntry:
    """One file of a dataset: its address and what is known of its content.

    `git_blob` is what `git hash-object FILE` prints: all that a git repository's tree tells about a
    file without a download. `checksum` is `unknown` where nobody publishes one: then the size alone
    is compared, and the sum that was found is in the prepared file. `unpacked_size` marks an
    archive: the most it may unpack to, in bytes.
    """

    dataset: str
    name: str
    url: str | None = None
    size: int | None = None
    sha256: str | None = None
    git_blob: str | None = None
    checksum: str | None = None
    unpacked_size: int | None = None

    @classmethod
    def of(cls, dataset: str, name: str, block: Mapping[str, Any]) -> "FileEntry":
        """Read an entry of the datasets table."""
        return cls(dataset, name, **block)

    @property
    def sum(self) -> str | None:
        """The strongest declared sum, as `sha256:…` or `git_blob:…`."""
        for kind in ("sha256", "git_blob"):
            if getattr(self, kind):
                return f"{kind}:{getattr(self, kind)}"
        return None

    @property
    def expected(self) -> str:
        """What the file must be, in words."""
        parts = [f"{self.size} bytes"] if self.size is not None else []
        sums = self.sum.replace(":", " ") if self.sum else self.checksum and "unknown sum"
        return ", ".join([*parts, *([sums] if sums else [])])


def mismatch(path: str | Path, entry: FileEntry) -> str | None:
    """Return what was found where it is not what `entry` declares, None for the right file."""
    return _difference(*_measure(path), entry)


def _difference(size: int, sums: Mapping[str, str], entry: FileEntry) -> str | None:
    if entry.size is not None and size != entry.size:
        return f"found {size} bytes, sha256 {sums['sha256']}"
    for kind, found in sums.items():
        if getattr(entry, kind) not in (None, found):
            return f"found {kind} {found} ({size} bytes)"
    return None


def verify(path: str | Path, entry: FileEntry) -> str:
    """Hash the file again and return its sum as `sha256:…`.

    Raises InputError, with both sums, when it is not the declared one.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    size, sums = _measure(path)
    if found := _difference(size, sums, entry):
        raise InputError(
            f"{path}: not the declared file of dataset {entry.dataset}: expected {entry.expected}, "
            f"{found}; remove it to have it fetched again, or use it under its own dataset name"
        )
    return f"sha256:{sums['sha256']}"


def verified(files: Mapping[str, str | Path], entries: Mapping[str, FileEntry]) -> dict[str, str]:
    """Verify the file of each entry; return their sums by the entries' keys."""
    return {key: verify(files[key], entry) for key, entry in entries.items()}


def _measure(path: str | Path) -> tuple[int, dict[str, str]]:
    """Return the size and both sums in one pass."""
    path = Path(path)
    size = path.stat().st_size
    # git hashes a header, which holds the size, before the content
    sums = {"sha256": hashlib.sha256(), "git_blob": hashlib.sha1(usedforsecurity=False)}
    sums["git_blob"].update(b"blob %d\0" % size)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            for digest in sums.values():
                digest.update(chunk)
    return size, {kind: digest.hexdigest() for kind, digest in sums.items()}
