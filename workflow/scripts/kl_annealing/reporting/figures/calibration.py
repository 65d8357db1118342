"""Reliability diagrams: how often a classifier is right that says it is so sure."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.classifiers import TITLES
from kl_annealing.reporting.figures.parts import method_legend
from kl_annealing.reporting.study import Study, by_method, in_order

FEWEST = 10  # predictions of a bin that is drawn; the share of fewer is noise


def draw(study: Study) -> Figure:
    """Draw a row a classifier and a column a fraction of labels; a colour a method.

    Share of test sentences that are told rightly against the probability that was said, in 15 bins,
    all seeds and draws together; the first iterate and way to draw labels. A mark is as large as
    its bin is full; bins of fewer than ten are left out. On the diagonal probabilities mean what
    they say; below it they say too much.
    """
    bins = study.classified(study.calibration)
    first = {name: bins[name].iloc[0] for name in ("iterate", "sampling")}
    bins = bins[(bins[list(first)] == pd.Series(first)).all(axis=1)]
    methods, rates = in_order(bins["method"]), in_order(bins["learning_rate"])
    colours = style.colours(methods, study.schedules)
    classifiers, fractions = in_order(bins["classifier"]), sorted(bins["fraction"].unique())
    figure = style.new_figure(style.TEXT_WIDTH, 0.6 + 1.7 * len(classifiers))
    size = len(classifiers), len(fractions)
    grid = figure.subplots(*size, sharex=True, sharey=True, squeeze=False)
    for row, classifier in zip(grid, classifiers, strict=True):
        for axes, fraction in zip(row, fractions, strict=True):
            chosen = (bins["classifier"] == classifier) & (bins["fraction"] == fraction)
            _panel(axes, bins[chosen], colours, rates)
        row[0].set_ylabel(f"{TITLES[classifier]}\nshare right")
    for axes, fraction in zip(grid[0], fractions, strict=True):
        axes.set_title(f"{100 * fraction:g} % of the labels")
    for axes in grid[-1]:
        axes.set_xlabel("Probability said")
    method_legend(figure, colours, methods, rates)
    return figure


def _panel(axes: Axes, bins: pd.DataFrame, colours: dict[str, str], rates: list[str]) -> None:
    low = 1 / 3 if bins.empty else min(0.45, (bins["confidence"] / bins["count"]).min() - 0.05)
    axes.plot([low, 1], [low, 1], color="0.6", lw=0.8)
    for (method, rate), runs in by_method(bins):
        sums = runs.groupby("bin")[["count", "confidence", "hits"]].sum()
        sums = sums[sums["count"] >= FEWEST]
        x, y = sums["confidence"] / sums["count"], sums["hits"] / sums["count"]
        ls = style.dashes(rates.index(rate))
        axes.plot(x, y, color=colours[method], lw=0.9, ls=ls)
        sizes = 2 + 30 * sums["count"] / sums["count"].sum()
        axes.scatter(x, y, s=sizes, color=colours[method], lw=0, zorder=3)
    axes.set_ylim(-0.03, 1.03)
