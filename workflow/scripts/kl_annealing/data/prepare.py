"""From verified raw files, or a generator, to one prepared HDF5 file."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from kl_annealing.data.archives import unpack
from kl_annealing.data.checksums import FileEntry, verified
from kl_annealing.data.classes import with_classes
from kl_annealing.data.corpora import SPLITS, Sentences, build_corpus, read_sentences
from kl_annealing.data.sources import (
    CLASS_NAMES,
    MAKERS,
    READERS,
    Definition,
    file_entries,
    generator_settings,
    kind_of,
    origin_of,
    text_options,
)
from kl_annealing.data.store import write_corpus
from kl_annealing.errors import InputError

BATCH_SIZE = 32  # of the batches stored in the file; training cuts its own


def prepare(
    name: str,
    definition: Definition,
    files: Mapping[str, str | Path],
    destination: str | Path,
) -> None:
    """Write the prepared corpus to `destination` and its vocabulary beside it.

    `files` are the paths of `file_entries(name, definition)`, by its keys; each is hashed again.

    Raises:
        InputError: a file is not the declared one, or is no usable text.
    """
    options = text_options(definition)
    if kind_of(definition) in MAKERS:
        make = resolve_name(MAKERS[kind_of(definition)])
        splits, attributes = make(**generator_settings(definition))
    else:
        entries = file_entries(name, definition)
        attributes = {"sums": verified(files, entries)}
        if reader := READERS.get(kind_of(definition)):
            paths = [files[key] for key in entries]
            splits = resolve_name(reader)(paths, options["maximum_length"])
            attributes["class_names"] = "\n".join(CLASS_NAMES[kind_of(definition)])
        else:
            splits = _read_splits(definition, files, entries, options["maximum_length"])
        if definition.get("labelled"):
            splits, names = with_classes(splits, name)
            attributes["class_names"] = "\n".join(names)
    attributes |= origin_of(definition)
    corpus = build_corpus(name, splits, **options, attributes=attributes)
    write_corpus(destination, corpus, BATCH_SIZE)


def _read_splits(
    definition: Definition,
    files: Mapping[str, str | Path],
    entries: Mapping[str, FileEntry],
    maximum_length: int,
) -> dict[str, Sentences]:
    """Read the text of each split; archives are unpacked into a folder that is then removed."""
    splits: Mapping[str, Any] = definition.get("splits") or {split: split for split in SPLITS}
    with tempfile.TemporaryDirectory() as scratch:
        return {
            split: read_sentences(
                _text_path(splits[split], files, entries, Path(scratch)),
                maximum_length,
                definition.get("lines", {}).get(split),
                definition.get("labelled", False),
            )
            for split in SPLITS
        }


def _text_path(
    place: str, files: Mapping[str, str | Path], entries: Mapping[str, FileEntry], scratch: Path
) -> Path:
    """Return the path of `file` or of `archive/member`."""
    key, _, member = place.partition("/")
    if not member:
        return Path(files[key])
    folder = scratch / key
    if not folder.exists():
        unpack(files[key], folder, entries[key].unpacked_size or 0)
    path = folder / member
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise InputError(f"{files[key]}: has no member {member!r}")
    return path
