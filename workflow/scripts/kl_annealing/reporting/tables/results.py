"""Everything measured, one row a configuration and iterate."""

import pandas as pd

from kl_annealing.reporting.statistics import Interval, interval
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import (
    by_iterate,
    means,
    notes_of,
    title_of,
    updates,
)
from kl_annealing.reporting.tables.table import Table

METRICS = (
    "rec",
    "kl",
    "nll",
    "ppl",
    "iw_nll",
    "iw_ppl",
    "mi_batch",
    "mi_aggregate",
    "active_units",
)


def build(study: Study) -> Table:
    """Return the means of all metrics for the last and the best-validation iterate."""
    table = study.table()
    rows = [
        {
            **names,
            **means(runs, METRICS, iterate),
            **updates(runs, iterate),
            **means_of_time(runs),
        }
        for names, runs, iterate in by_iterate(table)
    ]
    notes = [*notes_of(study, table), "MI in nats; its two estimators are not comparable."]
    return Table(title_of(study, "Results"), rows, notes, {"train_seconds": "Training (s)"})


def means_of_time(runs: pd.DataFrame) -> dict[str, Interval]:
    """Return the seconds of training, of what a run starts from too, where they were recorded."""
    if "train_seconds" not in runs:
        return {}
    seconds = runs["train_seconds"]
    if "parent_seconds" in runs:
        seconds = seconds + runs["parent_seconds"].fillna(0)
    return {"train_seconds": interval(seconds.dropna())}
