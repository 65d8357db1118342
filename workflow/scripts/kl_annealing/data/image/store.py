"""Prepared images as HDF5: three groups with `images` and `index`, `train` with `grey` too."""

from pathlib import Path

import h5py

from kl_annealing.data.image.splits import SPLITS, ImageSet, ImageSplit
from kl_annealing.data.prepared import attributes_of, storable, write_arrays
from kl_annealing.files.arrays import new_arrays

KIND = "images"  # what the file's attribute `kind` says


def write_images(path: str | Path, images: ImageSet) -> None:
    """Write a set of images; same images, same bytes."""
    with new_arrays(path) as file:
        for name in SPLITS:
            split = getattr(images, name)
            arrays = {"images": split.images, "index": split.index, "grey": split.grey}
            write_arrays(file.create_group(name), arrays)
        file.attrs.update(storable(images.attributes), name=images.name, kind=KIND)


def images_of(file: h5py.File, name: str) -> ImageSet:
    """Return the images of an open file; raises ValueError or KeyError for one that is damaged."""
    splits = {split: _split(file[split]) for split in SPLITS}
    if len({split.images.shape[1:] for split in splits.values()}) > 1:
        raise ValueError("the splits have images of different sizes")
    attributes = attributes_of(file)
    return ImageSet(attributes.pop("name", name), **splits, attributes=attributes)


def _split(group: h5py.Group) -> ImageSplit:
    images, index = group["images"][:], group["index"][:]
    grey = group["grey"][:] if "grey" in group else None
    if images.ndim != 3 or len(index) != len(images):
        raise ValueError(f"{group.name} has images of shape {images.shape}, {len(index)} numbers")
    if grey is not None and grey.shape != images.shape:
        raise ValueError(f"{group.name} has grey images of another shape")
    return ImageSplit(images, index, grey)
