"""Prepared verbs as HDF5: three groups with `tokens`, `tenses` and `index`, and `vocabulary`."""

from pathlib import Path

import h5py

from kl_annealing.data.prepared import (
    attributes_of,
    read_names,
    storable,
    write_arrays,
    write_names,
)
from kl_annealing.data.tense.forms import TENSES
from kl_annealing.data.tense.splits import TenseSet, TenseSplit
from kl_annealing.data.vocabulary import Vocabulary
from kl_annealing.files.arrays import new_arrays

KIND = "tenses"  # what the file's attribute `kind` says
SPLITS = ("train", "valid", "test")
ARRAYS = ("tokens", "tenses", "index")


def write_tenses(path: str | Path, tenses: TenseSet) -> None:
    """Write a set of verbs; same verbs, same bytes."""
    with new_arrays(path) as file:
        for name in SPLITS:
            group, split = file.create_group(name), getattr(tenses, name)
            write_arrays(group, {key: getattr(split, key) for key in ARRAYS})
        write_names(file, "vocabulary", tenses.vocabulary.words)
        file.attrs.update(storable(tenses.attributes), name=tenses.name, kind=KIND)


def tenses_of(file: h5py.File, name: str) -> TenseSet:
    """Return the verbs of an open file; raises ValueError or KeyError for one that is damaged."""
    vocabulary = Vocabulary(read_names(file, "vocabulary"))
    splits = {split: _split(file[split], len(vocabulary)) for split in SPLITS}
    attributes = attributes_of(file)
    return TenseSet(attributes.pop("name", name), vocabulary, **splits, attributes=attributes)


def _split(group: h5py.Group, letters: int) -> TenseSplit:
    split = TenseSplit(*(group[key][:] for key in ARRAYS))
    sizes = {len(part) for part in split.content()}
    if len(sizes) > 1 or split.tokens.max() >= letters or split.tenses.max() >= len(TENSES):
        raise ValueError(f"{group.name} does not fit its vocabulary or itself")
    return split
