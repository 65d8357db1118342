"""The conversions of verbs, word by word: what each method of the study makes of them."""

from collections.abc import Mapping

import numpy as np

from kl_annealing.errors import InputError
from kl_annealing.files.results import open_arrays
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import RunFiles, Study, first_seeds
from kl_annealing.reporting.tables.parts import stand_in_notes, title_of
from kl_annealing.reporting.tables.table import Table

TEXTS = ("source", "source_tense", "target", "target_tense", "prediction")
GIVEN = TEXTS[:-1]


def build(study: Study) -> Table:
    """Return a row a conversion and two columns a method: its prediction, and BLEU-4 of that.

    Of each method the first seed, last iterate; the last row has the means. Raises InputError for a
    run without conversions, or with others.
    """
    methods = {in_words(label): conversions_of(run) for label, _, run in first_seeds(study)}
    first = next(iter(methods.values()))
    for label, found in methods.items():
        if any(not np.array_equal(found[name], first[name]) for name in GIVEN):
            raise InputError(f"study {study.name}: {label} converts other words; use one dataset")
    rows = [_row(place, first, methods) for place in range(len(first["source"]))]
    means = {_score(label): float(found["bleu4"].mean()) for label, found in methods.items()}
    rows.append({"source": "mean", **means})
    headings = {_score(label): f"BLEU-4, {label}" for label in methods}
    headings |= {label: label for label in methods}
    notes = [*stand_in_notes(study.table()), "First seed, last iterate; BLEU-4 on letters."]
    return Table(title_of(study, "Conversions"), rows, notes, headings)


def conversions_of(run: RunFiles) -> Mapping[str, np.ndarray]:
    """Return the texts of `TEXTS` and `bleu4`, all [P], of a run's last iterate."""
    path = run.measured / "evaluation.h5"
    with open_arrays(path) as file:
        group = file.get("last/test/conversions")
        if group is None:
            raise InputError(f"{path}: no conversions; the study's evaluation needs the split test")
        return {name: group[name].asstr()[:] for name in TEXTS} | {"bleu4": group["bleu4"][:]}


def _row(
    place: int,
    first: Mapping[str, np.ndarray],
    methods: Mapping[str, Mapping[str, np.ndarray]],
) -> dict[str, object]:
    row: dict[str, object] = {name: first[name][place] for name in GIVEN}
    for label, found in methods.items():
        row |= {label: found["prediction"][place] or "(nothing)"}
        row |= {_score(label): float(found["bleu4"][place])}
    return row


def _score(label: str) -> str:
    return f"{label}: bleu4"
