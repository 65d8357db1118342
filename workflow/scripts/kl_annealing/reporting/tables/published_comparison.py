"""Published numbers beside ours."""

import pandas as pd

from kl_annealing.reporting.study import Study, matching
from kl_annealing.reporting.tables.parts import ITERATES, configurations, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

METRICS = ("rec", "kl", "nll", "ppl")


def build(study: Study) -> Table:
    """Return, for each published row of this study, its numbers and ours for both iterates.

    Published rows that no run of ours corresponds to come alone; our configurations without a
    published counterpart follow at the end.
    """
    table = study.table()
    published = study.claims.about(study.name).published
    rows, used = [], set()
    for entry in published:
        rows.append(_published_row(entry))
        runs = matching(table, entry["select"]) if "select" in entry else table.iloc[:0]
        rows += _our_rows(runs)
        used |= set(runs.index)
    rows += _our_rows(table[~table.index.isin(used)])
    notes = [*notes_of(study, table), *source_notes(published)]
    return Table(title_of(study, "Published and ours"), rows, notes, {"where": "Source"})


def _published_row(entry: dict) -> dict:
    numbers = {metric: entry["numbers"].get(metric) for metric in METRICS}
    texts = {metric: _as_printed(value) for metric, value in numbers.items()}
    return {
        "method": entry["label"],
        "learning_rate": entry.get("learning_rate"),
        "where": entry["source"]["short"],
        "status": entry["status"].replace("_", " "),
        "iterate": entry.get("iterate"),
        **texts,
    }


def _as_printed(value: float | None) -> str | None:
    """Return the number as its source has it: YAML drops the last zero of 100.50."""
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    return max(str(value), f"{value:.2f}", key=len)


def _our_rows(runs: pd.DataFrame) -> list[dict]:
    return [
        {
            "method": names["method"],
            "learning_rate": runs_of_one["learning_rate"].iloc[0],
            "where": f"ours, {len(runs_of_one)} seed{'s' * (len(runs_of_one) > 1)}",
            "status": "measured",
            "iterate": said,
            **means(runs_of_one, METRICS, iterate),
        }
        for names, runs_of_one in configurations(runs)
        for iterate, said in ITERATES.items()
    ]


def source_notes(published: list[dict]) -> list[str]:
    """Return the sources in full, and what their standing means."""
    sources = {entry["source"]["short"]: entry["source"]["full"] for entry in published}
    notes = [f"{short}: {full}" for short, full in sources.items()]
    if any(entry["status"] == "unverified" for entry in published):
        notes.append("unverified: quoted from memory and not yet checked against the source.")
    return notes
