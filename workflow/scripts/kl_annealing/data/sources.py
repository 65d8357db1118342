"""The table of datasets: what each is made of, and the digest that identifies it."""

import copy
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kl_annealing.canonical import canonical
from kl_annealing.data.checksums import FileEntry
from kl_annealing.data.corpora import SPLITS
from kl_annealing.errors import InputError
from kl_annealing.files.yaml_files import read_yaml
from kl_annealing.schema import definition as schema_of
from kl_annealing.schema import fill_defaults, without_defaults

TABLE = Path(__file__).parents[3] / "datasets.yaml"

TEXT_OPTIONS = ("maximum_length", "minimum_count", "maximum_size", "shuffle_seed")
IMAGE_OPTIONS = ("validation", "shuffle_seed")
DIALOG_OPTIONS = (
    "minimum_count",
    "maximum_size",
    "shuffle_seed",
    "utterance_length",
    "backward_size",
    "windows",
    "published_block",
    "vectors",
    "references",
)
TENSE_OPTIONS = ("held_out", "shuffle_seed")
OWN = ("corpus", "dialog_corpus", "tense_corpus")  # kinds whose splits are the user's own files
NAMING = ("vectors", "references")  # options that may name a file
# They act only where they are given, so that they change no other dataset's digest.
READING = ("lines", "labelled")

# By name, so that a change of one generator leaves the other corpora as they are.
MAKERS = {
    "grammar": "kl_annealing.data.grammar:grammar_corpus",
    "one_hot": "kl_annealing.data.toy:one_hot_corpus",
    "lstm_mixture": "kl_annealing.data.lstm_mixture:lstm_mixture_corpus",
}

# What reads downloaded files that are no text: (paths, maximum_length) -> splits.
READERS = {"token_ids": "kl_annealing.data.token_ids:read_token_ids"}

# The names of the labels 0, 1, ... that a reader finds.
CLASS_NAMES = {"token_ids": ("negative", "positive")}

# What reads the images of a kind of dataset: (files, entries) -> images, test images or None.
IMAGE_READERS = {
    "chardata": "kl_annealing.data.image.chardata:read",
    "omniglot": "kl_annealing.data.image.omniglot:read",
    "digits": "kl_annealing.data.image.digits:read",
}

# What generates dialogs: (**settings) -> splits.
DIALOG_MAKERS = {"dialog_grammar": "kl_annealing.data.dialog.grammar:dialog_grammar"}
DIALOG_KINDS = ("dialogs", "dialog_corpus", *DIALOG_MAKERS)

# What generates verbs: (**settings) -> verbs and conversions.
TENSE_MAKERS = {"conjugation": "kl_annealing.data.tense.conjugation:conjugation"}
TENSE_KINDS = ("tense", "tense_corpus", *TENSE_MAKERS)

_DESCRIPTIVE = ("description", "terms", "citation", "sentences", "classes", "images", "folder")

Definition = Mapping[str, Any]


def read_datasets(path: str | Path = TABLE) -> dict[str, dict[str, Any]]:
    """Return the definitions of the public and generated datasets by name."""
    return read_yaml(path)


def kind_of(definition: Definition) -> str:
    """Return the kind of a dataset: `corpus`, own text files, by default."""
    return definition.get("kind", "corpus")


def downloads(definition: Definition) -> bool:
    """Say whether the dataset's files are downloaded; else they are generated or the user's own."""
    return "files" in definition


def has_labels(definition: Definition) -> bool:
    """Say whether the sentences of a dataset have labels that a classifier can learn."""
    kind = kind_of(definition)
    generated = "label" in definition.get(kind, {})
    return kind in CLASS_NAMES or generated or definition.get("labelled", False)


def has_images(definition: Definition) -> bool:
    """Say whether a dataset consists of images; else it is text."""
    return kind_of(definition) in IMAGE_READERS


def file_entries(name: str, definition: Definition) -> dict[str, FileEntry]:
    """Return the files that `prepare` reads, under the names that it wants them under.

    That is the file name for downloads, the split for an own corpus, and for another file of the
    user's the key that names it, as `vectors.file`.
    """
    sums = definition.get("sha256") or {}
    own = own_paths(definition)
    return _downloaded(name, definition) | {
        key: FileEntry(name, key, sha256=sums.get(key)) for key in own
    }


def own_paths(definition: Definition) -> dict[str, str]:
    """Return the user's own files of a dataset, by their keys there."""
    own = kind_of(definition) in OWN
    paths = {split: definition[split] for split in SPLITS if own and split in definition}
    for key in NAMING:
        file = _file_of(definition, key)
        if file and file not in definition.get("files", {}):
            paths[f"{key}.file"] = file
    return paths


def named_file(
    definition: Definition, key: str, files: Mapping[str, str | Path]
) -> str | Path | None:
    """Return the path of the file that an option names, None where it names none."""
    file = _file_of(definition, key)
    return file and files[file if file in files else f"{key}.file"]


def file_entry(name: str, definition: Definition, file: str) -> FileEntry:
    """Return one downloadable file of a dataset."""
    entries = _downloaded(name, definition)
    if file not in entries:
        has = f"its files: {', '.join(entries)}" if entries else "nothing of it is downloaded"
        raise InputError(f"dataset {name} has no file {file!r} to download; {has}")
    return entries[file]


