"""Keeps the memory that each training step frees for the next one."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

# Parameters of glibc's mallopt and their usual values; see mallopt(3).
TRIM_THRESHOLD, MMAP_MAX = -1, -4
USUAL = {TRIM_THRESHOLD: 128 * 1024, MMAP_MAX: 65536}
KEEPING = {TRIM_THRESHOLD: 2**31 - 1, MMAP_MAX: 0}


@contextmanager
def kept_memory() -> Iterator[None]:
    """Let malloc reuse large blocks instead of returning them to the system at every free.

    A step frees and asks again for some 100 MB; each page that the system hands out anew costs a
    fault. Where the C library is not glibc this does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        yield
        return
    _set(mallopt, KEEPING)
    try:
        yield
    finally:
        _set(mallopt, USUAL)
        trim(0)


def _set(mallopt: ctypes._CFuncPtr, values: dict[int, int]) -> None:
    for name, value in values.items():
        mallopt(name, value)
