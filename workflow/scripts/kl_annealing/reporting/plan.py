"""What is done, what is to do, and how long it will take on this machine."""

import os
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from tabulate import tabulate

from kl_annealing.files import atomic_write, read_json
from kl_annealing.provenance import processor
from kl_annealing.reporting.summary import find
from kl_annealing.runs import canonical

TRAINED = ("config.json", "last.pt", "best.pt", "history.csv", "timing.json")
FINISHED, RESUMABLE, TO_DO = "finished", "resumable", "to do"
Settings = Mapping[str, Any]


def plan(
    records: Sequence[Mapping[str, Any]],
    sentences: Mapping[str, int],
    measure: Callable[[Settings], float] | None = None,
) -> pd.DataFrame:
    """Return a row a run: its studies, state, and the hours that its training and evaluation take.

    Args:
        records: `study`, `folder`, `names`, `settings` of each run; one folder may come repeatedly.
        sentences: training sentences of each dataset; without one, hours stay unknown (NaN).
        measure: sentences a second of a run's settings, asked once for each kind of run that has
            no finished one on this machine.
    """
    speeds = _speeds(records)
    if measure is not None:
        speeds |= _measured(records, {*speeds}, sentences, measure)
    evaluations, said = _evaluations(records), configurations(records)
    rows: dict[str, dict[str, Any]] = {}
    for record in records:
        if record["folder"] in rows:
            shared = rows[record["folder"]]
            shared["study"] = ", ".join(dict.fromkeys([shared["study"], record["study"]]))
            continue
        kind = kind_of(record["settings"])
        rows[record["folder"]] = {
            "study": record["study"],
            "configuration": said[record["study"], record["folder"]],
            "seed": record["names"]["seed"],
            "state": state_of(record["folder"]),
            "evaluated": (Path(record["folder"]) / "metrics.json").exists(),
            **_training_hours(record["settings"], sentences, speeds.get(kind)),
            "evaluation_hours": evaluations.get(kind, float("nan")),
            "folder": record["folder"],
        }
    return pd.DataFrame(rows.values())


def write_plan(table: pd.DataFrame, csv: str | os.PathLike) -> None:
    """Write the plan, a row a run."""
    with atomic_write(csv) as temporary:
        table.to_csv(temporary, index=False)


def readable(table: pd.DataFrame) -> str:
    """Return the plan as text: a line a configuration, then what is left in all."""
    lines = [
        _line(study, configuration, runs)
        for (study, configuration), runs in table.groupby(["study", "configuration"], sort=False)
    ]
    body = tabulate(lines, headers="keys", floatfmt=".2f", missingval="?", disable_numparse=False)
    return f"{body}\n\n{_total(table)}"


def state_of(folder: str | os.PathLike) -> str:
    """Return whether a run's training is finished, can be resumed, or is to do."""
    if all((Path(folder) / name).exists() for name in TRAINED):
        return FINISHED
    return RESUMABLE if (Path(folder) / "checkpoint.pt").exists() else TO_DO


def kind_of(settings: Settings) -> str:
    """Return what settles the speed of a run: its dataset, network, batches and precision."""
    training = {
        name: settings["training"][name] for name in ("batch_size", "precision", "optimiser")
    }
    return canonical([settings["dataset"], settings["model"], training])


