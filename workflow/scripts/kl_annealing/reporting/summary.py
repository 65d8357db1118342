"""One tidy table a study: a row a run, its names, then every number of its metrics.json."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from kl_annealing.axes import has_latent
from kl_annealing.errors import InputError
from kl_annealing.files.atomic import atomic_write
from kl_annealing.files.results import find, read_result
from kl_annealing.reporting.csv_files import read_csv
from kl_annealing.reporting.quantities import metric_of
from kl_annealing.reporting.study import LENGTHS, NAMES

# Of each split of dialogs: what its file has that is cut, empty, unknown or repeated.
DIALOG_COUNTS = (
    "cut_utterances",
    "empty_utterances",
    "empty_dialogs",
    "unknown_acts",
    "unknown_topics",
    "unknown_profiles",
    "repeated_dialogs",
)
OF_REFERENCES = ("entries", "used", "unmatched", "ambiguous", "contexts", "mean", "alone")
# What the footnotes of tables say, and where the provenance block of metrics.json has it.
NOTES = {
    "stand_in_for": ("evaluation", "data", "stand_in_for"),
    "train_too_long": ("evaluation", "data", "train_too_long"),
    "valid_too_long": ("evaluation", "data", "valid_too_long"),
    "test_too_long": ("evaluation", "data", "test_too_long"),
    "floor_nll": ("evaluation", "data", "floor_nll"),
    "floor_nll_test": ("evaluation", "data", "floor_nll_test"),
    "precision": ("training", "precision"),
    "device": ("training", "device"),
    "evaluation_precision": ("evaluation", "settings", "precision"),
    "importance_samples": ("evaluation", "settings", "importance_samples"),
    "importance_words": ("evaluation", "settings", "words"),
}
# The same of dialogs, where there are any.
DIALOG_NOTES = {
    "references": ("evaluation", "data", "references"),
    **{
        f"references_{count}": ("evaluation", "data", f"references_{count}")
        for count in OF_REFERENCES
    },
    "vectors": ("evaluation", "data", "vectors"),
    "vectors_known": ("evaluation", "data", "vectors_known"),
    "vectors_skipped": ("evaluation", "data", "vectors_skipped"),
    "windows": ("evaluation", "data", "windows"),
    "response_samples": ("evaluation", "settings", "responses", "samples"),
    "response_decoder": ("evaluation", "settings", "responses", "decoder", "method"),
    "response_width": ("evaluation", "settings", "responses", "decoder", "width"),
    **{
        f"{split}_{count}": ("evaluation", "data", f"{split}_{count}")
        for split in ("train", "valid", "test")
        for count in DIALOG_COUNTS
    },
}
# The same of classifications.
CLASSIFIER_NOTES = {
    f"{classifier}_{key}": ("classification", "settings", classifier, key)
    for classifier, own in (("published", "budget"), ("fine_tuned", "draws"))
    for key in ("epochs", "maximum_steps", "batch_size", "learning_rate", own)
}
OF_THE_LATENT = ("kl", "mi_batch", "mi_aggregate", "active_units")
TIMINGS = {
    "train_seconds": ("seconds",),
    "train_examples_per_second": ("examples_per_second",),
    "parent_seconds": ("parent", "seconds"),  # of the run from whose weights it starts
}


def summarise(study: str, records: Sequence[Mapping], csv: str | os.PathLike) -> pd.DataFrame:
    """Collect metrics.json (and timing.json) of the runs of `study` into the table `csv`.

    Numbers about a latent variable are empty where the model has none.

    A record has `folder`, `metrics` (the path), `classification` (a folder, if any), `task` and
    `names`: the names on the run's axes, with `seed`. A run that the study asks for under two names
    has two rows.

    Raises:
        InputError: a value of a metrics.json is not a number.
    """
    rows = [row_of(study, record) for record in records]
    table = pd.DataFrame(rows, columns=_columns(rows))
    with atomic_write(csv) as temporary:
        table.to_csv(temporary, index=False)
    return table


def collect(tables: Sequence[str | os.PathLike], csv: str | os.PathLike) -> None:
    """Write the studies' tables under one another; a column that a study lacks stays empty."""
    frame = pd.concat([read_csv(table, dtype=str) for table in tables], ignore_index=True)
    with atomic_write(csv) as temporary:
        frame.to_csv(temporary, index=False)


def row_of(study: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return one run's row: identity, then notes from its provenance, then its numbers."""
    folder = Path(record["folder"])
    metrics = read_result(record["metrics"])
    provenance = metrics.pop("provenance", {})
    wrong = [name for name, value in metrics.items() if not _is_number(value)]
    if wrong:
        raise InputError(f"{record['metrics']}: {wrong[0]} is not a number")
    row = {"study": study, **dict.fromkeys(NAMES, ""), "task": record.get("task", "")}
    row |= {**record["names"], "run": folder.name}
    row |= {name: find(provenance, path) for name, path in NOTES.items()}
    noted = {name: find(provenance, path) for name, path in DIALOG_NOTES.items()}
    row |= {name: value for name, value in noted.items() if value is not None}
    settings = _settings(folder)
    lengths = {name: find(settings, ("training", name)) for name in LENGTHS}
    numbers = _meaningful(metrics, settings) | _classified(record)
    return row | lengths | numbers | _timings(folder)


def _columns(rows: Sequence[Mapping]) -> list[str]:
    """Return all columns: fixed names, other axes, seed and run, then numbers as they came."""
    every = list(dict.fromkeys(name for row in rows for name in row))
    head = ["study", *NAMES]
    axes = [name for name in every if "." in name]
    tail = ["seed", "run", *NOTES, *LENGTHS]
    placed = {*head, *axes, *tail}
    return [*head, *axes, *tail, *(name for name in every if name not in placed)]


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    return read_result(path) if path.exists() else {}


def _meaningful(metrics: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics; of a model without a latent variable, None for what is about it."""
    if not settings or has_latent(settings["model"]):
        return dict(metrics)
    return {
        name: None if metric_of(name) in OF_THE_LATENT else value for name, value in metrics.items()
    }


def _classified(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings and numbers of a run's classification, where it has one."""
    if not record.get("classification"):
        return {}
    metrics = read_result(Path(record["classification"]) / "metrics.json")
    provenance = metrics.pop("provenance", {})
    return {name: find(provenance, path) for name, path in CLASSIFIER_NOTES.items()} | metrics


def _timings(folder: Path) -> dict[str, float]:
    path = folder / "timing.json"
    timing = read_result(path) if path.exists() else {}
    found = {column: find(timing, path) for column, path in TIMINGS.items()}
    return {column: value for column, value in found.items() if value is not None}


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
