"""The handwritten digits that scikit-learn ships: 1,797 images of 8 x 8, without a download."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from kl_annealing.data.checksums import FileEntry

DARKEST = 16  # the pixels count 0 to 16


def read(
    files: Mapping[str, str | Path], entries: Mapping[str, FileEntry]
) -> tuple[np.ndarray, None]:
    """Return the images [1797, 8, 8] in 0..1, and no test images: the set is not divided."""
    return load_digits().images / DARKEST, None
