"""Everything measured, one row a configuration and iterate."""

from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import (
    by_iterate,
    means,
    means_of_time,
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
