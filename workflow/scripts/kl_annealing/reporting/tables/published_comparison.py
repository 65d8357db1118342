"""Published numbers beside ours."""

import pandas as pd

from kl_annealing.reporting.dialog_notes import AVERAGES, scoring_notes
from kl_annealing.reporting.quantities import QUANTITIES, in_words, quantity
from kl_annealing.reporting.study import REMEDIES, Study, dotted_axes, matching
from kl_annealing.reporting.tables.parts import by_iterate, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

NAMED = ("model", "dataset", *reversed(REMEDIES), "training", "schedule")
METRICS = ("rec", "kl", "nll", "ppl")  # where nothing is published
FLOAT_DIGITS = 12  # and more are no rounding of an author's


def build(study: Study) -> Table:
    """Return, for each published row of this study, its numbers and ours for both iterates.

    The columns are the quantities of which a number is published. Published rows that no run of
    ours corresponds to come alone; our configurations without a published counterpart follow at
    the end.
    """
    table = study.table()
    published = study.claims.about(study.name).published
    metrics = quantities_of(published)
    varied = [name for name in NAMED if name in table and table[name].nunique() > 1]
    if dotted_axes(table):  # single settings, which only a method's short name tells
        varied = []
    rows, used = [], set()
    for entry in published:
        rows.append(_published_row(entry, metrics))
        runs = matching(table, entry["select"]) if "select" in entry else table.iloc[:0]
        rows += _our_rows(runs, metrics, varied)
        used |= set(runs.index)
    rows += _our_rows(table[~table.index.isin(used)], metrics, varied)
    about = [AVERAGES, *scoring_notes(table)] if study.task == "dialog" else []
    notes = [*notes_of(study, table), *about, *source_notes(published)]
    return Table(title_of(study, "Published and ours"), rows, notes, {"where": "Source"})


def quantities_of(published: list[dict]) -> list[str]:
    """Return the quantities of published numbers in one order, the usual ones without any."""
    named = {metric for entry in published for metric in entry["numbers"]}
    return [metric for metric in QUANTITIES if metric in named] or list(METRICS)


def _published_row(entry: dict, metrics: list[str]) -> dict:
    numbers = {metric: entry["numbers"].get(metric) for metric in metrics}
    texts = {metric: _as_printed(metric, value) for metric, value in numbers.items()}
    return {
        "method": entry["label"],
        "learning_rate": entry.get("learning_rate"),
        "where": entry["source"]["short"],
        "status": entry["status"].replace("_", " "),
        "iterate": entry.get("iterate"),
        **texts,
    }


def _as_printed(metric: str, value: float | None) -> str | None:
    """Return the number as its source has it: YAML drops the last zero of 100.50 and 0.210.

    A number with all the digits of a float is a computed one, and rounded as ours are.
    """
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    digits = 2 if quantity(metric).unit else quantity(metric).digits
    rounded = f"{value:.{digits}f}"
    return max(str(value), rounded, key=len) if len(str(value)) < FLOAT_DIGITS else rounded


def _our_rows(runs: pd.DataFrame, metrics: list[str], varied: list[str]) -> list[dict]:
    """Return our rows; a method is named by all axes that vary, since it stands beside others'."""
    return [
        {
            "method": _in_full(runs_of_one, varied) or names["method"],
            "learning_rate": in_words(runs_of_one["learning_rate"].iloc[0]),
            "where": f"ours, {len(runs_of_one)} seed{'s' * (len(runs_of_one) > 1)}",
            "status": "measured",
            "iterate": names["iterate"],
            **means(runs_of_one, metrics, iterate),
        }
        for names, runs_of_one, iterate in by_iterate(runs)
    ]


def _in_full(runs: pd.DataFrame, varied: list[str]) -> str:
    return ", ".join(in_words(runs[name].iloc[0]) for name in varied)


def source_notes(published: list[dict]) -> list[str]:
    """Return the sources in full, and what their standing means."""
    sources = {entry["source"]["short"]: entry["source"]["full"] for entry in published}
    notes = [f"{short}: {full}" for short, full in sources.items()]
    if any(entry["status"] == "unverified" for entry in published):
        notes.append("unverified: quoted from memory and not yet checked against the source.")
    return notes
