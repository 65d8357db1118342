"""Omniglot as Burda et al. (2016) published it: one MATLAB file of images of 28 x 28."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from kl_annealing.data.checksums import FileEntry
from kl_annealing.errors import InputError

SIDE = 28
REAL = "biuf"  # kinds of NumPy's types, of either byte order


def read(
    files: Mapping[str, str | Path], entries: Mapping[str, FileEntry]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of `data` and of `testdata` [N, 28, 28], float32 in 0..1.

    Each column of the two matrices is an image, column by column. Raises InputError for a file that
    is no whole MATLAB file, lacks one of them, or has another shape or other values.
    """
    (path,) = files.values()
    try:
        variables = loadmat(path, variable_names=("data", "testdata"))
    except Exception as error:  # a damaged file fails in many ways, all with the same remedy
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a whole MATLAB file ({reason}); fetch it again") from error
    return _images(path, variables, "data"), _images(path, variables, "testdata")


def _images(path: str | Path, variables: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in variables:
        raise InputError(f"{path}: has no variable {name!r}; chardata has data and testdata")
    matrix = variables[name]
    if not isinstance(matrix, np.ndarray) or matrix.dtype.kind not in REAL:
        kind = f"{type(matrix).__name__} of {matrix.dtype}"
        raise InputError(f"{path}: {name} is of type {kind}; it must be a matrix of real numbers")
    if matrix.ndim != 2 or matrix.shape[0] != SIDE**2 or not matrix.shape[1]:
        shape = " x ".join(map(str, matrix.shape))
        raise InputError(
            f"{path}: {name} is {shape}; it must have {SIDE**2} rows, a column for each image of "
            f"{SIDE} x {SIDE} pixels"
        )
    return matrix.T.reshape(-1, SIDE, SIDE).swapaxes(1, 2)
