"""Getting a file: from a mirror or its pinned address, verified, resumed, whole or not at all."""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from kl_annealing.data.checksums import FileEntry, mismatch
from kl_annealing.errors import InputError
from kl_annealing.files.atomic import atomic_write

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server: seconds, except where it says otherwise.

    `answer` is the longest silence; `slowest` bytes a second, after `grace`, the slowest pace.
    """

    attempts: int = 4
    pause: float = 1.0
    connect: float = 10.0
    answer: float = 30.0
    grace: float = 60.0
    slowest: float = 1000.0


class _AbsentError(Exception):
    """This place does not have the file; asking again is no use."""


class _WrongError(Exception):
    """This place gave something else; what came is thrown away."""


class _InterruptedError(Exception):
    """The transfer broke off; what came is kept and asking again may help."""


def fetch(
    entry: FileEntry,
    destination: str | Path,
    mirror: str | None = None,
    progress: TextIO | None = None,
    patience: Patience | None = None,
) -> None:
    """Put the file of `entry` at `destination`, from the mirror or else from its address.

    `mirror` is a folder or an http(s) address that holds `<dataset>/<file>`. A transfer over HTTP
    goes into `<destination>.part`, from which a later one resumes. `progress` is a terminal for a
    progress bar.

    Raises:
        InputError: no place has the file with the declared size and sum; nothing is left under the
            final name, and the line says what was expected and what each place gave.
    """
    destination = Path(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for place in _places(entry, mirror):
        try:
            if _is_address(place):
                _download(place, destination, entry, progress, patience or Patience())
            else:
                _copy(Path(place), destination, entry)
            log.info("%s: from %s, %s", destination, place, entry.expected)
            return
        except (_AbsentError, _WrongError, OSError) as error:
            failures.append(f"{place} ({error})")
            log.warning("%s: not from %s: %s", destination, place, error)
    raise InputError(
        f"{entry.dataset}/{entry.name} cannot be had: expected {entry.expected}; tried "
        f"{'; '.join(failures) or 'nothing: it has no public address'}; give a mirror in "
        f"data.mirror or put the file at {destination}"
    )


def _places(entry: FileEntry, mirror: str | None) -> Iterator[str]:
    if mirror and _is_address(mirror):
        yield f"{mirror.rstrip('/')}/{quote(entry.dataset)}/{quote(entry.name)}"
    elif mirror:
        yield str(Path(mirror).expanduser() / entry.dataset / entry.name)
    if entry.url:
        yield entry.url


def _is_address(place: str) -> bool:
    return place.lower().startswith(("http://", "https://"))


def _copy(source: Path, destination: Path, entry: FileEntry) -> None:
    if not source.is_file():
        raise _AbsentError("no such file")
    with atomic_write(destination) as temporary:
        shutil.copyfile(source, temporary)
        _require(temporary, entry)


def _require(path: Path, entry: FileEntry) -> None:
    found = mismatch(path, entry)
    if found:
        raise _WrongError(found)


def _download(
    url: str, destination: Path, entry: FileEntry, progress: TextIO | None, patience: Patience
) -> None:
    """Ask until the file is whole; a resumed file with a wrong sum is fetched once more, whole."""
    part = destination.with_name(f"{destination.name}.part")
    for attempt in range(patience.attempts):
        time.sleep(patience.pause * (2**attempt - 1))
        start = part.stat().st_size if part.exists() else 0
        try:
            if not start or mismatch(part, entry):
                start = _transfer(url, part, start, entry, progress, patience)
            _require(part, entry)
            part.replace(destination)
            return
        except (_InterruptedError, requests.RequestException, HTTPError, OSError) as error:
            reason = _plain(error)
            log.warning("%s: attempt %d: %s", url, attempt + 1, reason)
        except _WrongError as error:
            part.unlink(missing_ok=True)
            reason = str(error)
            if not start:
                raise
            log.warning("%s: what an earlier transfer left is no part of it: %s", url, reason)
    raise _AbsentError(f"{reason}, after {patience.attempts} attempts")


def _transfer(
    url: str,
    part: Path,
    start: int,
    entry: FileEntry,
    progress: TextIO | None,
    patience: Patience,
) -> int:
    """Append to `part` what is missing; return from where on the server really sent."""
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    timeout = (patience.connect, patience.answer)
    with requests.get(url, headers=headers, timeout=timeout, stream=True) as response:
        start = _resumed_at(response, start)
        with part.open("ab" if start else "wb") as file, _bar(entry, start, progress) as bar:
            for chunk in _chunks(response, patience):
                file.write(chunk)
                bar.update(len(chunk))
                if entry.size is not None and file.tell() > entry.size:
                    raise _WrongError(f"longer than {entry.size} bytes")
    size = part.stat().st_size
    if entry.size is not None and size < entry.size:
        raise _InterruptedError(f"broke off after {size} of {entry.size} bytes")
    return start


def _resumed_at(response: requests.Response, start: int) -> int:
    """Return where the answer begins: 0 where the server does not resume; raise on a refusal."""
    if response.status_code == 206:
        if response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            return start
        raise _WrongError(f"sent {response.headers.get('Content-Range')} when asked from {start}")
    if response.status_code in (408, 425, 429) or response.status_code >= 500:
        raise _InterruptedError(f"HTTP {response.status_code} {response.reason}")
    if response.status_code == 416:
        raise _WrongError(f"has nothing beyond byte {start}")
    if response.status_code != 200:
        raise _AbsentError(f"HTTP {response.status_code} {response.reason}")
    return 0


def _chunks(response: requests.Response, patience: Patience) -> Iterator[bytes]:
    """Yield what comes as it comes, so that a server that only drips is noticed."""
    began, size = time.monotonic(), 0
    while chunk := response.raw.read1(1 << 16):
        yield chunk
        size += len(chunk)
        late = time.monotonic() - began - patience.grace
        if late > 0 and size < patience.slowest * late:
            raise _InterruptedError(f"slower than {patience.slowest:g} bytes a second")


@contextmanager
def _bar(entry: FileEntry, start: int, progress: TextIO | None) -> Iterator[tqdm]:
    """Show a bar on a terminal, nothing elsewhere."""
    hidden = True if progress is None else None  # None: hidden where there is no terminal
    label = f"{entry.dataset}/{entry.name}"
    with tqdm(
        desc=label,
        total=entry.size,
        initial=start,
        unit="B",
        unit_scale=True,
        file=progress,
        disable=hidden,
        leave=False,
    ) as bar:
        yield bar


def _plain(error: Exception) -> str:
    """Return the reason in one line, without the libraries' nested class names."""
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error).lower():
        return "no answer in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection"
    return " ".join(str(error).split())
