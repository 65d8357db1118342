"""The ablation: one row a combination of the axes, the axes as columns."""

import pandas as pd

from kl_annealing.errors import InputError
from kl_annealing.reporting.study import NAMES, Study, dotted_axes
from kl_annealing.reporting.tables.parts import iterate_note, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

METRICS = ("rec", "kl", "nll", "ppl", "iw_nll", "mi_aggregate", "active_units")


def build(study: Study) -> Table:
    """Return the means of the last iterate over every axis that varies."""
    table = study.table()
    axes = dotted_axes(table)
    if not axes:
        raise InputError(
            f"study {study.name}: table ablation needs an axis such as schedule.cycles"
        )
    names = [name for name in NAMES if table[name].nunique() > 1]
    rows = [
        {**_plain([*names, *axes], values), **means(runs, METRICS)}
        for values, runs in table.groupby([*names, *axes], sort=False, dropna=False)
    ]
    notes = [*notes_of(study, table), iterate_note("last")]
    return Table(title_of(study, "Ablation"), rows, notes)


def _plain(names: list[str], values: tuple) -> dict[str, str]:
    """Return the axis values as texts, headed by their last word: schedule.cycles is `cycles`."""
    texts = (f"{value:g}" if isinstance(value, (int, float)) else str(value) for value in values)
    pairs = zip(names, texts, values, strict=True)
    return {name.split(".")[-1]: None if pd.isna(value) else text for name, text, value in pairs}
