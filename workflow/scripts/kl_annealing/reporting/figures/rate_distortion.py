"""The plane of rate and distortion: KL against reconstruction, with lines of equal NLL."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import method_legend
from kl_annealing.reporting.quantities import column_of, quantity
from kl_annealing.reporting.study import Study, by_method, in_order


def draw(study: Study) -> Figure:
    """Draw each run as a point, a method's mean as a larger one (test split, last iterate).

    Along a dashed line the bound on the NLL is the same; what differs is how much of it the
    latent variable carries.
    """
    table = study.table()
    kl, rec = (column_of(table.columns, metric) for metric in ("kl", "rec"))
    methods, rates = in_order(table["method"]), in_order(table["learning_rate"])
    colours = study.colours(methods)
    figure = style.new_figure(style.COLUMN_WIDTH, 3.1)
    axes = figure.subplots()
    for (method, rate), runs in by_method(table):
        mark = {"color": colours[method], "marker": style.MARKERS[rates.index(rate)]}
        axes.scatter(runs[kl], runs[rec], s=9, alpha=0.45, linewidth=0, **mark)
        axes.scatter(runs[kl].mean(), runs[rec].mean(), s=34, edgecolor="white", lw=0.5, **mark)
    axes.margins(0.12)
    axes.locator_params(nbins=5)
    _lines_of_equal_sum(axes)
    axes.set_xlabel(quantity(kl).axis)
    axes.set_ylabel(quantity(rec).axis)
    method_legend(figure, colours, methods)
    if len(rates) > 1:
        _rate_legend(axes, rates)
    return figure


def _lines_of_equal_sum(axes: Axes) -> None:
    """Draw KL + reconstruction = constant, each line labelled with its sum at the left edge."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    sums = np.linspace(left + bottom, right + top, 6)[1:-1]
    digits = 1 if np.ptp(sums) > 1 else 2
    for total in np.unique(np.round(sums, digits)):
        axes.plot([left, right], [total - left, total - right], "--", lw=0.6, color="0.6", zorder=0)
        place = max(left, total - top)
        axes.annotate(
            f"NLL {total:.{digits}f}",
            (place, total - place),
            xytext=(3, -2),
            textcoords="offset points",
            fontsize=6,
            color="0.45",
            va="top",
        )
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.grid(False)


def _rate_legend(axes: Axes, rates: list[str]) -> None:
    handles = [
        axes.scatter([], [], s=14, color="0.4", marker=marker, label=f"lr {style.label(rate)}")
        for marker, rate in zip(style.MARKERS, rates, strict=False)
    ]
    axes.legend(handles=handles, loc="best", handletextpad=0.2)
