"""The methods of a study in the order of their importance-weighted NLL."""

import pandas as pd

from kl_annealing.reporting.quantities import column_of
from kl_annealing.reporting.statistics import paired_difference
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import (
    configurations,
    means,
    means_of_time,
    notes_of,
    title_of,
)
from kl_annealing.reporting.tables.table import Table

METRICS = (
    "rec",
    "kl",
    "elbo",
    "ppl",
    "iw_nll",
    "mi_batch",
    "mi_aggregate",
    "active_units",
)
HEADINGS = {"train_seconds": "Training (s)", "method": "Technique", "verdict": "Against the best"}
READING = (
    "Ranked by IW-NLL, lowest first. Against the best: level where the difference in IW-NLL, "
    "paired by seed, has a 95 % interval that holds 0; worse or better (on the seeds in common) "
    "where it does not; open below two seeds in common."
)


def build(study: Study) -> Table:
    """Return a row a method: rank, means of the last iterate, seconds, standing to the best.

    Raises InputError, as its parts do, where there are no metrics.
    """
    table = study.table()
    column = column_of(table.columns, "iw_nll")
    methods = sorted(configurations(table), key=lambda pair: pair[1][column].mean())
    best = methods[0][1]
    rows = [
        {
            "rank": str(rank),
            **names,
            **means(runs, METRICS),
            **means_of_time(runs),
            "verdict": "best" if rank == 1 else standing(runs, best, column),
        }
        for rank, (names, runs) in enumerate(methods, start=1)
    ]
    notes = [*notes_of(study, table), READING, "MI in nats; its two estimators do not compare."]
    return Table(title_of(study, "Ranking"), rows, notes, HEADINGS)


def standing(runs: pd.DataFrame, best: pd.DataFrame, column: str) -> str:
    """Return what seeds in common say of runs against those of the lowest mean.

    `better` can only be a method without some of the best one's seeds.
    """
    left, right = (one.set_index("seed")[column] for one in (runs, best))
    difference = paired_difference(left, right).interval
    if difference.n < 2:
        return "open"
    if difference.high < 0:
        return "better"
    return "worse" if difference.low > 0 else "level"
