"""What prepared files have alike: packed arrays, plain attributes, the vocabulary beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kl_annealing.data.vocabulary import Vocabulary
from kl_annealing.files.atomic import write_text

PACKED = {"compression": "gzip", "compression_opts": 4, "fletcher32": True}
STRUCTURED = ("sums", "published_block")  # attributes kept as JSON text
ALWAYS = ("stand_in_for", "digest")  # None where the file has no such attribute


def vocabulary_path(path: str | Path) -> Path:
    """Return the path of the text file `word id` that lies beside a prepared corpus."""
    return Path(path).with_suffix(".vocabulary.txt")


def write_vocabulary(path: str | Path, vocabulary: Vocabulary) -> None:
    """Write the vocabulary of the prepared corpus `path` as text beside it."""
    write_text(vocabulary_path(path), vocabulary.to_text())


def write_arrays(group: h5py.Group, arrays: Mapping[str, np.ndarray | None]) -> None:
    """Write those arrays that are there, compressed and with checksums."""
    for name, array in arrays.items():
        if array is not None:
            group.create_dataset(name, data=array, **PACKED)


def write_names(file: h5py.File, name: str, words: list[str]) -> None:
    """Write words, or other names, in the order of their ids."""
    file.create_dataset(name, data=words, dtype=h5py.string_dtype())


def read_names(file: h5py.File, name: str) -> list[str]:
    """Return what `write_names` wrote; raises KeyError where there is nothing of that name."""
    return file[name].asstr()[:].tolist()


def storable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what HDF5 can hold: None is left out, structures become JSON."""
    known = {key: value for key, value in attributes.items() if value is not None}
    return known | {
        key: json.dumps(known[key], sort_keys=True) for key in STRUCTURED if key in known
    }


def attributes_of(file: h5py.File, *always: str) -> dict[str, Any]:
    """Return a file's attributes as they were before `storable`, and None for absent `ALWAYS` ones.

    `always` adds to these. The `kind` of the file is none of them.
    """
    found = {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in file.attrs.items()
        if key != "kind"
    }
    structured = {key: json.loads(found[key]) for key in STRUCTURED if key in found}
    return dict.fromkeys((*always, *ALWAYS)) | {"sums": {}} | found | structured
