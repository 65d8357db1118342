"""Arrays as results files; apart from what measures, which takes seconds to import."""

import os
from collections.abc import Mapping

import numpy as np

from kl_annealing.files.arrays import new_arrays


def write_arrays(path: str | os.PathLike, groups: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Write arrays named `<split>/<name>` into the groups of an HDF5 file, byte by byte."""
    with new_arrays(path) as file:
        for group, arrays in groups.items():
            for name, array in arrays.items():
                file.create_dataset(f"{group}/{name}", data=array)
