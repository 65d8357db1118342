"""What is done, what is to do, and how long it will take on this machine."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from kl_annealing.data import Corpus, read_corpus
from kl_annealing.files import atomic_write
from kl_annealing.reporting.plan_text import readable, said_configurations
from kl_annealing.reporting.speeds import (
    Settings,
    evaluation_hours,
    evaluation_kind,
    measured_evaluation_hours,
    measured_speeds,
    speed_kind,
    training_speeds,
)
from kl_annealing.reporting.states import state_of

ITERATES = 2  # that an evaluation measures: last and best validation
SECONDS = 10  # of training and of evaluation, for each kind of run that has no finished one


def plan_runs(
    records: Sequence[Mapping[str, Any]],
    corpora: Mapping[str, str],
    csv: str | os.PathLike,
    runtime: Mapping[str, Any],
    terminal: TextIO,
) -> None:
    """Write the plan of the runs to `csv` and tell it on the terminal.

    `corpora` are the paths of the prepared corpora by dataset; on those that exist, kinds of runs
    that have no finished one are trained and evaluated for ten seconds each, as `runtime` says.
    """
    names = dict.fromkeys(record["settings"]["dataset"]["name"] for record in records)
    found = {name: read_corpus(corpora[name]) for name in names if Path(corpora[name]).exists()}

    def train(settings: Settings) -> float:
        name = settings["dataset"]["name"]
        print(f"measuring training of {settings['model']['kind']} on {name}", file=terminal)
        return _examples_per_second(settings, found[name], runtime)

    def evaluate(record: Mapping[str, Any]) -> float:
        run, name = record["settings"], record["settings"]["dataset"]["name"]
        print(f"measuring evaluation of {run['model']['kind']} on {name}", file=terminal)
        return _hours_of_one(run, found[name], record["evaluation_settings"], runtime)

    sentences = {name: corpus.train.n_examples for name, corpus in found.items()}
    table = plan(records, sentences, train, evaluate)
    write_plan(table, csv)
    print(readable(table), file=terminal)
    missing = [corpora[name] for name in names if name not in found]
    if missing:
        paths = " ".join(missing)
        print(f"To measure the rest, prepare the data: snakemake --cores 1 {paths}", file=terminal)


def plan(
    records: Sequence[Mapping[str, Any]],
    sentences: Mapping[str, int],
    train: Callable[[Settings], float] | None = None,
    evaluate: Callable[[Mapping[str, Any]], float] | None = None,
) -> pd.DataFrame:
    """Return a row a run: its studies, state, and the hours that training and evaluations take.

    Args:
        records: `study`, `folder`, `names`, `evaluation`, `metrics` and `settings` of each run; one
            folder may come repeatedly.
        sentences: training sentences of each dataset; without one, hours stay unknown (NaN).
        train: sentences a second of a run's settings, asked once for each kind of run that has
            no finished one on this machine.
        evaluate: hours of one evaluation of a record, asked likewise.
    """
    speeds = training_speeds(records)
    if train is not None:
        speeds |= measured_speeds(records, {*speeds}, sentences, train)
    evaluations, said = evaluation_hours(records), said_configurations(records)
    if evaluate is not None:
        evaluations |= measured_evaluation_hours(records, {*evaluations}, sentences, evaluate)
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        runs.setdefault(record["folder"], []).append(record)
    return pd.DataFrame(
        {
            **_identity(same, said),
            **_training_hours(same[0]["settings"], sentences, speeds),
            "evaluation_hours": _evaluation_hours(same, evaluations),
            "folder": folder,
        }
        for folder, same in runs.items()
    )


def write_plan(table: pd.DataFrame, csv: str | os.PathLike) -> None:
    """Write the plan, a row a run."""
    with atomic_write(csv) as temporary:
        table.to_csv(temporary, index=False)


def training_sentences(settings: Settings, sentences: Mapping[str, int]) -> float:
    """Return how many sentences the run trains on, counting repeats; NaN when not known."""
    training = settings["training"]
    if training["steps"] is not None:
        return training["steps"] * training["batch_size"]
    return training["epochs"] * sentences.get(settings["dataset"]["name"], float("nan"))


def _identity(records: Sequence[Mapping], said: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return what a run is and how far; `records` are its entries in one study or several."""
    first = records[0]
    return {
        "study": ", ".join(dict.fromkeys(record["study"] for record in records)),
        "configuration": said[first["study"], first["folder"]],
        "seed": first["names"]["seed"],
        "state": state_of(first["folder"]),
        "evaluated": all(Path(record["metrics"]).exists() for record in records),
    }


def _training_hours(settings: Settings, sentences: Mapping, speeds: Mapping) -> dict[str, Any]:
    rate, source = speeds.get(speed_kind(settings), (float("nan"), "unknown"))
    hours = training_sentences(settings, sentences) / rate / 3600
    return {"training_hours": hours, "source": source}


def _evaluation_hours(records: Sequence[Mapping], hours: Mapping) -> float:
    """Return the hours of all of a run's evaluations: studies may measure it in different ways."""
    kinds = {evaluation_kind(record) for record in records}
    return sum(hours.get(kind, float("nan")) for kind in kinds)


def _examples_per_second(settings: Settings, corpus: Corpus, runtime: Mapping) -> float:
    from kl_annealing.training import measure_throughput  # torch, only when needed

    speed = measure_throughput(settings, corpus, SECONDS, runtime["device"], runtime["threads"])
    return speed["examples_per_second"]


def _hours_of_one(run: Settings, corpus: Corpus, settings: Settings, runtime: Mapping) -> float:
    """Return the hours of one evaluation: the last and the best iterate on every split."""
    from kl_annealing.evaluation.throughput import measure_evaluation  # torch, only when needed

    place = runtime["device"], runtime["threads"]
    rate = measure_evaluation(run, corpus, settings, SECONDS, *place)
    sentences = sum(getattr(corpus, split).n_examples for split in settings["splits"])
    return ITERATES * sentences / rate / 3600
