"""One tidy table a study: a row a run, its names, then every number of its metrics.json."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from kl_annealing.errors import InputError
from kl_annealing.files import atomic_write, read_json
from kl_annealing.reporting.study import NAMES

# What tables say in their footnotes; found anywhere inside the provenance block of metrics.json.
NOTES = ("stand_in_for", "floor_nll", "precision", "device")
TIMINGS = {"seconds": "train_seconds", "sentences_per_second": "train_sentences_per_second"}


def summarise(study: str, records: Sequence[Mapping], csv: str | os.PathLike) -> pd.DataFrame:
    """Collect metrics.json (and timing.json) of the runs of `study` into the table `csv`.

    A record has `folder` and `names`: the names on the run's axes, with `seed`.
    """
    rows = [row_of(study, Path(record["folder"]), record["names"]) for record in records]
    table = pd.DataFrame(rows, columns=_columns(rows)).drop_duplicates("run", ignore_index=True)
    with atomic_write(csv) as temporary:
        table.to_csv(temporary, index=False)
    return table


def row_of(study: str, folder: Path, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return one run's row: identity, then notes from its provenance, then its numbers."""
    metrics = read_json(folder / "metrics.json")
    provenance = metrics.pop("provenance", {})
    wrong = [name for name, value in metrics.items() if not _is_number(value)]
    if wrong:
        raise InputError(f"{folder}/metrics.json: {wrong[0]} is not a number")
    row = {"study": study, **dict.fromkeys(NAMES, ""), **names, "run": folder.name}
    row |= {name: find(provenance, name) for name in NOTES}
    return row | metrics | _timings(folder)


def find(block: Any, key: str) -> Any:
    """Return the first value named `key` at any depth of nested dictionaries, or None."""
    if not isinstance(block, Mapping):
        return None
    if block.get(key) is not None:
        return block[key]
    found = (find(inner, key) for inner in block.values())
    return next((value for value in found if value is not None), None)


def _columns(rows: Sequence[Mapping]) -> list[str]:
    """Return all columns: fixed names, other axes, seed and run, then numbers as they came."""
    every = list(dict.fromkeys(name for row in rows for name in row))
    head = ["study", *NAMES]
    axes = [name for name in every if "." in name]
    tail = ["seed", "run", *NOTES]
    placed = {*head, *axes, *tail}
    return [*head, *axes, *tail, *(name for name in every if name not in placed)]


def _timings(folder: Path) -> dict[str, float]:
    path = folder / "timing.json"
    timing = read_json(path) if path.exists() else {}
    return {column: timing[name] for name, column in TIMINGS.items() if name in timing}


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