def configurations(records: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Return each run's configuration in one line, by (study, folder).

    What all runs of a study have in common is left out, and so is the seed.
    """
    texts = {}
    for study in dict.fromkeys(record["study"] for record in records):
        runs = [record for record in records if record["study"] == study]
        names = [name for run in runs for name in run["names"] if name != "seed"]
        varying = [
            name
            for name in dict.fromkeys(names)
            if len({str(run["names"].get(name)) for run in runs}) > 1
        ]
        for run in runs:
            parts = [_said(name, run["names"][name]) for name in varying if name in run["names"]]
            texts[study, run["folder"]] = " ".join(parts) or str(run["names"].get("schedule", ""))
    return texts


def _said(name: str, value: Any) -> str:
    return f"{name.split('.')[-1]}={value}" if "." in name else str(value)


def training_sentences(settings: Settings, sentences: Mapping[str, int]) -> float:
    """Return how many sentences the run trains on, counting repeats; NaN when not known."""
    training = settings["training"]
    if training["steps"] is not None:
        return training["steps"] * training["batch_size"]
    return training["epochs"] * sentences.get(settings["dataset"]["name"], float("nan"))


def _training_hours(settings: Settings, sentences: Mapping, speed: tuple | None) -> dict[str, Any]:
    if speed is None:
        return {"training_hours": float("nan"), "source": "unknown"}
    rate, source = speed
    return {
        "training_hours": training_sentences(settings, sentences) / rate / 3600,
        "source": source,
    }


def _speeds(records: Sequence[Mapping]) -> dict[str, tuple[float, str]]:
    """Return sentences a second of all of training, by kind, from finished runs of this machine."""
    rates: dict[str, list[float]] = {}
    for record in records:
        folder = Path(record["folder"])
        if state_of(folder) == FINISHED and _same_machine(folder):
            timing = read_json(folder / "timing.json")
            rate = timing["sentences"] / max(timing["seconds"], 1e-9)
            rates.setdefault(kind_of(record["settings"]), []).append(rate)
    return {kind: (median(found), "finished runs") for kind, found in rates.items()}


def _measured(
    records: Sequence[Mapping],
    known: set[str],
    corpora: Container[str],
    measure: Callable[[Settings], float],
) -> dict[str, tuple[float, str]]:
    """Measure one run of each kind that has something to do, a corpus, and no known speed."""
    kinds = {
        kind_of(record["settings"]): record["settings"]
        for record in records
        if state_of(record["folder"]) != FINISHED
        and record["settings"]["dataset"]["name"] in corpora
    }
    return {
        kind: (measure(settings), "measured now")
        for kind, settings in kinds.items()
        if kind not in known
    }


def _evaluations(records: Sequence[Mapping]) -> dict[str, float]:
    """Return the hours of one evaluation, by kind, from this machine's evaluated runs."""
    hours: dict[str, list[float]] = {}
    for record in records:
        metrics = _metrics(Path(record["folder"]))
        seconds = find(metrics, ("provenance", "evaluation", "seconds"))
        if seconds is not None and _same_machine(Path(record["folder"])):
            hours.setdefault(kind_of(record["settings"]), []).append(seconds / 3600)
    return {kind: median(found) for kind, found in hours.items()}


def _same_machine(folder: Path) -> bool:
    """Say whether the run was measured on this kind of processor; unknown counts as yes."""
    used = find(_metrics(folder), ("provenance", "machine", "processor"))
    return used is None or used == processor()


def _metrics(folder: Path) -> dict[str, Any]:
    path = folder / "metrics.json"
    return read_json(path) if path.exists() else {}


def _left(runs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the training and the evaluation hours that are left, NaN where not known."""
    return (
        runs.loc[runs["state"] != FINISHED, "training_hours"],
        runs.loc[~runs["evaluated"], "evaluation_hours"],
    )


def _line(study: str, configuration: str, runs: pd.DataFrame) -> dict[str, Any]:
    training, evaluation = _left(runs)
    states = runs["state"].value_counts()
    return {
        "study": study,
        "configuration": configuration,
        **{state: int(states.get(state, 0)) for state in (FINISHED, RESUMABLE, TO_DO)},
        "h each": _known(runs["training_hours"].iloc[0]),
        "training left": _known(training.sum(skipna=False)),
        "evaluation left": _known(evaluation.sum(skipna=False)),
        "from": runs["source"].iloc[0],
    }


def _known(hours: float) -> float | None:
    return None if pd.isna(hours) else float(hours)


def _total(table: pd.DataFrame) -> str:
    """Return the summary lines."""
    states = table["state"].value_counts()
    counts = ", ".join(f"{states.get(state, 0)} {state}" for state in (FINISHED, RESUMABLE, TO_DO))
    lines = [f"{len(table)} runs: {counts}. Hours are of one job after another."]
    for what, hours in zip(("training", "evaluation"), _left(table), strict=True):
        known, unknown = hours.notna().sum(), hours.isna().sum()
        if known:
            lines.append(f"About {hours.sum():.1f} h of {what} left for {known} runs.")
        if unknown:
            lines.append(f"Hours of {what} not known yet for {unknown} runs.")
    if RESUMABLE in states:
        lines.append(
            "Resumable runs are counted in full: only their checkpoint knows what is done."
        )
    return "\n".join(lines)
