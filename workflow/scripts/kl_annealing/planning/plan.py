"""What is done, what is to do, and how long it will take on this machine."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from kl_annealing.data import Split, read_corpus
from kl_annealing.files.atomic import atomic_write
from kl_annealing.planning.plan_text import readable, said_configurations
from kl_annealing.planning.speeds import (
    Settings,
    classification_hours,
    classification_kind,
    evaluation_hours,
    evaluation_kind,
    measured_evaluation_hours,
    measured_speeds,
    speed_kind,
    training_speeds,
)
from kl_annealing.planning.states import state_of
from kl_annealing.planning.trials import Trials


def plan_runs(
    records: Sequence[Mapping[str, Any]],
    corpora: Mapping[str, str],
    csv: str | os.PathLike,
    runtime: Mapping[str, Any],
    terminal: TextIO,
) -> None:
    """Write the plan of the runs to `csv` and tell it on the terminal.

    `corpora` are the paths of the prepared corpora by dataset; on those that exist, kinds of runs
    that have no finished one are trained and evaluated for some seconds each, as `runtime` says.
    """
    names = dict.fromkeys(record["settings"]["dataset"]["name"] for record in records)
    found = {name: read_corpus(corpora[name]) for name in names if Path(corpora[name]).exists()}
    trials = Trials(found, runtime, terminal)
    table = plan(
        records,
        {name: corpus.train for name, corpus in found.items()},
        trials.examples_per_second,
        trials.hours_of_evaluation,
        device=trials.device,
    )
    write_plan(table, csv)
    print(readable(table), file=terminal)
    missing = [corpora[name] for name in names if name not in found]
    if missing:
        paths = " ".join(missing)
        print(f"To measure the rest, prepare the data: snakemake --cores 1 {paths}", file=terminal)


def plan(
    records: Sequence[Mapping[str, Any]],
    splits: Mapping[str, Split],
    train: Callable[[Settings], float] | None = None,
    evaluate: Callable[[Mapping[str, Any]], float] | None = None,
    device: str = "cpu",
) -> pd.DataFrame:
    """Return a row a run: its studies, state, and the hours of training and what comes after it.

    Args:
        records: `study`, `folder`, `names`, `evaluation`, `metrics`, `classification`, `settings`
            of each run; one folder may come repeatedly, and a run that is only trained has None for
            the two of its evaluation.
        splits: training split of each dataset; without one, hours stay unknown (NaN).
        train: sentences a second of a run's settings, asked once for each kind of run that has
            no finished one on this machine.
        evaluate: hours of one evaluation of a record, asked likewise.
        device: name of the device that finished runs must have used to speak for the others.
    """
    measured = [record for record in records if record["evaluation"]]
    speeds, evaluations = training_speeds(records, device), evaluation_hours(measured, device)
    if train is not None:
        speeds |= measured_speeds(records, {*speeds}, splits, train)
    if evaluate is not None:
        evaluations |= measured_evaluation_hours(measured, {*evaluations}, splits, evaluate)
    asked = [record for record in records if record.get("classification")]
    classifications = classification_hours(asked, device)
    said = said_configurations(records)
    return pd.DataFrame(
        _identity(same, said)
        | _training_hours(same[0]["settings"], splits, speeds)
        | {"evaluation_hours": _evaluation_hours(same, evaluations)}
        | {"classification_hours": _classification_hours(same, classifications), "folder": folder}
        for folder, same in _by_folder(records).items()
    )


def write_plan(table: pd.DataFrame, csv: str | os.PathLike) -> None:
    """Write the plan, a row a run."""
    with atomic_write(csv) as temporary:
        table.to_csv(temporary, index=False)


def training_sentences(settings: Settings, splits: Mapping[str, Split]) -> float:
    """Return how many sentences the run trains on, counting repeats; NaN when not known."""
    training, split = settings["training"], splits.get(settings["dataset"]["name"])
    if split is None:
        return float("nan")
    if training["steps"] is None:
        return training["epochs"] * split.n_examples
    # batches of equal lengths are not all full
    return training["steps"] * split.n_examples / len(split.batches(training["batch_size"]))


def _by_folder(records: Sequence[Mapping]) -> dict[str, list[Mapping]]:
    """Return the records of each run: it may be in several studies."""
    runs: dict[str, list[Mapping]] = {}
    for record in records:
        runs.setdefault(record["folder"], []).append(record)
    return runs


def _identity(records: Sequence[Mapping], said: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return what a run is and how far; `records` are its entries in one study or several."""
    first = records[0]
    return {
        "study": ", ".join(dict.fromkeys(record["study"] for record in records)),
        "configuration": said[first["study"], first["folder"]],
        "seed": first["names"]["seed"],
        "state": state_of(first["folder"]),
        "evaluated": all(Path(one["metrics"]).exists() for one in records if one["evaluation"]),
        "classified": all(
            (Path(one["classification"]) / "metrics.json").exists()
            for one in records
            if one.get("classification")
        ),
    }


def _training_hours(settings: Settings, splits: Mapping, speeds: Mapping) -> dict[str, Any]:
    rate, source = speeds.get(speed_kind(settings), (float("nan"), "unknown"))
    hours = training_sentences(settings, splits) / rate / 3600
    return {"training_hours": hours, "source": source}


def _evaluation_hours(records: Sequence[Mapping], hours: Mapping) -> float:
    """Return the hours of all of a run's evaluations: studies may measure it in different ways."""
    kinds = {evaluation_kind(record) for record in records if record["evaluation"]}
    return sum(hours.get(kind, float("nan")) for kind in kinds)


def _classification_hours(records: Sequence[Mapping], hours: Mapping) -> float:
    """Return the hours of all of a run's classifications, of which no short trial can be made."""
    kinds = {classification_kind(record) for record in records if record.get("classification")}
    return sum(hours.get(kind, float("nan")) for kind in kinds)
