"""How like the references the responses are: precision, recall and F1 of every score."""

import pandas as pd

from kl_annealing.reporting.dialog_notes import scoring_notes
from kl_annealing.reporting.quantities import MATCHED
from kl_annealing.reporting.statistics import Interval
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import (
    configurations,
    iterate_note,
    means,
    notes_of,
    title_of,
)
from kl_annealing.reporting.tables.table import Table

PARTS = {"precision": "precision", "recall": "recall", "f1": "F1"}


def build(study: Study) -> Table:
    """Return three rows a configuration, last iterate; a column a score.

    Raises InputError where there are no metrics.
    """
    table = study.table()
    rows = [
        {**names, "of": said, **_scores(runs, part)}
        for names, runs in configurations(table)
        for part, said in PARTS.items()
    ]
    notes = [*notes_of(study, table), iterate_note("last"), *scoring_notes(table)]
    headings = {score: title.rstrip(",") for score, title in MATCHED.items()} | {"of": ""}
    return Table(title_of(study, "Responses against references"), rows, notes, headings)


def _scores(runs: pd.DataFrame, part: str) -> dict[str, Interval]:
    """Return the means of a part by score."""
    found = means(runs, [f"{score}_{part}" for score in MATCHED])
    return {name.removesuffix(f"_{part}"): value for name, value in found.items()}
