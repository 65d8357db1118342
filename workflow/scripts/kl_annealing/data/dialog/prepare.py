"""From verified files of dialogs, or a generator, to one prepared HDF5 file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np

from kl_annealing.data.checksums import verified
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialog.corpus import build_dialogs
from kl_annealing.data.dialog.lines import Dialogs, read_dialogs
from kl_annealing.data.dialog.reference_file import file_references
from kl_annealing.data.dialog.references import reference_counts, retrieved_references
from kl_annealing.data.dialog.splits import DialogSet, DialogSplit
from kl_annealing.data.dialog.store import PUBLISHED, write_dialogs
from kl_annealing.data.dialog.vectors import make_vectors
from kl_annealing.data.dialog.windows import complete_windows
from kl_annealing.data.prepared import write_vocabulary
from kl_annealing.data.sources import (
    DIALOG_MAKERS,
    Definition,
    dialog_options,
    file_entries,
    generator_settings,
    kind_of,
    named_file,
    origin_of,
)
from kl_annealing.errors import InputError

Files = Mapping[str, str | Path]


def prepare_dialogs(
    name: str, definition: Definition, files: Files, destination: str | Path
) -> None:
    """Write the prepared dialogs to `destination` and their vocabulary beside it.

    `files` are the paths of `file_entries(name, definition)`, by its keys; each is hashed again.

    Raises:
        InputError: a file is not the declared one, or holds no usable dialogs, word vectors or
            references; the dialogs of a split have one utterance each.
    """
    options = dialog_options(definition)
    sums = verified(files, file_entries(name, definition))
    splits = _dialogs(definition, files)
    attributes = {
        **origin_of(definition),
        "sums": sums,
        **{key: options[key] for key in ("windows", "published_block", "shuffle_seed")},
        "vectors": options["vectors"]["kind"],
        "references": options["references"]["kind"],
    }
    dialogs = build_dialogs(name, splits, options, attributes)
    _refuse_unheard(name, dialogs)
    dialogs = _with_references(_with_floors(dialogs, splits), definition, options, files)
    vectors = make_vectors(
        options["vectors"],
        dialogs.vocabulary.words,
        dialogs.train.table.tokens,
        named_file(definition, "vectors", files),
        options["shuffle_seed"],
    )
    if vectors is not None:
        attributes = dialogs.attributes | vectors.counts
        known = replace(dialogs, attributes=attributes, known=vectors.known)
        dialogs = replace(known, vectors=vectors.vectors)
    write_vocabulary(destination, dialogs.vocabulary)
    write_dialogs(destination, dialogs)


def _dialogs(definition: Definition, files: Files) -> dict[str, Dialogs]:
    kind = kind_of(definition)
    if kind in DIALOG_MAKERS:
        return resolve_name(DIALOG_MAKERS[kind])(**generator_settings(definition))
    places = definition.get("splits") or {split: split for split in SPLITS}
    for split, file in places.items():
        if file not in files:
            has = ", ".join(files)
            raise InputError(f"splits.{split} = {file!r}: none of the dataset's files: {has}")
    return {split: read_dialogs(files[places[split]]) for split in SPLITS}


def _with_floors(dialogs: DialogSet, splits: Mapping[str, Dialogs]) -> DialogSet:
    """Return the dialogs with the true model's NLL of each split's windows, where it is known."""
    floors = {}
    for name in (*SPLITS, *PUBLISHED):
        split, nll = getattr(dialogs, name), splits[name.removesuffix("_published")].nll
        if split is not None and nll is not None:
            floors[f"floor_nll_{name}"] = float(np.mean(np.array(nll)[split.index]))
    if floors:
        floors["floor_nll"] = floors["floor_nll_test"]
    return replace(dialogs, attributes=dialogs.attributes | floors)


def _with_references(
    dialogs: DialogSet, definition: Definition, options: Mapping[str, Any], files: Files
) -> DialogSet:
    """Return the dialogs with the references of the test windows that the options ask for."""
    settings, test, counts = options["references"], dialogs.test, {}
    if settings["kind"] == "single":
        return dialogs
    if settings["kind"] == "file":
        file = named_file(definition, "references", files)
        found, counts = file_references(test, file, dialogs.vocabulary, options["utterance_length"])
    else:
        table = dialogs.train.table
        pool = DialogSplit(table, *complete_windows(table.starts, options["backward_size"]))
        found = retrieved_references(test, pool, dialogs.vocabulary, settings["neighbours"])
    test = replace(test, references=found)
    return replace(
        dialogs, test=test, attributes=dialogs.attributes | counts | reference_counts(test)
    )


def _refuse_unheard(name: str, dialogs: DialogSet) -> None:
    """Raise InputError for a split of dialogs of one utterance: nothing in it is a response."""
    for split in SPLITS:
        if not getattr(dialogs, split).heard.any():
            raise InputError(
                f"datasets.{name}: no response of the {split} split has a context, for each of its "
                "dialogs has one utterance; give it longer ones"
            )
