"""Omniglot's own archives of drawings (Lake et al. 2015), made as small as in chardata.mat."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from kl_annealing.data.archives import unpack
from kl_annealing.data.checksums import FileEntry
from kl_annealing.errors import InputError

DRAWN, SIDE = 105, 28  # pixels a side, of a drawing and of an image
TRAINING_DRAWERS = 15  # of the 20 who drew each character

Drawing = tuple[str, str, int]  # alphabet, character, drawer


def read(
    files: Mapping[str, str | Path], entries: Mapping[str, FileEntry]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of drawers 1 to 15 and of the others [N, 28, 28], in 0..1, ink 1.

    An alphabet that two archives hold counts once. Raises InputError for a damaged archive, and for
    a drawing that is no image or of another size than 105 x 105.
    """
    found: dict[Drawing, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for key, archive in files.items():
            folder = Path(scratch) / key
            unpack(archive, folder, entries[key].unpacked_size or 0)
            found |= {drawing: _image(path, archive) for drawing, path in _drawings(folder)}
    pool = [found[drawing] for drawing in sorted(found) if drawing[2] <= TRAINING_DRAWERS]
    test = [found[drawing] for drawing in sorted(found) if drawing[2] > TRAINING_DRAWERS]
    if not pool or not test:
        raise InputError(
            f"{', '.join(map(str, files.values()))}: there must be drawings of at least "
            f"{TRAINING_DRAWERS + 1} drawers, named alphabet/character/NUMBER_DRAWER.png"
        )
    return np.stack(pool), np.stack(test)


def _drawings(folder: Path) -> Iterator[tuple[Drawing, Path]]:
    for path in folder.rglob("*.png"):
        drawer = path.stem.rpartition("_")[2]
        if drawer.isdecimal():
            yield (path.parent.parent.name, path.parent.name, int(drawer)), path


def _image(path: Path, archive: str | Path) -> np.ndarray:
    """Return a drawing as the mean ink of each of 28 x 28 squares, float32."""
    try:
        with Image.open(path) as image:
            grey = image.convert("L")
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{archive}: {path.name} is no whole image ({error})") from error
    if grey.size != (DRAWN, DRAWN):
        width, height = grey.size
        raise InputError(
            f"{archive}: {path.name} is {height} x {width}; a drawing has {DRAWN} x {DRAWN} pixels"
        )
    small = grey.resize((SIDE, SIDE), Image.Resampling.BOX)
    return 1 - np.asarray(small, dtype=np.float32) / 255
