"""HDF5 files that exist whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import h5py

from kl_annealing.files.atomic import atomic_write


@contextmanager
def new_arrays(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Yield an HDF5 file to fill; once it is, write it to `path`. Equal contents, equal bytes.

    It grows in memory: on a disk that fills HDF5 ends the whole process by a crash (h5py 3).
    """
    memory = {"driver": "core", "backing_store": False, "block_size": 2**20}
    with h5py.File(os.fspath(path), "w", **memory) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    with atomic_write(path) as temporary:
        temporary.write_bytes(image)
