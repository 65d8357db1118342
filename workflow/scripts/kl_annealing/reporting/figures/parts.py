"""What several figures share: curves over seeds, legends, limits."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.reporting import style
from kl_annealing.reporting.quantities import in_words

SMALL = 0.1  # nats, the least that an axis or a colour bar spans
ROWS = 3  # of a legend above the panels
WRAPPED = 24  # characters of a line in a legend beside them


def draw_over_seeds(axes: Axes, runs: pd.DataFrame, column: str, **line) -> None:
    """Draw the mean of `column` over seeds against training steps, and the range as a band.

    Raises ValueError where a seed occurs twice at a step: two configurations must not be averaged
    as seeds of one.
    """
    measured = runs.dropna(subset=column)
    if measured.duplicated(["step", "seed"]).any():
        raise ValueError("a seed occurs twice at a step of a curve over seeds")
    by_seed = measured.pivot(index="step", columns="seed", values=column)
    steps = by_seed.index
    axes.plot(steps, by_seed.mean(axis=1), **line)
    if by_seed.shape[1] > 1:
        low, high = by_seed.min(axis=1), by_seed.max(axis=1)
        axes.fill_between(steps, low, high, color=line["color"], alpha=0.2, linewidth=0)


def name_steps(axes: Axes) -> None:
    """Name the axis of training steps; in thousands where a curve on it reaches a thousand."""
    together = axes.get_shared_x_axes().get_siblings(axes)
    if max(each.dataLim.x1 for each in together) < 1000:
        axes.set_xlabel("Training steps")
    else:
        axes.set_xlabel("Training steps (thousands)")
        axes.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:g}")


def late_limits(values: pd.Series, steps: pd.Series, skip: float = 0.15) -> tuple[float, float]:
    """Return axis limits of what comes after the first `skip` of training, with a margin.

    The first evaluations of a language model lie tens of nats away and would flatten the rest.
    """
    late = values[steps >= steps.min() + skip * (steps.max() - steps.min())].dropna()
    if late.empty:
        return (0.0, 1.0)
    margin = 0.06 * (late.max() - late.min()) or 0.5
    return late.min() - margin, late.max() + margin


def at_least(low: float, high: float, span: float = SMALL) -> tuple[float, float]:
    """Return limits at least `span` apart, not below 0, so that noise does not look like much."""
    low = max(0.0, min(low, (low + high - span) / 2))
    return low, max(high, low + span)


def panel_grid(
    figure: Figure,
    grid: np.ndarray,
    titles: Sequence[str],
    legend: Mapping[str, str],
    rates: Sequence[str] = (),
) -> None:
    """Label the columns of a grid of panels [rows, columns] over training steps, and its methods.

    `titles` are those of the columns, `legend` the methods' colours in the order of mention,
    `rates` as `method_legend` has them.
    """
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title)
    for axes in grid[-1]:
        name_steps(axes)
    figure.align_ylabels(grid[:, 0])
    method_legend(figure, legend, list(legend), rates)


def width_of(columns: int) -> float:
    """Return the width of a figure with so many columns of panels."""
    return style.COLUMN_WIDTH if columns == 1 else style.TEXT_WIDTH


def method_legend(
    figure: Figure, colours: Mapping[str, str], methods: Sequence[str], rates: Sequence[str] = ()
) -> None:
    """Put one legend of all methods above or beside the panels.

    `rates` are the learning-rate schedules that line styles tell apart, in the order of these.
    """
    lines = [Line2D([], [], color=colours[name], label=in_words(name)) for name in methods]
    if len(rates) > 1:
        styles = {f"lr {in_words(rate)}": style.dashes(n) for n, rate in enumerate(rates)}
        lines += [Line2D([], [], color="0.4", ls=ls, label=rate) for rate, ls in styles.items()]
    legend_of(figure, lines)


def legend_of(figure: Figure, handles: Sequence[Line2D]) -> None:
    """Put `handles` above the panels; where that takes more than `ROWS` rows, beside them.

    A figure with its legend beside it is as wide as the text, its long names are wrapped.
    """
    inches = 0.36 + 0.059 * max(len(handle.get_label()) for handle in handles)
    columns = max(1, min(len(handles), int(figure.get_figwidth() / inches)))
    if len(handles) <= ROWS * columns:
        place = {"loc": "outside upper center", "ncols": columns, "columnspacing": 1.2}
    else:
        figure.set_figwidth(max(figure.get_figwidth(), style.TEXT_WIDTH))
        place = {"loc": "outside right upper"}
        for handle in handles:
            handle.set_label(textwrap.fill(handle.get_label(), WRAPPED))
    figure.legend(handles=handles, **place)
