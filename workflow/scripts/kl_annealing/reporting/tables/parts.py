"""What several tables share: configurations, their means, and footnotes."""

from collections.abc import Iterator, Sequence

import pandas as pd

from kl_annealing.axes import AXES
from kl_annealing.reporting.dialog_notes import data_notes
from kl_annealing.reporting.quantities import (
    REPORTED_SPLITS,
    column_of,
    example_of,
    in_words,
    reported_split,
)
from kl_annealing.reporting.statistics import Interval, interval
from kl_annealing.reporting.study import (
    Study,
    by_method,
    common_remedies,
    entropy_of,
    floor_of,
)

ITERATES = {"last": "last", "best": "best validation"}
ONE_ITERATE = "last and best"  # where the best-validation weights of every seed are the last ones


def configurations(table: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Yield (names for the table's first columns, runs of all seeds) of each configuration."""
    several = table["learning_rate"].nunique() > 1
    for (method, rate), runs in by_method(table):
        names = {"method": in_words(method)}
        yield names | ({"learning_rate": in_words(rate)} if several else {}), runs


def by_iterate(table: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame, str]]:
    """Yield `configurations` for the last and the best-validation iterate, which they name.

    With the runs comes the iterate's key. Where both are the same weights there is one of them.
    """
    for names, runs in configurations(table):
        said = {"last": ONE_ITERATE} if _one_iterate(runs) else ITERATES
        for iterate, name in said.items():
            yield names | {"iterate": name}, runs, iterate


def _one_iterate(runs: pd.DataFrame) -> bool:
    """Whether the best-validation weights of every run are known to be its last ones."""
    steps = {"last_step", "best_step"}
    return steps <= {*runs} and bool(runs["last_step"].eq(runs["best_step"]).all())


def means(runs: pd.DataFrame, metrics: Sequence[str], iterate: str = "last") -> dict[str, Interval]:
    """Return the mean over seeds of each metric that was measured, on the reported split."""
    columns = {metric: column_of(runs.columns, metric, iterate) for metric in metrics}
    return {metric: interval(runs[name].dropna()) for metric, name in columns.items() if name}


def updates(runs: pd.DataFrame, iterate: str) -> dict[str, Interval]:
    """Return the mean over seeds of the updates behind an iterate, where they were recorded."""
    column = f"{iterate}_step"
    return {"step": interval(runs[column].dropna())} if column in runs else {}


def means_of_time(runs: pd.DataFrame) -> dict[str, Interval]:
    """Return the mean over seeds of `training_seconds`, where they were recorded."""
    if "train_seconds" not in runs:
        return {}
    return {"train_seconds": interval(training_seconds(runs).dropna())}


def training_seconds(runs: pd.DataFrame) -> pd.Series:
    """Return the seconds of training of each run, those of what it starts from among them."""
    seconds = runs["train_seconds"]
    return seconds + runs["parent_seconds"].fillna(0) if "parent_seconds" in runs else seconds


def title_of(study: Study, subject: str) -> str:
    """Return `subject (study, experiment)`."""
    names = ", ".join(filter(None, (f"study {study.name}", _experiment(study))))
    return f"{subject} ({names})"


def notes_of(study: Study, table: pd.DataFrame) -> list[str]:
    """Return the footnotes that every table of results needs."""
    split = REPORTED_SPLITS[reported_split(table)]
    notes = [
        *stand_in_notes(table),
        *dropped_notes(table),
        *data_notes(table),
        *common_notes(table),
        f"Losses in nats per {example_of(study.task)} on the {split}; NLL bound = rec + KL at "
        "beta = 1.",
        seeds_note(table),
        *_values("Trained for at most {} epochs.", table, "epochs"),
        *_values("Trained for at most {} steps.", table, "steps"),
        *_values("Trained in {}.", table, "precision"),
        *_values("Trained on: {}.", table, "device"),
        *_values("Evaluated in {}.", table, "evaluation_precision"),
        *_values("Importance-weighted with {} samples.", table, "importance_samples"),
        *_error_notes(table),
    ]
    return notes + floor_notes(table, example_of(study.task))


def iterate_note(iterate: str) -> str:
    """Return which iterate a table without a column of iterates shows."""
    return f"Iterate shown: {ITERATES[iterate]}."


def _error_notes(table: pd.DataFrame) -> list[str]:
    """Return how far the reconstruction behind IW-NLL is from the exact one, where it is known."""
    columns = {column_of(table.columns, "iw_rec_error", iterate) for iterate in ITERATES} - {None}
    errors = table[sorted(columns)].stack().dropna()
    if errors.empty:
        return []
    low, high = errors.min(), errors.max()
    words = "Their softmax normalisers estimated from {} words where there are more."
    return [
        *_values(words, table, "importance_words"),
        f"The reconstruction behind IW-NLL is {low:+.3f} to {high:+.3f} nats off, by run.",
    ]


def floor_notes(table: pd.DataFrame, example: str = "sentence") -> list[str]:
    """Return what generated data allow at best: of the measured sentences, and on average."""
    floor, entropy = floor_of(table), entropy_of(table)
    if floor is None:
        return []
    if floor == entropy and "floor_nll_test" not in table.dropna(axis="columns", how="all"):
        return [f"The data's own entropy, the lowest possible NLL, is {floor:.3f} nats."]
    source = "" if entropy in (None, floor) else f" (entropy of their source: {entropy:.3f})"
    return [f"The NLL of the reported {example}s under the true model is {floor:.3f} nats{source}."]


def stand_in_notes(table: pd.DataFrame) -> list[str]:
    """Return a warning for each dataset that stands in for another."""
    if "stand_in_for" not in table:
        return []
    pairs = table[["dataset", "stand_in_for"]].drop_duplicates().itertuples(index=False)
    return [
        f"Dataset {dataset} is a stand-in for {original}: not comparable with published numbers."
        for dataset, original in pairs
        if original
    ]


def common_notes(table: pd.DataFrame) -> list[str]:
    """Return the remedies that all runs of a table have."""
    said = [f"{AXES[name].label} {in_words(x)}" for name, x in common_remedies(table).items()]
    return [f"All runs: {', '.join(said)}."] if said else []


def dropped_notes(table: pd.DataFrame) -> list[str]:
    """Return how many sentences of each dataset were left out as too long, where any were."""
    columns = [f"{split}_too_long" for split in ("train", "valid", "test")]
    counts = table.reindex(columns=columns).fillna(0).groupby(table["dataset"]).max()
    return [
        f"Sentences of dataset {name} dropped as longer than its maximum_length: "
        + ", ".join(f"{count:g} of {split.partition('_')[0]}" for split, count in row.items())
        + "."
        for name, row in counts.iterrows()
        if row.any()
    ]


def seeds_note(table: pd.DataFrame) -> str:
    """Return how many seeds there are and what the interval is."""
    counts = by_method(table)["seed"].nunique()
    low, high = counts.min(), counts.max()
    if high == 1:
        return "One seed, so no interval and no conclusion about differences."
    seeds = str(high) if low == high else f"{low} to {high}"
    return f"Mean ± half of the 95 % Student-t interval over {seeds} seeds."


def _experiment(study: Study) -> str:
    return f"experiment {study.experiment}" if study.experiment else ""


def _values(text: str, table: pd.DataFrame, column: str) -> list[str]:
    """Return `text` with the column's different values, nothing where none is known.

    A value may be several in a row, as those of a run in sessions on different devices.
    """
    known = table[column].dropna().unique() if column in table else []
    values = [f"{value:g}" if isinstance(value, float) else str(value) for value in known]
    each = dict.fromkeys(part for value in values for part in value.split(", "))
    return [text.format(", ".join(each))] if each else []
