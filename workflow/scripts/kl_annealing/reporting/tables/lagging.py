"""Likelihood, information and time of each method and dataset, as table 1 of He et al. (2019)."""

from collections.abc import Iterator

import pandas as pd

from kl_annealing.reporting.quantities import column_of, in_words
from kl_annealing.reporting.statistics import Interval, interval
from kl_annealing.reporting.study import Study, in_order, matching, with_methods
from kl_annealing.reporting.tables.parts import (
    configurations,
    iterate_note,
    means,
    notes_of,
    title_of,
    training_seconds,
)
from kl_annealing.reporting.tables.published_comparison import source_notes
from kl_annealing.reporting.tables.table import Table

METRICS = ("iw_nll", "kl", "mi_batch", "active_units")
# The plain VAE, whose time is 1.
BASELINE = {
    "schedule": "constant",
    "strategy": "standard",
    "posterior": "gaussian",
    "objective": "elbo",
    "initial": "fresh",
}


def build(study: Study) -> Table:
    """Return, dataset by dataset, the published rows and ours of the best-validation iterate.

    Published rows are about the dataset itself or the one that it stands in for.
    """
    table, published = study.table(), study.claims.about(study.name).published
    rows, shown = [], []
    for name in in_order(table["dataset"]):
        runs = with_methods(table[table["dataset"] == name], table)
        about = [entry for entry in published if _concerns(entry, runs)]
        shown += about
        rows += [_published_row(name, entry) for entry in about]
        rows += [{"dataset": in_words(name), **row} for row in _our_rows(runs)]
    notes = [
        *notes_of(study, table),
        iterate_note("best"),
        "NLL is importance-weighted; MI is within mini-batches, at most ln of their size.",
        "Relative time: training time over that of the VAE at constant beta, by seed; "
        "published times count hours on one GPU.",
        *source_notes(shown),
    ]
    return Table(title_of(study, "Lagging inference networks"), rows, notes, {"where": "Source"})


def _concerns(entry: dict, runs: pd.DataFrame) -> bool:
    dataset = entry.get("dataset", entry.get("select", {}).get("dataset"))
    return not matching(runs, {"dataset": dataset}).empty


def _published_row(name: str, entry: dict) -> dict:
    numbers = {metric: entry["numbers"].get(metric) for metric in (*METRICS, "relative_time")}
    return {
        "dataset": in_words(name),
        "method": entry["label"],
        "where": entry["source"]["short"],
        "status": entry["status"].replace("_", " "),
        **{metric: None if value is None else str(value) for metric, value in numbers.items()},
    }


def _our_rows(runs: pd.DataFrame) -> Iterator[dict]:
    usual = _baseline(runs)
    for names, of_one in configurations(runs):
        count = len(of_one)
        yield {
            **names,
            "where": f"ours, {count} seed{'s' * (count > 1)}",
            "status": "measured",
            **means(of_one, METRICS, "best"),
            "relative_time": relative_time(of_one, usual),
        }


def _baseline(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the plain VAE: the language model has no KL."""
    told = {key: value for key, value in BASELINE.items() if key in runs and runs[key].any()}
    plain = matching(runs, told)
    column = column_of(runs.columns, "kl", "best")
    return plain.dropna(subset=column) if column else plain


def relative_time(runs: pd.DataFrame, usual: pd.DataFrame) -> Interval:
    """Return the training time over that of `usual` with the same seed and learning rate."""
    if "train_seconds" not in runs or usual.empty:
        return interval(pd.Series(dtype=float))
    pair = ["seed", "learning_rate"]
    one = training_seconds(usual.drop_duplicates(pair).set_index(pair))
    return interval((training_seconds(runs.set_index(pair)) / one).dropna())
