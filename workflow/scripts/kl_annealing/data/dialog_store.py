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
import numpy as np

from kl_annealing.array_files import new_arrays
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialogs import DialogSet, DialogSplit, DialogTable, References
from kl_annealing.data.vocabulary import Vocabulary

KIND = "dialogs"  # what the file's attribute `kind` says
PUBLISHED = ("valid_published", "test_published")
TABLE = ("tokens", "speakers", "acts", "starts", "topics", "profiles")
WINDOWS = ("first", "response", "sizes")
VECTORS = ("vectors", "known")
_PACKED = {"compression": "gzip", "compression_opts": 4, "fletcher32": True}
_STRUCTURED = ("sums", "published_block")  # attributes kept as JSON text


def write_dialogs(path: str | Path, dialogs: DialogSet) -> None:
    """Write a set of dialogs; same dialogs, same bytes."""
    with new_arrays(path) as file:
        for name in (*SPLITS, *PUBLISHED):
            split = getattr(dialogs, name)
            if split is not None:
                group = file.create_group(name)
                _write(group, {key: getattr(split, key) for key in WINDOWS})
                if name in SPLITS:
                    _write(group, {key: getattr(split.table, key) for key in TABLE})
        if dialogs.test.references is not None:
            _write(file.create_group("references"), dialogs.test.references._asdict())
        _write(file, {key: getattr(dialogs, key) for key in VECTORS})
        for name, words in _names(dialogs).items():
            file.create_dataset(name, data=words, dtype=h5py.string_dtype())
        file.attrs.update(_attributes(dialogs))


def dialogs_of(file: h5py.File, name: str) -> DialogSet:
    """Return the dialogs of an open file; raises ValueError or KeyError for one that is damaged."""
    names = {key: file[key].asstr()[:].tolist() for key in ("vocabulary", "topics", "acts")}
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
    attributes = _read_attributes(file)
    return DialogSet(
        attributes.pop("name", name),
        Vocabulary(names.pop("vocabulary")),
        **parts,
        **names,
        **{key: file[key][:] for key in VECTORS if key in file},
        attributes=attributes,
    )


def _write(group: h5py.Group, arrays: dict[str, np.ndarray | None]) -> None:
    for key, array in arrays.items():
        if array is not None:
            group.create_dataset(key, data=array, **_PACKED)


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


def _attributes(dialogs: DialogSet) -> dict[str, Any]:
    """Return what HDF5 can hold: None is left out, structures become JSON."""
    known = {key: value for key, value in dialogs.attributes.items() if value is not None}
    structured = {
        key: json.dumps(known[key], sort_keys=True) for key in _STRUCTURED if key in known
    }
    own = {"name": dialogs.name, "kind": KIND, "names_sha256": _digest(_names(dialogs))}
    return {**known, **structured, **own}


def _read_attributes(file: h5py.File) -> dict[str, Any]:
    attributes: dict[str, Any] = dict.fromkeys(("floor_nll", "stand_in_for", "digest")) | {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in file.attrs.items()
    }
    attributes.pop("kind")
    structured = {key: json.loads(attributes.get(key, "{}")) for key in _STRUCTURED}
    return attributes | structured


def _digest(names: dict[str, list[str]]) -> str:
    return hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()
