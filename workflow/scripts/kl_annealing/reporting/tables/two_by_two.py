"""Beta schedule × learning-rate schedule: means of the cells, then the effects paired by seed."""

import itertools
from collections.abc import Iterator

import pandas as pd

from kl_annealing.reporting.quantities import column_of, in_words
from kl_annealing.reporting.statistics import Interval, paired_difference
from kl_annealing.reporting.study import Study, by_method, in_order
from kl_annealing.reporting.tables.parts import iterate_note, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

METRICS = ("kl", "nll", "ppl")
Cells = dict[tuple[str, str], pd.DataFrame]


def build(study: Study) -> Table:
    """Return the cells' means, each schedule's effect at each level of the other, and interactions.

    Effects are differences of runs with the same seed, last iterate, reported split. Models
    without a latent variable have no beta and are left out.
    """
    table = study.latent_table()
    cells = {key: runs.set_index("seed") for key, runs in by_method(table)}
    rows = [
        {"row": "cell", "what": f"{in_words(method)}, lr {in_words(rate)}"} | means(runs, METRICS)
        for (method, rate), runs in cells.items()
    ]
    usual = table[table["model"].isin(table["model"].mode()[:1])]
    methods, rates = in_order(usual["method"]), in_order(usual["learning_rate"])
    for kind, effects in (
        ("effect of beta schedule", _of_schedules(methods, rates)),
        ("effect of learning rate", _of_rates(methods, rates)),
        ("interaction", _interactions(methods, rates)),
    ):
        rows += [{"row": kind, "what": what} | _effect(cells, keys) for what, keys in effects]
    notes = [*notes_of(study, table), iterate_note("last"), _READING]
    return Table(title_of(study, "Beta schedule × learning-rate schedule"), rows, notes)


_READING = (
    "An effect is the mean difference over seeds, paired by seed, with its 95 % interval: one "
    "that holds 0 shows no effect. An interaction is a difference of two effects."
)
Effects = Iterator[tuple[str, list[tuple[str, str]]]]


def _of_schedules(methods: list[str], rates: list[str]) -> Effects:
    for rate, (one, other) in itertools.product(rates, itertools.combinations(methods, 2)):
        what = f"{in_words(other)} - {in_words(one)}, lr {in_words(rate)}"
        yield what, [(other, rate), (one, rate)]


def _of_rates(methods: list[str], rates: list[str]) -> Effects:
    for method, (one, other) in itertools.product(methods, itertools.combinations(rates, 2)):
        what = f"lr {in_words(other)} - lr {in_words(one)}, {in_words(method)}"
        yield what, [(method, other), (method, one)]


def _interactions(methods: list[str], rates: list[str]) -> Effects:
    pairs = itertools.combinations(methods, 2), itertools.combinations(rates, 2)
    for (one, other), (first, second) in itertools.product(*pairs):
        what = f"({in_words(other)} - {in_words(one)}) × ({second} - {first})"
        yield what, [(other, second), (one, second), (other, first), (one, first)]


def _effect(cells: Cells, keys: list[tuple[str, str]]) -> dict[str, Interval]:
    """Return the paired difference of two cells, or of two such differences, for each metric."""
    if any(key not in cells for key in keys):
        return {}
    columns = {metric: column_of(cells[keys[0]].columns, metric) for metric in METRICS}
    effects = {}
    for metric, column in columns.items():
        values = [cells[key][column] for key in keys]
        left, right = values[0], values[1]
        if len(values) == 4:
            left, right = values[0] - values[1], values[2] - values[3]
        effects[metric] = paired_difference(left, right).interval
    return effects
