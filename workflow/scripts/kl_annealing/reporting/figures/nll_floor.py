"""NLL of every method beside the true model's, where that is known."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import legend_of
from kl_annealing.reporting.quantities import column_of, in_words, quantity
from kl_annealing.reporting.statistics import interval
from kl_annealing.reporting.study import Study, by_method, floor_of

BOUNDS = {"nll": "o", "iw_nll": "D"}


def draw(study: Study) -> Figure:
    """Draw a row a configuration: the bound and the importance-weighted NLL, and the floor.

    Reported split, last iterate; means and 95 % intervals over seeds. Only by the chance of a
    finite split is a model left of the floor, the true model's NLL of the same sentences.
    """
    table = study.table()
    floor = floor_of(table)
    if floor is None:
        raise InputError(f"study {study.name}: nll_floor needs a corpus of known entropy")
    groups = dict(list(by_method(table)))
    colours = style.colours([method for method, _ in groups], study.schedules)
    figure = style.new_figure(style.COLUMN_WIDTH, 1.1 + 0.27 * len(groups))
    axes = figure.subplots()
    for row, ((method, _), runs) in enumerate(groups.items()):
        for bound, shift in zip(BOUNDS, (-0.13, 0.13), strict=True):
            _mark(axes, runs, bound, row + shift, colours[method])
    axes.axvline(floor, color="0.3", lw=0.9, ls=":")
    several = table["learning_rate"].nunique() > 1
    axes.set_yticks(range(len(groups)), [_name(*key, several) for key in groups])
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlabel(f"NLL ({quantity('nll').unit})")
    legend_of(figure, _handles(floor))
    return figure


def _mark(axes: Axes, runs: pd.DataFrame, bound: str, height: float, colour: str) -> None:
    column = column_of(runs.columns, bound)
    if column is None:
        return
    ours = interval(runs[column].dropna())
    bar = 0 if ours.n < 2 else ours.half_width
    axes.errorbar(ours.mean, height, xerr=bar, color=colour, marker=BOUNDS[bound], ls="", lw=1)


def _name(method: str, rate: str, several: bool) -> str:
    return f"{in_words(method)}, lr {in_words(rate)}" if several else in_words(method)


def _handles(floor: float) -> list[Line2D]:
    marks = [
        Line2D([], [], color="0.4", ls="", marker=marker, label=quantity(bound).title)
        for bound, marker in BOUNDS.items()
    ]
    return [*marks, Line2D([], [], color="0.3", lw=0.9, ls=":", label=f"floor {floor:.2f}")]
