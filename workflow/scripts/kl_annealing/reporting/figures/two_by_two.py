"""Beta schedule × learning-rate schedule: which of the two moves the KL and the NLL."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import at_least, method_legend
from kl_annealing.reporting.quantities import column_of, in_words, quantity
from kl_annealing.reporting.statistics import Interval, interval
from kl_annealing.reporting.study import Study, in_order

DODGE = 0.09  # between neighbouring methods, in units of one learning-rate schedule


def draw(study: Study) -> Figure:
    """Draw KL and NLL over the learning-rate schedules, one line a method.

    Points are means of the last iterate on the reported split, bars 95 % intervals over seeds,
    small dots the seeds. Parallel lines: the two schedules act independently; a flat line: the
    learning-rate schedule does not matter. Models without a latent variable are left out.
    """
    table = study.latent_table()
    rates, methods = in_order(table["learning_rate"]), in_order(table["method"])
    colours = style.colours(methods, study.schedules)
    figure = style.new_figure(style.COLUMN_WIDTH, 4.2)
    panels = figure.subplots(2, 1, sharex=True)
    for axes, metric in zip(panels, ("kl", "nll"), strict=True):
        column = column_of(table.columns, metric)
        for place, method in enumerate(methods):
            shift = DODGE * (place - (len(methods) - 1) / 2)
            _line(axes, table[table["method"] == method], column, rates, shift, colours[method])
        what = quantity(column, study.task)
        axes.set_ylabel(f"{what.title}\n({what.unit})")  # in one line it is longer than the panel
        axes.set_ylim(at_least(*axes.get_ylim()))
    top = panels[0].get_ylim()[1]
    panels[0].set_ylim(-0.03 * top, top)  # a mark at 0 is drawn whole
    panels[1].set_xticks(range(len(rates)), [in_words(rate) for rate in rates])
    panels[1].set_xlim(-0.5, len(rates) - 0.5)
    panels[1].set_xlabel("Learning-rate schedule")
    figure.align_ylabels(panels)
    method_legend(figure, colours, methods)
    return figure


def _line(
    axes: Axes, runs: pd.DataFrame, column: str, rates: list[str], shift: float, colour: str
) -> None:
    groups = [runs.loc[runs["learning_rate"] == rate, column].dropna() for rate in rates]
    means = [interval(group) for group in groups]
    places = np.arange(len(rates)) + shift
    heights = np.array([mean.mean for mean in means])
    bars = np.transpose([_bar(mean) for mean in means])
    axes.errorbar(places, heights, bars, color=colour, marker="o", markersize=4, linewidth=1)
    for place, group in zip(places, groups, strict=True):
        if len(group) > 1:
            axes.scatter([place + 0.03] * len(group), group, s=5, color=colour, alpha=0.6, lw=0)


def _bar(mean: Interval) -> tuple[float, float]:
    """Return how far the bar reaches down, not below 0, and up."""
    half = float(np.nan_to_num(mean.half_width))
    return min(half, max(0.0, mean.mean)), half
