"""The methods of a study in the order of their importance-weighted NLL."""

import pandas as pd

from kl_annealing.reporting.quantities import column_of
from kl_annealing.reporting.statistics import Interval, interval, paired_difference
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import (
    configurations,
    iterate_note,
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
INFORMATION = "MI in nats; its two estimators do not compare."
BEST = {"iw_nll_minus_best": interval(()), "verdict": "best"}
READING = (
    "Ranked by IW-NLL, lowest first. IW-NLL minus best's: the mean difference over the seeds in "
    "common, paired by seed, ± half of its 95 % interval. Against the best: worse or better (on "
    "the seeds in common) where that interval does not hold 0; not told apart where it does, which "
    "does not say equal; open below two seeds in common."
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
            **(_beside(runs, best, column) if rank > 1 else BEST),
        }
        for rank, (names, runs) in enumerate(methods, start=1)
    ]
    notes = [*notes_of(study, table), iterate_note("last"), READING, INFORMATION]
    return Table(title_of(study, "Ranking"), rows, notes, HEADINGS)


def _beside(runs: pd.DataFrame, best: pd.DataFrame, column: str) -> dict[str, Interval | str]:
    """Return the difference in IW-NLL to the best, on the seeds in common, and what it says."""
    left, right = (one.set_index("seed")[column] for one in (runs, best))
    difference = paired_difference(left, right).interval
    return {"iw_nll_minus_best": difference, "verdict": standing(difference)}


def standing(difference: Interval) -> str:
    """Return what a paired difference to the method of the lowest mean says.

    `better` can only be a method without some of the best one's seeds.
    """
    if difference.n < 2:
        return "open"
    if difference.high < 0:
        return "better"
    return "worse" if difference.low > 0 else "not told apart"
