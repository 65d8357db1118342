"""What a job does around its work: log, terminal, threads."""

import gc
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from kl_annealing.errors import InputError
from kl_annealing.jobs.orphans import end_with_snakemake
from kl_annealing.jobs.storage import require_space, storage_problem


@contextmanager
def redirected(log: str | os.PathLike, story: str | os.PathLike | None = None) -> Iterator[TextIO]:
    """Send all that the job prints to `log`; yield the terminal for the few lines meant for people.

    Descriptors are redirected, not only Python's streams, so that messages of C libraries and of
    worker processes land in the log too. Snakemake removes the log of a job that it starts again:
    what is also kept at `story` goes on. An `InputError` and an error of the disk end the job with
    their one line on the terminal, any other error with a traceback in the log. The job ends with
    its Snakemake, also where that is killed.
    """
    end_with_snakemake()
    gc.freeze()  # nothing imported is garbage: looking through it costs a third of a second a job
    with os.fdopen(os.dup(2), "w", buffering=1) as terminal:
        try:
            with _log_at(Path(log), story) as file, _descriptors_in(file):
                yield from _told(terminal, log)
        except OSError as error:  # of the log itself
            line = storage_problem(error, log)
            if line is None:
                raise
            print(f"kl-annealing: {line}", file=terminal)
            sys.exit(1)


@contextmanager
def _log_at(log: Path, story: str | os.PathLike | None) -> Iterator[TextIO]:
    """Open the log, where there is room for what the job will write."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if story is not None:
        _go_on_with(Path(story), log)
    with open(log, "a", buffering=1) as file:
        yield file


def _told(terminal: TextIO, log: str | os.PathLike) -> Iterator[TextIO]:
    """Yield the terminal to the job, and tell there how it failed."""
    try:
        require_space(Path(log).parent)
        print(time.strftime("--- %Y-%m-%d %H:%M:%S"), flush=True)
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        yield terminal
    except InputError as error:
        _end(terminal, str(error))
    except KeyboardInterrupt:
        sys.exit(130)  # as shells tell it; whoever pressed Ctrl-C wants no traceback
    except Exception as error:
        line = storage_problem(error, log)
        with suppress(OSError):  # a disk that is full has no room for it
            traceback.print_exc()
        _end(terminal, line or f"{type(error).__name__}: {error} (traceback in {log})")


def announce(terminal: TextIO) -> None:
    """Show warnings on the terminal too, each in its one line."""
    handler = logging.StreamHandler(terminal)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("kl-annealing: %(message)s"))
    logging.getLogger().addHandler(handler)


def _go_on_with(story: Path, log: Path) -> None:
    """Let `log` be a second name of the file `story`, which outlives it."""
    story.parent.mkdir(parents=True, exist_ok=True)
    story.touch()
    log.unlink(missing_ok=True)
    with suppress(OSError):  # a file system without such names: the log tells this session only
        log.hardlink_to(story)


@contextmanager
def _descriptors_in(file: TextIO) -> Iterator[None]:
    """Let both output descriptors of the process write into `file`."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    for descriptor in saved:
        os.dup2(file.fileno(), descriptor)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # of a full disk, which the terminal tells
                stream.flush()
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)


def _end(terminal: TextIO, message: str) -> None:
    print(f"kl-annealing: {message}", file=terminal, flush=True)
    with suppress(OSError):  # of a log that is on the full disk
        print(f"error: {message}", flush=True)
    sys.exit(1)
