"""Accuracy, F1 and calibration of each classifier, by method and number of labels."""

import pandas as pd

from kl_annealing.reporting.classifiers import (
    ENCODERS,
    TITLES,
    budget_notes,
    cells,
    over_seeds_and_draws,
    seeds_and_draws_note,
)
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import ITERATES, stand_in_notes, title_of
from kl_annealing.reporting.tables.table import Table

SCORES = (
    "accuracy",
    "unseen_accuracy",
    "macro_f1",
    "unseen_macro_f1",
    "label_nll",
    "brier",
    "calibration_error",
)
HEADINGS = {"n_labels": "Labels", "learning_rate": "Learning rate"}


def build(study: Study) -> Table:
    """Return a row a method, classifier and number of labels; means over seeds and draws, on test.

    Raises InputError where nothing is classified.
    """
    scores = study.classified(study.scores)
    several = {name for name in ("learning_rate", "sampling", "dataset", "iterate")
               if scores[name].nunique() > 1}  # fmt: skip
    rows = [
        {
            "method": in_words(said["method"]),
            **{name: _said(name, said[name]) for name in sorted(several)},
            "encoder": ENCODERS.get(said["classifier"], "frozen"),
            "classifier": TITLES[said["classifier"]],
            "fraction": f"{100 * said['fraction']:g} %",
            "n_labels": str(said["n_labels"]),
            **{score: over_seeds_and_draws(found, score) for score in SCORES},
        }
        for said, found in cells(scores)
    ]
    return Table(title_of(study, "Classification"), rows, _notes(study, scores), HEADINGS)


def _said(name: str, value: object) -> str:
    return ITERATES[value] if name == "iterate" else in_words(value)


def _notes(study: Study, scores: pd.DataFrame) -> list[str]:
    table = study.table()
    iterates = ", ".join(ITERATES[name] for name in scores["iterate"].unique())
    return [
        *stand_in_notes(table),
        seeds_and_draws_note(scores),
        f"Features are the posterior means of the {iterates} weights.",
        *_counts(table),
        *budget_notes(table, scores),
        "What is chosen on validation (weights, penalty) sees all its labels, as published.",
        "Calibration error: expected, of the predicted class, in 15 bins (Guo et al. 2017).",
    ]


def _counts(table: pd.DataFrame) -> list[str]:
    """Return what a score must be held against, by dataset."""
    names = ("n_classified", "n_seen_in_training", "majority_accuracy")
    found = {name: next(c for c in table if c.endswith(f"_test_{name}")) for name in names}
    return [
        f"Of the {row[found['n_classified']]:.0f} test sentences of {dataset} "
        f"{row[found['n_seen_in_training']]:.0f} occur in training; the scores of unseen sentences "
        f"leave them out. The largest class alone: {row[found['majority_accuracy']]:.3f}."
        for dataset, row in table.groupby("dataset", sort=False).first().iterrows()
    ]
