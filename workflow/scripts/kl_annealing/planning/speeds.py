"""How fast runs train and evaluate on this machine, by what finished ones took or a short trial."""

from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from kl_annealing.canonical import canonical
from kl_annealing.files.atomic import read_json
from kl_annealing.files.results import find
from kl_annealing.jobs.provenance import processor
from kl_annealing.makers import INFERENCE
from kl_annealing.planning.states import FINISHED, state_of

Settings = Mapping[str, Any]


def speed_kind(settings: Settings) -> str:
    """Return what settles the speed of a run: its data, its network, and how that is trained."""
    training = {
        name: settings["training"][name] for name in ("batch_size", "precision", "optimiser")
    }
    names = ("dataset", "model", "strategy", "posterior", "objective", "teacher_forcing")
    parts = [settings[name] for name in names]
    return canonical([*parts, training])


def training_speeds(records: Sequence[Mapping], device: str) -> dict[str, tuple[float, str]]:
    """Return sentences a second of all of training, by kind, from finished runs of this machine.

    `device` is the name of its device; of a run in several sessions all were on this machine.
    """
    rates: dict[str, list[float]] = {}
    for record in records:
        if state_of(record["folder"]) != FINISHED:
            continue
        timing = read_json(Path(record["folder"]) / "timing.json")
        if all(_same_machine(each, device) for each in timing.get("sessions", [timing])):
            rate = timing["examples"] / max(timing["seconds"], 1e-9)
            rates.setdefault(speed_kind(record["settings"]), []).append(rate)
    return {kind: (median(found), "finished runs") for kind, found in rates.items()}


def measured_speeds(
    records: Sequence[Mapping],
    known: Container[str],
    corpora: Container[str],
    measure: Callable[[Settings], float],
) -> dict[str, tuple[float, str]]:
    """Measure one run of each kind that has something to do, a corpus, and no known speed."""
    kinds = {
        speed_kind(record["settings"]): record["settings"]
        for record in records
        if state_of(record["folder"]) != FINISHED
        and record["settings"]["dataset"]["name"] in corpora
    }
    return {
        kind: (measure(settings), "measured now")
        for kind, settings in kinds.items()
        if kind not in known
    }


def evaluation_hours(records: Sequence[Mapping], device: str) -> dict[tuple[str, str], float]:
    """Return the hours of one evaluation, by kind and evaluation, from this machine's.

    `device` is the name of its device.
    """
    hours: dict[tuple[str, str], list[float]] = {}
    for record in records:
        made_with = find(_metrics(record), ("provenance", "evaluation"))
        seconds = find(made_with, ("seconds",))
        if seconds is not None and _same_machine(made_with, device):
            hours.setdefault(evaluation_kind(record), []).append(seconds / 3600)
    return {kind: median(found) for kind, found in hours.items()}


def classification_kind(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return what settles the time of a classification: the data, the model and how it is done."""
    parts = [record["settings"][name] for name in ("dataset", "model", "posterior")]
    return canonical(parts), Path(record["classification"]).name


def classification_hours(records: Sequence[Mapping], device: str) -> dict[tuple[str, str], float]:
    """Return the hours of one classification, by kind, from this machine's finished ones.

    `device` is the name of its device.
    """
    hours: dict[tuple[str, str], list[float]] = {}
    for record in records:
        path = Path(record["classification"]) / "metrics.json"
        metrics = read_json(path) if path.exists() else {}
        made_with = find(metrics, ("provenance", "classification"))
        seconds = find(made_with, ("seconds",))
        if seconds is not None and _same_machine(made_with, device):
            hours.setdefault(classification_kind(record), []).append(seconds / 3600)
    return {kind: median(found) for kind, found in hours.items()}


def measured_evaluation_hours(
    records: Sequence[Mapping],
    known: Container[tuple[str, str]],
    corpora: Container[str],
    measure: Callable[[Mapping], float],
) -> dict[tuple[str, str], float]:
    """Measure the hours of one evaluation of each kind that is to do, on a corpus, and unknown."""
    kinds = {
        evaluation_kind(record): record
        for record in records
        if not Path(record["metrics"]).exists() and record["settings"]["dataset"]["name"] in corpora
    }
    return {kind: measure(record) for kind, record in kinds.items() if kind not in known}


def evaluation_kind(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return what settles the time of an evaluation: the posterior and how it is measured.

    How the run was trained does not, unless its strategy refines posteriors.
    """
    settings = record["settings"]
    parts = [settings[name] for name in ("dataset", "model", "posterior")]
    strategy = settings["strategy"]
    refinement = strategy if strategy["kind"] in INFERENCE else None
    return canonical([*parts, refinement]), record["evaluation"]


def _same_machine(provenance: Any, device: str) -> bool:
    """Say whether something was done on such a processor and device; unknown counts as yes."""
    used = find(provenance, ("machine", "processor")), find(provenance, ("device",))
    return used[0] in (None, processor()) and used[1] in (None, device)


def _metrics(record: Mapping) -> dict[str, Any]:
    path = Path(record["metrics"])
    return read_json(path) if path.exists() else {}
