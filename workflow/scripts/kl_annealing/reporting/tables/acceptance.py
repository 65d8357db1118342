"""Does the study of ten sequences behave as published? The numbers behind the two pictures."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NearestNeighbors

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.latents import sample_posteriors
from kl_annealing.reporting.quantities import column_of
from kl_annealing.reporting.study import Study, floor_of, snapshots
from kl_annealing.reporting.tables.parts import notes_of, title_of
from kl_annealing.reporting.tables.table import Table
from kl_annealing.reporting.verdicts import judge

NEIGHBOURS = 10
NLL_MARGIN = 0.1  # nats: how close rec + KL must come to the entropy of the data
ORDERED = (
    ("KL", "kl", "cyclical", "monotonic"),
    ("KL", "kl", "monotonic", "constant"),
    ("10-neighbour purity", "purity", "cyclical", "monotonic"),
    ("10-neighbour purity", "purity", "cyclical", "constant"),
    ("linear accuracy", "linear", "cyclical", "monotonic"),
    ("linear accuracy", "linear", "cyclical", "constant"),
)


def build(study: Study) -> Table:
    """Return one row a criterion: KL ordering, distance to the entropy, separation of the codes.

    Last iterate for the losses, last snapshot for the codes z ~ q(z|n).
    """
    table = study.table()
    floor = floor_of(table)
    if floor is None:
        raise InputError(f"study {study.name}: acceptance needs a corpus of known entropy")
    sides = _sides(study, table)
    rows = [
        _row(f"{what}: {left} > {right}", sides[left][metric], sides[right][metric], "greater")
        for what, metric, left, right in ORDERED
    ]
    rows += [
        _row(f"rec + KL = {floor:.3f} within {NLL_MARGIN:g}: {name}", runs["nll"], floor, "equal")
        for name, runs in sides.items()
    ]
    notes = [*notes_of(study, table), _READING]
    return Table(title_of(study, "Acceptance of the ten sequences"), rows, notes)


_READING = (
    "10-neighbour purity: share of a sample's 10 nearest neighbours that code the same sequence. "
    "Linear accuracy: linear discriminant analysis of the sequence on z, fitted on one half of the "
    "samples and tested on the other. Chance is 0.1 for both."
)


def neighbour_purity(z: np.ndarray, label: np.ndarray, neighbours: int = NEIGHBOURS) -> float:
    """Return the mean share of the nearest neighbours of each z [S, D] that have its label [S]."""
    search = NearestNeighbors(n_neighbors=neighbours).fit(z)
    found = search.kneighbors(return_distance=False)  # without a query, a point is not its own
    return float((label[found] == label[:, None]).mean())


def linear_accuracy(z: np.ndarray, label: np.ndarray) -> float:
    """Return the accuracy on the odd samples of a linear classifier fitted on the even ones."""
    model = LinearDiscriminantAnalysis().fit(z[::2], label[::2])
    return float(model.score(z[1::2], label[1::2]))


def _sides(study: Study, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the runs by family of schedule: kl, nll, purity and linear accuracy by seed."""
    folders = {run.folder.name: run.folder for run in study.runs}
    kl, nll = (column_of(table.columns, metric) for metric in ("kl", "nll"))
    families = table["schedule"].map(style.family)
    sides = {}
    for name in ("constant", "monotonic", "cyclical"):
        runs = table[families == name]
        codes = [_separation(folders[run] / "snapshots.h5") for run in runs["run"]]
        frame = pd.DataFrame(codes, columns=["purity", "linear"], dtype=float)
        frame["kl"], frame["nll"] = runs[kl].to_numpy(), runs[nll].to_numpy()
        sides[name] = frame.set_index(runs["seed"].to_numpy())
    return sides


def _separation(path: Path) -> tuple[float, float]:
    recorded = list(snapshots(path))
    if not recorded:
        return (np.nan, np.nan)
    z, label = sample_posteriors(recorded[-1][1])
    return neighbour_purity(z, label), linear_accuracy(z, label)


def _row(criterion: str, left: pd.Series, right: pd.Series | float, direction: str) -> dict:
    margin = NLL_MARGIN if direction == "equal" else 0.0
    judged = judge(left, right, direction, margin)
    return {
        "criterion": criterion,
        "left": judged.left,
        "right": f"{right:.3f}" if isinstance(right, float) else judged.right,
        "difference": judged.difference.interval,
        "verdict": judged.verdict,
    }
