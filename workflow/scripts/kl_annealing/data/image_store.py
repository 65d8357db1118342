"""Prepared images as HDF5: three groups with `images` and `index`, `train` with `grey` too."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kl_annealing.array_files import new_arrays
from kl_annealing.data.images import SPLITS, ImageSet, ImageSplit

KIND = "images"  # what the file's attribute `kind` says
_PACKED = {"compression": "gzip", "compression_opts": 4, "fletcher32": True}


def write_images(path: str | Path, images: ImageSet) -> None:
    """Write a set of images; same images, same bytes."""
    with new_arrays(path) as file:
        for name in SPLITS:
            split, group = getattr(images, name), file.create_group(name)
            arrays = {"images": split.images, "index": split.index, "grey": split.grey}
            for key, array in arrays.items():
                if array is not None:
                    group.create_dataset(key, data=array, **_PACKED)
        known = {key: value for key, value in images.attributes.items() if value is not None}
        known["sums"] = json.dumps(known.get("sums", {}), sort_keys=True)
        file.attrs.update(known, name=images.name, kind=KIND)


def images_of(file: h5py.File, name: str) -> ImageSet:
    """Return the images of an open file; raises ValueError or KeyError for one that is damaged."""
    splits = {split: _split(file[split]) for split in SPLITS}
    if len({split.images.shape[1:] for split in splits.values()}) > 1:
        raise ValueError("the splits have images of different sizes")
    attributes: dict[str, Any] = {"stand_in_for": None, "digest": None} | {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in file.attrs.items()
    }
    attributes["sums"] = json.loads(attributes.get("sums", "{}"))
    attributes.pop("kind")
    return ImageSet(attributes.pop("name", name), **splits, attributes=attributes)


def _split(group: h5py.Group) -> ImageSplit:
    images, index = group["images"][:], group["index"][:]
    grey = group["grey"][:] if "grey" in group else None
    if images.ndim != 3 or len(index) != len(images):
        raise ValueError(f"{group.name} has images of shape {images.shape}, {len(index)} numbers")
    if grey is not None and grey.shape != images.shape:
        raise ValueError(f"{group.name} has grey images of another shape")
    return ImageSplit(images, index, grey)
