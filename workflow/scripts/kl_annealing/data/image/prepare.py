"""From verified files of images to one prepared HDF5 file with three splits."""

from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name

import numpy as np

from kl_annealing.data.checksums import verified
from kl_annealing.data.image.splits import SPLITS, ImageSet, ImageSplit
from kl_annealing.data.image.store import write_images
from kl_annealing.data.sources import (
    IMAGE_READERS,
    Definition,
    file_entries,
    image_options,
    kind_of,
    origin_of,
)
from kl_annealing.errors import InputError

SHUFFLE, DRAW = 0, 1  # random streams of a seed


def prepare_images(
    name: str,
    definition: Definition,
    files: Mapping[str, str | Path],
    destination: str | Path,
) -> None:
    """Write the prepared images to `destination`.

    `files` are the paths of `file_entries(name, definition)`, by its keys; each is hashed again.

    Raises:
        InputError: a file is not the declared one, or its images are not usable.
    """
    entries = file_entries(name, definition)
    sums = verified(files, entries)
    pool, test = resolve_name(IMAGE_READERS[kind_of(definition)])(files, entries)
    options = image_options(definition)
    images = ImageSet(
        name,
        **build_splits(name, pool, test, **options),
        attributes={**origin_of(definition), "sums": sums, **options},
    )
    write_images(destination, images)


def build_splits(
    name: str, pool: np.ndarray, test: np.ndarray | None, validation: int, shuffle_seed: int
) -> dict[str, ImageSplit]:
    """Divide grey images [N, H, W] into splits, each with its pixels drawn once from the seed.

    The last `validation` of the shuffled pool are for validation, and, where there is no test set,
    as many before them for testing. Raises InputError where that leaves fewer than two images for
    training, and for values outside 0..1.
    """
    for images in (pool, test):
        _check_values(name, images)
    held_out = (2, 1) if test is None else (1,)
    cuts = [len(pool) - number * validation for number in held_out]
    if cuts[0] < 2:
        raise InputError(
            f"datasets.{name}.validation = {validation}: of {len(pool)} images too few are left "
            "for training"
        )
    order = np.random.default_rng([shuffle_seed, SHUFFLE]).permutation(len(pool))
    train, *middle, valid = np.split(order, cuts)
    sources = {
        "train": (pool, train),
        "valid": (pool, valid),
        "test": (pool, middle[0]) if test is None else (test, np.arange(len(test))),
    }
    return {
        split: _drawn(*sources[split], np.random.default_rng([shuffle_seed, DRAW, number]), split)
        for number, split in enumerate(SPLITS)
    }


def _drawn(
    images: np.ndarray, index: np.ndarray, generator: np.random.Generator, split: str
) -> ImageSplit:
    """Return a split with its pixels drawn; training keeps what it is to draw from."""
    grey = images[index].astype(np.float32)
    drawn = (generator.random(grey.shape, np.float32) < grey).astype(np.uint8)
    return ImageSplit(drawn, index.astype(np.int64), grey if split == "train" else None)


def _check_values(name: str, images: np.ndarray | None) -> None:
    if images is None:
        return
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= 1):  # also for values that are no numbers
        raise InputError(
            f"dataset {name}: its images have values from {low:g} to {high:g}; a pixel is the "
            "probability of ink, from 0 to 1"
        )
