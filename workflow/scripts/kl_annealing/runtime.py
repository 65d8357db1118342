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


@contextmanager
def redirected(log: str | os.PathLike, story: str | os.PathLike | None = None) -> Iterator[TextIO]:
    """Send all that the job prints to `log`; yield the terminal for the few lines meant for people.

    Descriptors are redirected, not only Python's streams, so that messages of C libraries and of
    worker processes land in the log too. Snakemake removes the log of a job that it starts again:
    what is also kept at `story` goes on. An `InputError` ends the job with its one line on the
    terminal, any other error with a traceback in the log.
    """
    gc.freeze()  # nothing imported is garbage: looking through it costs a third of a second a job
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    if story is not None:
        _go_on_with(Path(story), Path(log))
    terminal = os.fdopen(os.dup(2), "w", buffering=1)
    with terminal, open(log, "a", buffering=1) as file, _descriptors_in(file):
        print(time.strftime("--- %Y-%m-%d %H:%M:%S"), flush=True)
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        try:
            yield terminal
        except InputError as error:
            _end(terminal, str(error))
        except Exception as error:
            traceback.print_exc()
            _end(terminal, f"{type(error).__name__}: {error} (traceback in {log})")


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
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)


def _end(terminal: TextIO, message: str) -> None:
    print(f"error: {message}", flush=True)
    print(f"kl-annealing: {message}", file=terminal, flush=True)
    sys.exit(1)