def raw_paths(name: str, definition: Definition, folder: str = "data/raw") -> dict[str, str]:
    """Return where each of `file_entries` lies: `<folder>/<name>/<file>`, or the user's path.

    Equal definitions give the same order.
    """
    downloaded = {file: f"{folder}/{name}/{file}" for file in sorted(_downloaded(name, definition))}
    return downloaded | own_paths(definition)


def text_options(definition: Definition) -> dict[str, Any]:
    """Return what decides how text becomes ids, defaults filled in."""
    return _completed(definition, TEXT_OPTIONS)


def image_options(definition: Definition) -> dict[str, Any]:
    """Return what decides how images become splits, defaults filled in."""
    return _completed(definition, IMAGE_OPTIONS)


def dialog_options(definition: Definition) -> dict[str, Any]:
    """Return what decides how dialogs become windows of ids, defaults filled in."""
    return _completed(definition, DIALOG_OPTIONS)


def tense_options(definition: Definition) -> dict[str, Any]:
    """Return what decides which verbs are trained on, defaults filled in."""
    return _completed(definition, TENSE_OPTIONS)


def generator_settings(definition: Definition) -> dict[str, Any]:
    """Return the settings of a generated dataset, defaults filled in."""
    kind = kind_of(definition)
    return _completed(definition, (kind,))[kind]


def working_part(definition: Definition) -> dict[str, Any]:
    """Return the definition without defaults, descriptions and addresses: what `prepare` takes."""
    part = without_defaults(definition, _schema())
    part = {key: value for key, value in part.items() if key not in _DESCRIPTIVE}
    if "files" in part:
        part["files"] = {
            file: {key: value for key, value in block.items() if key != "url"}
            for file, block in part["files"].items()
        }
    return part


def prepare_modules(definition: Definition) -> list[str]:
    """Return the modules whose code, with all that they import, decides the prepared file."""
    kind = kind_of(definition)
    own = {**MAKERS, **READERS, **IMAGE_READERS, **DIALOG_MAKERS, **TENSE_MAKERS}.get(kind)
    return [preparer(definition).partition(":")[0], *([own] if own else [])]


def preparer(definition: Definition) -> str:
    """Return `module:name` of the function that makes the prepared file of a dataset."""
    kind = kind_of(definition)
    if kind in IMAGE_READERS:
        return "kl_annealing.data.image.prepare:prepare_images"
    if kind in DIALOG_KINDS:
        return "kl_annealing.data.dialog.prepare:prepare_dialogs"
    if kind in TENSE_KINDS:
        return "kl_annealing.data.tense.prepare:prepare_tenses"
    return "kl_annealing.data.prepare:prepare"


def content_of(definition: Definition) -> dict[str, Any]:
    """Return what decides the prepared corpus, and nothing that only describes it.

    Files count by their sums, wherever they come from; own files without declared sums by path.
    """
    kind = kind_of(definition)
    if kind in IMAGE_READERS:
        return {"kind": kind, **image_options(definition), "sums": _sums(definition)}
    if kind in DIALOG_KINDS:
        content = {"kind": kind, **dialog_options(definition)}
    elif kind in TENSE_KINDS:
        content = {"kind": kind, **tense_options(definition)}
    else:
        content = {"kind": kind, **text_options(definition)}
        content |= {key: definition[key] for key in READING if key in definition}
    if "conversions" in definition:
        content["conversions"] = [list(pair) for pair in definition["conversions"]]
    if kind in {**MAKERS, **DIALOG_MAKERS, **TENSE_MAKERS}:
        content[kind] = generator_settings(definition)
    if "splits" in definition:
        content["splits"] = dict(definition["splits"])
    sums = _sums(definition)
    return content | ({"sums": sums} if sums else {})


def dataset_digest(definition: Definition) -> str:
    """Return 12 hexadecimal digits of the canonical JSON of `content_of` the definition."""
    return hashlib.sha256(canonical(content_of(definition)).encode()).hexdigest()[:12]


def origin_of(definition: Definition) -> dict[str, str | None]:
    """Return what a prepared file says of its definition."""
    return {
        "digest": dataset_digest(definition),
        "stand_in_for": definition.get("stand_in_for"),
    }


def _sums(definition: Definition) -> dict[str, str | None]:
    """Return the sum of each file, of own ones without it the path."""
    own = own_paths(definition)
    return {file: e.sum or own.get(file) for file, e in file_entries("", definition).items()}


def _downloaded(name: str, definition: Definition) -> dict[str, FileEntry]:
    return {
        file: FileEntry.of(definition.get("folder", name), file, block)
        for file, block in definition.get("files", {}).items()
    }


def _file_of(definition: Definition, key: str) -> str | None:
    return (definition.get(key) or {}).get("file")


def _completed(definition: Definition, keys: Iterable[str]) -> dict[str, Any]:
    filled = copy.deepcopy(dict(definition))
    fill_defaults(filled, _schema())
    return {key: filled[key] for key in keys}


def _schema() -> dict[str, Any]:
    """Return the schema of one definition, its references replaced."""
    return schema_of()["properties"]["datasets"]["additionalProperties"]
