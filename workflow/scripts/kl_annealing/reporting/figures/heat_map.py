"""The ablation of the cyclical schedule: KL and NLL over cycles M, ratio R and shape."""

import math

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import at_least
from kl_annealing.reporting.quantities import column_of, in_words, quantity
from kl_annealing.reporting.study import Study, in_order

CYCLES, RATIO, SHAPE = "schedule.cycles", "schedule.ratio", "schedule.shape"
MAPS = {"kl": "viridis", "nll": "cividis_r"}  # brighter is better in both


def draw(study: Study) -> Figure:
    """Draw a row of maps for KL and one for NLL (last iterate, reported split, mean over seeds).

    Each panel is a ramp shape, its rows the cycles M, its columns the ratio R. The colours span at
    least 0.1 nats, or chance would be coloured like an effect.
    """
    table = study.table()
    for axis in (CYCLES, RATIO):
        if axis not in table:
            raise InputError(f"study {study.name}: heat_map needs the axis {axis}")
    shapes = in_order(table[SHAPE]) if SHAPE in table else [None]
    width = style.TEXT_WIDTH if len(shapes) > 1 else style.COLUMN_WIDTH
    height = 0.75 + 2 * (0.45 + 0.29 * table[CYCLES].nunique())
    figure = style.new_figure(width, height)
    grid = figure.subplots(len(MAPS), len(shapes), sharex=True, sharey=True, squeeze=False)
    for row, metric in zip(grid, MAPS, strict=True):
        _row_of_maps(figure, row, table, shapes, metric)
    for axes in grid[-1]:
        axes.set_xlabel("Ratio $R$")
    return figure


def _row_of_maps(
    figure: Figure, row: list[Axes], table: pd.DataFrame, shapes: list, metric: str
) -> None:
    column = column_of(table.columns, metric)
    axes_names = [name for name in (SHAPE, CYCLES, RATIO) if name in table]
    means = table.groupby(axes_names)[column].mean()
    span = Normalize(*at_least(means.min(), means.max()))
    colours = ScalarMappable(span, colormaps[MAPS[metric]])
    digits = _digits(means.max() - means.min())
    for axes, shape in zip(row, shapes, strict=True):
        runs = table if shape is None else table[table[SHAPE] == shape]
        _map(axes, runs.pivot_table(column, CYCLES, RATIO, dropna=False), colours, digits)
        if shape is not None and metric == "kl":
            axes.set_title(f"{in_words(shape)} ramp")
    row[0].set_ylabel("Cycles $M$")
    what = quantity(column)
    label = f"{what.title}\n({what.unit})"  # in one line it is longer than the bar
    bar = figure.colorbar(colours, ax=list(row), label=label, aspect=12, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.yaxis.label.set_size(7)


def _map(axes: Axes, cells: pd.DataFrame, colours: ScalarMappable, digits: int) -> None:
    axes.imshow(cells, cmap=colours.cmap, norm=colours.norm, aspect="auto")
    axes.set_xticks(range(cells.shape[1]), [f"{value:g}" for value in cells.columns])
    axes.set_yticks(range(cells.shape[0]), [f"{value:g}" for value in cells.index])
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    for row, values in enumerate(cells.to_numpy()):
        for place, value in enumerate(values):
            text, ink = f"{value:.{digits}f}", _ink(colours.to_rgba(value))
            if value != value:  # a combination that was not run
                text, ink = "-", "black"
            axes.text(place, row, text, ha="center", va="center", fontsize=6.5, color=ink)


def _digits(span: float) -> int:
    """Return the decimals, two to four, at which numbers that span so much can be told apart."""
    return min(4, max(2, -math.floor(math.log10(span)))) if span > 0 else 2


def _ink(rgba: tuple[float, ...]) -> str:
    """Return black or white, whichever reads better on the cell."""
    red, green, blue = rgba[:3]
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
