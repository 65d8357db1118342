"""The table of datasets: what each is made of, and the digest that identifies it."""

import copy
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kl_annealing.canonical import canonical
from kl_annealing.data.checksums import FileEntry
from kl_annealing.data.corpora import SPLITS
from kl_annealing.errors import InputError
from kl_annealing.schema import definition as schema_of
from kl_annealing.schema import fill_defaults, without_defaults

TABLE = Path(__file__).parents[3] / "datasets.yaml"

TEXT_OPTIONS = ("maximum_length", "minimum_count", "maximum_size", "shuffle_seed")
IMAGE_OPTIONS = ("validation", "shuffle_seed")
# Of files: acts only where it is given, so that it changes no other dataset's digest.
READING = ("lines", "labelled")

# By name, so that a change of one generator leaves the other corpora as they are.
MAKERS = {
    "grammar": "kl_annealing.data.grammar:grammar_corpus",
    "one_hot": "kl_annealing.data.toy:one_hot_corpus",
    "lstm_mixture": "kl_annealing.data.lstm_mixture:lstm_mixture_corpus",
}

# What reads downloaded files that are no text: (paths, maximum_length) -> splits.
READERS = {"token_ids": "kl_annealing.data.token_ids:read_token_ids"}

# What reads the images of a kind of dataset: (files, entries) -> images, test images or None.
IMAGE_READERS = {
    "chardata": "kl_annealing.data.chardata:read",
    "omniglot": "kl_annealing.data.omniglot:read",
    "digits": "kl_annealing.data.digits:read",
}

_DESCRIPTIVE = ("description", "terms", "citation", "sentences", "images", "folder")

Definition = Mapping[str, Any]


def read_datasets(path: str | Path = TABLE) -> dict[str, dict[str, Any]]:
    """Return the definitions of the public and generated datasets by name."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def kind_of(definition: Definition) -> str:
    """Return `files`, `corpus` (own files, the default), or a generator's or image reader's."""
    return definition.get("kind", "corpus")


def downloads(definition: Definition) -> bool:
    """Say whether the dataset's files are downloaded; else they are generated or the user's own."""
    return "files" in definition


def has_images(definition: Definition) -> bool:
    """Say whether a dataset consists of images; else it is text."""
    return kind_of(definition) in IMAGE_READERS


def file_entries(name: str, definition: Definition) -> dict[str, FileEntry]:
    """Return the files that `prepare` reads, under the names that it wants them under.

    That is the file name for downloads, the split for an own corpus, else nothing.
    """
    if downloads(definition):
        return {
            file: FileEntry.of(definition.get("folder", name), file, block)
            for file, block in definition["files"].items()
        }
    if kind_of(definition) == "corpus":
        sums = definition.get("sha256") or {}
        return {split: FileEntry(name, split, sha256=sums.get(split)) for split in SPLITS}
    return {}


def file_entry(name: str, definition: Definition, file: str) -> FileEntry:
    """Return one downloadable file of a dataset."""
    entries = file_entries(name, definition) if downloads(definition) else {}
    if file not in entries:
        has = f"its files: {', '.join(entries)}" if entries else "nothing of it is downloaded"
        raise InputError(f"dataset {name} has no file {file!r} to download; {has}")
    return entries[file]


def raw_paths(name: str, definition: Definition, folder: str = "data/raw") -> dict[str, str]:
    """Return where each of `file_entries` lies: `<folder>/<name>/<file>`, or the user's path.

    Equal definitions give the same order.
    """
    if kind_of(definition) == "corpus":
        return {split: definition[split] for split in SPLITS}
    return {file: f"{folder}/{name}/{file}" for file in sorted(file_entries(name, definition))}


def text_options(definition: Definition) -> dict[str, Any]:
    """Return what decides how text becomes ids, defaults filled in."""
    return _completed(definition, TEXT_OPTIONS)


def image_options(definition: Definition) -> dict[str, Any]:
    """Return what decides how images become splits, defaults filled in."""
    return _completed(definition, IMAGE_OPTIONS)


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
    if kind in IMAGE_READERS:
        return ["kl_annealing.data.prepare_images", IMAGE_READERS[kind]]
    own = {**MAKERS, **READERS}.get(kind)
    return ["kl_annealing.data.prepare", *([own] if own else [])]


def content_of(definition: Definition) -> dict[str, Any]:
    """Return what decides the prepared corpus, and nothing that only describes it.

    Files count by their sums, wherever they come from; own files without declared sums by path.
    """
    kind = kind_of(definition)
    if kind in IMAGE_READERS:
        return {"kind": kind, **image_options(definition), "sums": _sums(definition)}
    content: dict[str, Any] = {"kind": kind, **text_options(definition)}
    content |= {key: definition[key] for key in READING if key in definition}
    if kind in MAKERS:
        return content | {kind: generator_settings(definition)}
    if downloads(definition):
        splits = {"splits": dict(definition["splits"])} if kind == "files" else {}
        return content | splits | {"sums": _sums(definition)}
    entries = file_entries("", definition).items()
    return content | {"sums": {split: e.sum or definition[split] for split, e in entries}}


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
    return {file: entry.sum for file, entry in file_entries("", definition).items()}


def _completed(definition: Definition, keys: Iterable[str]) -> dict[str, Any]:
    filled = copy.deepcopy(dict(definition))
    fill_defaults(filled, _schema())
    return {key: filled[key] for key in keys}


def _schema() -> dict[str, Any]:
    """Return the schema of one definition, its references replaced."""
    return schema_of()["properties"]["datasets"]["additionalProperties"]
