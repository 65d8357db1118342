"""Prepared dialogs as HDF5.

Groups `train`, `valid`, `test` with the table of their utterances (`tokens`, `speakers`, `acts`,
`starts`, `topics`, `profiles`) and their windows (`first`, `response`, and `sizes` of batches that
are given); `valid_published` and `test_published` with windows over the table of their split;
`references` (`tokens`, `starts`) of the test windows. Beside them `vocabulary`, `topics`, `acts`
and, where there are any, `vectors` and `known`, the words whose vectors are their own.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import h5py

from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialog.splits import DialogSet, DialogSplit, DialogTable, References
from kl_annealing.data.prepared import (
    attributes_of,
    read_names,
    storable,
    write_arrays,
    write_names,
)
from kl_annealing.data.vocabulary import Vocabulary
from kl_annealing.files.arrays import new_arrays

KIND = "dialogs"  # what the file's attribute `kind` says
PUBLISHED = ("valid_published", "test_published")
TABLE = ("tokens", "speakers", "acts", "starts", "topics", "profiles")
WINDOWS = ("first", "response", "sizes")
VECTORS = ("vectors", "known")


def write_dialogs(path: str | Path, dialogs: DialogSet) -> None:
    """Write a set of dialogs; same dialogs, same bytes."""
    with new_arrays(path) as file:
        for name in (*SPLITS, *PUBLISHED):
            split = getattr(dialogs, name)
            if split is not None:
                group = file.create_group(name)
                write_arrays(group, {key: getattr(split, key) for key in WINDOWS})
                if name in SPLITS:
                    write_arrays(group, {key: getattr(split.table, key) for key in TABLE})
        if dialogs.test.references is not None:
            write_arrays(file.create_group("references"), dialogs.test.references._asdict())
        write_arrays(file, {key: getattr(dialogs, key) for key in VECTORS})
        for name, words in _names(dialogs).items():
            write_names(file, name, words)
        own = {"name": dialogs.name, "kind": KIND, "names_sha256": _digest(_names(dialogs))}
        file.attrs.update(storable(dialogs.attributes) | own)


def dialogs_of(file: h5py.File, name: str) -> DialogSet:
    """Return the dialogs of an open file; raises ValueError or KeyError for one that is damaged."""
    names = {key: read_names(file, key) for key in ("vocabulary", "topics", "acts")}
    if _digest(names) != file.attrs["names_sha256"]:
        raise ValueError("the vocabulary does not have its checksum")
    tables = {split: _table(file[split], names) for split in SPLITS}
    references = _references(file["references"]) if "references" in file else None
    parts: dict[str, Any] = {
        split: _split(file[split], tables[split.removesuffix("_published")])
        for split in (*SPLITS, *PUBLISHED)
        if split in file
    }
    test = parts["test"]
    if references is not None and len(references.starts) != test.n_examples + 1:
        raise ValueError("the references are not those of the test windows")
    parts["test"] = DialogSplit(test.table, test.first, test.response, test.sizes, references)
    attributes = attributes_of(file, "floor_nll")
    return DialogSet(
        attributes.pop("name", name),
        Vocabulary(names.pop("vocabulary")),
        **parts,
        **names,
        **{key: file[key][:] for key in VECTORS if key in file},
        attributes=attributes,
    )


def _table(group: h5py.Group, names: dict[str, list[str]]) -> DialogTable:
    table = DialogTable(**{key: group[key][:] for key in TABLE})
    sizes = ((table.tokens, "vocabulary"), (table.acts, "acts"), (table.topics, "topics"))
    rows = {len(table.tokens), len(table.speakers), len(table.acts), table.starts[-1]}
    dialogs = {len(table.topics), len(table.profiles), len(table.starts) - 1}
    if len(rows) > 1 or len(dialogs) > 1 or any(ids.max() >= len(names[n]) for ids, n in sizes):
        raise ValueError(f"{group.name} does not fit its vocabulary or itself")
    return table


def _split(group: h5py.Group, table: DialogTable) -> DialogSplit:
    windows = {key: group[key][:] for key in WINDOWS if key in group}
    split = DialogSplit(table, **windows)
    first, response = split.first, split.response
    inside = (first >= 0) & (first < response) & (response < len(table.tokens))
    if not inside.all() or (split.sizes is not None and split.sizes.sum() != len(response)):
        raise ValueError(f"{group.name} has windows outside its dialogs")
    return split


def _references(group: h5py.Group) -> References:
    return References(**{key: group[key][:] for key in References._fields})


def _names(dialogs: DialogSet) -> dict[str, list[str]]:
    return {
        "vocabulary": dialogs.vocabulary.words,
        "topics": dialogs.topics,
        "acts": dialogs.acts,
    }


def _digest(names: dict[str, list[str]]) -> str:
    return hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()
