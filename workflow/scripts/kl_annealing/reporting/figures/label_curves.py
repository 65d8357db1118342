"""Accuracy against the number of labels: what pre-training without labels is worth."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.classifiers import TITLES, over_seeds_and_draws
from kl_annealing.reporting.figures.parts import method_legend
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study, by_method, in_order

PANEL = ["dataset", "sampling"]
APART = 0.05  # of a factor of labels between neighbouring methods, so that bars do not coincide


def draw(study: Study) -> Figure:
    """Draw a panel a classifier, a row a dataset and way to draw labels; a colour a method.

    Test accuracy of the first iterate that is classified; bars are 95 % intervals over seeds and
    draws, the dotted line always says the largest class.
    """
    scores = study.classified(study.scores)
    scores = scores[scores["iterate"] == scores["iterate"].iloc[0]]
    methods, rates = in_order(scores["method"]), in_order(scores["learning_rate"])
    colours = style.colours(methods, study.schedules)
    classifiers = in_order(scores["classifier"])
    groups = list(scores.groupby(PANEL, sort=False))
    figure = style.new_figure(style.TEXT_WIDTH, 0.5 + 2.1 * len(groups))
    grid = figure.subplots(len(groups), len(classifiers), sharey=True, squeeze=False)
    for row, ((dataset, sampling), group) in zip(grid, groups, strict=True):
        for axes, classifier in zip(row, classifiers, strict=True):
            _panel(axes, group[group["classifier"] == classifier], colours, rates)
            axes.axhline(_majority(study.table(), dataset), color="0.3", lw=0.9, ls=":")
            axes.set_title(TITLES[classifier])
        where = f"{in_words(dataset)}, {sampling}\n" if len(groups) > 1 else ""
        row[0].set_ylabel(f"{where}Test accuracy")
    for axes in grid[-1]:
        axes.set_xlabel("Labelled sentences")
    _name_the_line(grid[0][0])
    method_legend(figure, colours, methods, rates)
    return figure


def _panel(axes: Axes, scores: pd.DataFrame, colours: dict[str, str], rates: list[str]) -> None:
    """Draw the curves of one classifier, each moved a little to the side."""
    groups = list(by_method(scores))
    for place, ((method, rate), runs) in enumerate(groups):
        found = {n: over_seeds_and_draws(rows, "accuracy") for n, rows in runs.groupby("n_labels")}
        shift = (1 + APART) ** (place - (len(groups) - 1) / 2)
        mean = [each.mean for each in found.values()]
        look = {"color": colours[method], "ls": style.dashes(rates.index(rate))}
        axes.errorbar(
            [count * shift for count in found],
            mean,
            [0 if each.n < 1 else _half(each) for each in found.values()],
            marker=style.marker(method),
            ms=3,
            lw=1,
            elinewidth=0.8,
            **look,
        )
    axes.set_xscale("log")
    counts = sorted(scores["n_labels"].unique())
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()


def _name_the_line(axes: Axes) -> None:
    """Say what the dotted line is, at its right end, where curves are far above it."""
    place = {"xy": (1, axes.lines[-1].get_ydata()[0]), "xycoords": ("axes fraction", "data")}
    look = {"ha": "right", "va": "bottom", "fontsize": 6, "color": "0.3"}
    axes.annotate("largest class", xytext=(-2, 1), textcoords="offset points", **place, **look)


def _half(interval) -> float:
    """Return half the interval, 0 where one value gives none."""
    return 0.0 if interval.half_width != interval.half_width else interval.half_width


def _majority(table: pd.DataFrame, dataset: str) -> float:
    """Return the accuracy of always saying the largest class."""
    column = next(name for name in table if name.endswith("_test_majority_accuracy"))
    return float(table.loc[table["dataset"] == dataset, column].iloc[0])
