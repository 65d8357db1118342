"""What the tables and figures of classifiers share: names, and means over seeds and draws."""

from collections.abc import Iterator

import pandas as pd

from kl_annealing.reporting.statistics import Interval, crossed_interval
from kl_annealing.reporting.study import by_method

TITLES = {
    "logistic_regression": "Logistic regression",
    "published": "Published optimiser",
    "fine_tuned": "Fine-tuned encoder",
}
ENCODERS = {"fine_tuned": "fine-tuned"}  # of the others it is frozen
CELL = ["dataset", "iterate", "classifier", "sampling", "fraction", "n_labels"]


def over_seeds_and_draws(rows: pd.DataFrame, score: str) -> Interval:
    """Return the mean of a score over the seeds and draws of one method and number of labels."""
    return crossed_interval(rows.pivot_table(score, "seed", "draw", dropna=False))


def cells(scores: pd.DataFrame) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Yield (what the rows have in common, rows of all seeds and draws), method after method."""
    for (method, rate), runs in by_method(scores):
        for keys, rows in runs.groupby(CELL, sort=False):
            yield (
                dict(zip(CELL, keys, strict=True)) | {"method": method, "learning_rate": rate},
                rows,
            )


def budget_notes(table: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Return how long each classifier that learns in steps does so, and how many labels it sees."""
    shown = [name for name in ("published", "fine_tuned") if name in {*scores["classifier"]}]
    return [_budget_note(name, table.iloc[0], scores["n_labels"].max()) for name in shown]


def _budget_note(name: str, run: pd.Series, labels: int) -> str:
    keys = ("epochs", "batch_size", "learning_rate")
    settings = {key: run.get(f"{name}_{key}") for key in keys}
    if any(pd.isna(value) for value in settings.values()):
        return f"{TITLES[name]}: its settings are not known."
    said = "{epochs:g} epochs in batches of {batch_size:g} at {learning_rate:g}".format(**settings)
    most = run.get(f"{name}_maximum_steps")
    if pd.notna(most):
        seen = most * settings["batch_size"]
        said += f", but {most:,.0f} updates at most, which see {seen:,.0f} labels"
        if seen < labels:
            said += f": fewer than the {labels:,.0f} that the largest row names"
    if run.get(f"{name}_budget") == "published":
        said += "; an autoencoder has a third of this, as published"
    draws = run.get(f"{name}_draws")
    if pd.notna(draws):
        said += f"; of {draws:g} draw{'s' if draws > 1 else ''} of labels only"
    return f"{TITLES[name]}: Adam, {said}."


def seeds_and_draws_note(scores: pd.DataFrame) -> str:
    """Return what the intervals are of."""
    seeds, draws = scores["seed"].nunique(), scores["draw"].nunique()
    if max(seeds, draws) == 1:
        return "One seed and one draw of labels, so no interval and no conclusion."
    over = f"{seeds} seed{'s' * (seeds > 1)} and {draws} draw{'s' * (draws > 1)} of labels"
    alone = "" if seeds > 1 else "; of one seed it says nothing about another pre-training"
    return f"Mean ± half of the 95 % interval over {over}, which are crossed{alone}."
