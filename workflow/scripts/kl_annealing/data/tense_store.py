"""Prepared verbs as HDF5: three groups with `tokens`, `tenses` and `index`, and `vocabulary`."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kl_annealing.array_files import new_arrays
from kl_annealing.data.forms import TENSES
from kl_annealing.data.tenses import TenseSet, TenseSplit
from kl_annealing.data.vocabulary import Vocabulary

KIND = "tenses"  # what the file's attribute `kind` says
SPLITS = ("train", "valid", "test")
ARRAYS = ("tokens", "tenses", "index")
_PACKED = {"compression": "gzip", "compression_opts": 4, "fletcher32": True}


def write_tenses(path: str | Path, tenses: TenseSet) -> None:
    """Write a set of verbs; same verbs, same bytes."""
    with new_arrays(path) as file:
        for name in SPLITS:
            group, split = file.create_group(name), getattr(tenses, name)
            for key in ARRAYS:
                group.create_dataset(key, data=getattr(split, key), **_PACKED)
        letters = tenses.vocabulary.words
        file.create_dataset("vocabulary", data=letters, dtype=h5py.string_dtype())
        known = {key: value for key, value in tenses.attributes.items() if value is not None}
        known["sums"] = json.dumps(known.get("sums", {}), sort_keys=True)
        file.attrs.update(known, name=tenses.name, kind=KIND)


def tenses_of(file: h5py.File, name: str) -> TenseSet:
    """Return the verbs of an open file; raises ValueError or KeyError for one that is damaged."""
    vocabulary = Vocabulary(file["vocabulary"].asstr()[:].tolist())
    splits = {split: _split(file[split], len(vocabulary)) for split in SPLITS}
    attributes: dict[str, Any] = {"stand_in_for": None, "digest": None} | {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in file.attrs.items()
    }
    attributes["sums"] = json.loads(attributes.get("sums", "{}"))
    attributes.pop("kind")
    return TenseSet(attributes.pop("name", name), vocabulary, **splits, attributes=attributes)


def _split(group: h5py.Group, letters: int) -> TenseSplit:
    split = TenseSplit(*(group[key][:] for key in ARRAYS))
    sizes = {len(part) for part in split.content()}
    if len(sizes) > 1 or split.tokens.max() >= letters or split.tenses.max() >= len(TENSES):
        raise ValueError(f"{group.name} does not fit its vocabulary or itself")
    return split
