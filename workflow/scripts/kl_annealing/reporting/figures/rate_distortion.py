"""The plane of rate and distortion: KL against reconstruction, with lines of equal NLL."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import at_least, legend_of
from kl_annealing.reporting.quantities import column_of, in_words, quantity
from kl_annealing.reporting.study import Study, by_method, in_order

BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # behind a label on its line


def draw(study: Study) -> Figure:
    """Draw each run as a point, a method's mean as a larger one (reported split, last iterate).

    Marks tell the methods apart beside their colours or, where there are several, the
    learning-rate schedules. Along a dashed line the bound on the NLL is the same; what differs is
    how much of it the latent variable carries. A model without one has no place in the plane: its
    NLL is a line.
    """
    every, table = study.table(), study.latent_table()
    kl, rec = (column_of(table.columns, metric) for metric in ("kl", "rec"))
    methods, rates = in_order(table["method"]), in_order(table["learning_rate"])
    colours = style.colours(in_order(every["method"]), study.schedules)
    figure = style.new_figure(style.COLUMN_WIDTH, 3.4)
    axes = figure.subplots()
    marks = _marks(methods, rates)
    for (method, rate), runs in by_method(table):
        look = {"color": colours[method], "marker": marks[method, rate]}
        size = style.marker_size(marks[method, rate])
        axes.scatter(runs[kl], runs[rec], s=9 * size, alpha=0.45, linewidth=0, **look)
        mean = runs[kl].mean(), runs[rec].mean()
        axes.scatter(*mean, s=34 * size, edgecolor="white", lw=0.5, **look)
    _set_limits(axes)
    lines = _language_models(axes, every[~every["method"].isin(methods)], colours)
    _lines_of_equal_sum(axes, table[[kl, rec]].dropna().to_numpy())
    axes.set_xlabel(quantity(kl, study.task).axis)
    axes.set_ylabel(quantity(rec, study.task).axis)
    legend_of(figure, [*_handles({name: colours[name] for name in methods}, rates), *lines])
    return figure


def _set_limits(axes: Axes) -> None:
    axes.margins(0.12)
    left, right = at_least(*axes.get_xlim())
    axes.set_xlim(left - 0.03 * (right - left), right)  # a mark at 0 is drawn whole
    axes.set_ylim(at_least(*axes.get_ylim()))
    axes.locator_params(nbins=5)


def _marks(methods: Sequence[str], rates: Sequence[str]) -> dict[tuple[str, str], style.Mark]:
    """Return the mark of each method at each learning-rate schedule."""
    if len(rates) == 1:
        return {(method, rates[0]): style.marker(method) for method in methods}
    marks = dict(zip(rates, style.MARKERS, strict=False))
    return {(method, rate): marks[rate] for method in methods for rate in rates}


def _language_models(axes: Axes, table: pd.DataFrame, colours: Mapping[str, str]) -> list[Line2D]:
    """Draw the NLL of each method without a latent as a line of its own; return the handles."""
    handles = []
    left, right = axes.get_xlim()
    for (method, _), runs in by_method(table):
        nll = runs[column_of(runs.columns, "nll")].mean()
        look = {"color": colours[method], "lw": 1, "ls": ":"}
        axes.plot([left, right], [nll - left, nll - right], **look)
        handles.append(Line2D([], [], label=in_words(method), **look))
    return list({handle.get_label(): handle for handle in handles}.values())


def _lines_of_equal_sum(axes: Axes, points: np.ndarray) -> None:
    """Draw KL + reconstruction = constant, each line labelled where no point [N, 2] is near.

    That is outside the axes for a line that leaves them on the right. A sum whose label would cover
    the line of a language model is left out.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    low, high = left + bottom, right + top
    sums = MaxNLocator(9, steps=[1, 2, 5, 10]).tick_values(low, high)
    digits = max(0, -math.floor(math.log10(sums[1] - sums[0])))
    taken = [line.get_xydata()[0].sum() for line in axes.lines]
    for total in sums[np.abs(sums - (low + high) / 2) < 0.44 * (high - low)]:
        if any(abs(total - other) < 0.03 * (high - low) for other in taken):
            continue
        axes.plot([left, right], [total - left, total - right], "--", lw=0.6, color="0.6", zorder=0)
        text = f"NLL {total:.{digits}f}"
        if bottom <= total - right <= top:
            _label(axes, text, (right, total - right), (3, 0), ha="left")
        else:
            place = _emptiest(total, points, (left, right), (bottom, top))
            _label(axes, text, place, (0, 0), ha="center", bbox=BLANK)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.grid(False)


def _emptiest(
    total: float, points: np.ndarray, across: tuple[float, float], up: tuple[float, float]
) -> tuple[float, float]:
    """Return the place on the line of this sum, away from the edges, farthest from any point."""
    share = np.linspace(0.14, 0.86, 50)
    x = across[0] + share * (across[1] - across[0])
    places = np.stack([x, total - x], axis=1)
    spans = np.array([across[1] - across[0], up[1] - up[0]])
    inside = (total - x > up[0] + 0.06 * spans[1]) & (total - x < up[1] - 0.06 * spans[1])
    places = places[inside] if inside.any() else places
    gaps = np.linalg.norm((places[:, None] - points) / spans, axis=2).min(axis=1)
    return tuple(places[gaps.argmax()])


def _label(axes: Axes, text: str, place: tuple, shift: tuple, **look: Any) -> None:
    look |= {"fontsize": 6, "color": "0.35", "va": "center", "zorder": 0.5}
    axes.annotate(text, place, xytext=shift, textcoords="offset points", **look)


def _handles(colours: Mapping[str, str], rates: Sequence[str]) -> list[Line2D]:
    """Return a dot a method and, where there are several, a mark a learning-rate schedule."""
    several = len(rates) > 1
    marks = [
        (colour, "o" if several else style.marker(method), in_words(method))
        for method, colour in colours.items()
    ]
    if several:
        shapes = zip(style.MARKERS, rates, strict=False)
        marks += [("0.4", marker, f"lr {in_words(rate)}") for marker, rate in shapes]
    return [
        Line2D([], [], ls="", ms=_width(mark), color=colour, marker=mark, label=text)
        for colour, mark, text in marks
    ]


def _width(mark: style.Mark) -> float:
    """Return the width of a mark in the legend."""
    return 5 * math.sqrt(style.marker_size(mark))
