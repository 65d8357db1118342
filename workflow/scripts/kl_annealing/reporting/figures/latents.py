"""The latent plane of the ten sequences over training, as figure 3 of Fu et al. (2019)."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study, first_seeds, snapshots

SAMPLES = 1000  # points a panel, over all sequences
FAR = 1.5  # times the usual reach of a panel
LABEL = 18  # letters that fit beside a row


def draw(study: Study) -> Figure:
    """Draw z ~ q(z|n) coloured by the sequence n: a row a configuration, a column a snapshot.

    Of the first seed only. Panels share one scale; one that reaches far beyond it says how far.
    """
    rows = {
        label: list(snapshots(run.folder / "snapshots.h5")) for label, _, run in first_seeds(study)
    }
    columns = max((len(row) for row in rows.values()), default=0)
    if not columns:
        raise InputError(f"study {study.name}: latents needs training.snapshots")
    figure = style.new_figure(style.TEXT_WIDTH, 0.55 + 1.12 * len(rows))
    grid = figure.subplots(len(rows), columns, sharex=True, sharey=True, squeeze=False)
    count = max(int(arrays["index"].max()) + 1 for row in rows.values() for _, arrays in row)
    reaches: dict[Axes, float] = {}
    for axes_row, (label, row) in zip(grid, rows.items(), strict=True):
        axes_row[0].set_ylabel(textwrap.fill(in_words(label), LABEL))
        for axes, (_, arrays) in zip(axes_row, row, strict=False):
            reaches[axes] = _scatter(axes, arrays, count)
    _name_steps(grid, [[step for step, _ in row] for row in rows.values()])
    _frame(grid, reaches)
    if count <= 10:
        _sequence_legend(figure, count)
    return figure


def sample_posteriors(
    arrays: dict[str, np.ndarray], total: int = SAMPLES, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples z [S, D] of the recorded posteriors and the sentence index [S] of each."""
    repeats = max(1, total // len(arrays["mu"]))
    generator = np.random.default_rng(seed)
    mu, deviation = (np.repeat(a, repeats, axis=0) for a in (arrays["mu"], _deviation(arrays)))
    z = mu + deviation * generator.standard_normal(mu.shape)
    return z, np.repeat(arrays["index"], repeats)


def _deviation(arrays: dict[str, np.ndarray]) -> np.ndarray:
    return np.exp(0.5 * arrays["logvar"])


def _name_steps(grid: np.ndarray, rows: Sequence[Sequence[int]]) -> None:
    """Head each column with its step, and again where a row's snapshots are of other steps."""
    said: dict[int, int] = {}
    for axes_row, steps in zip(grid, rows, strict=True):
        for column, step in enumerate(steps):
            if said.get(column) != step:
                axes_row[column].set_title(f"step {step:,}")
            said[column] = step


def _scatter(axes: Axes, arrays: dict[str, np.ndarray], count: int) -> float:
    """Draw one panel and return how far its points reach."""
    z, index = sample_posteriors(arrays)
    order = np.random.default_rng(1).permutation(len(z))  # or the last sequence would lie on top
    z, index = z[order, :2], index[order]
    axes.scatter(
        z[:, 0], z[:, 1], c=index, cmap=_map(count), vmin=-0.5, vmax=count - 0.5,
        s=1.6, linewidth=0, rasterized=True,
    )  # fmt: skip
    return float(np.quantile(np.abs(z), 0.998))


def _map(count: int):
    return ListedColormap(style.TEN_COLOURS[:count]) if count <= 10 else colormaps["viridis"]


def _frame(grid: np.ndarray, reaches: Mapping[Axes, float]) -> None:
    """Give all panels one scale, of most of them: where beta is 0 the points scatter far."""
    extent = min(max(reaches.values()), FAR * float(np.median(list(reaches.values()))))
    tick = max(1, math.floor(extent))
    for axes in grid.flat:
        axes.set(xlim=(-extent, extent), ylim=(-extent, extent), aspect="equal")
        axes.set(xticks=[-tick, 0, tick], yticks=[-tick, 0, tick])
        _frame_look(axes)
        if axes not in reaches:
            axes.set_axis_off()
        elif reaches[axes] > extent:
            text = f"to ±{reaches[axes]:.0f}"
            axes.text(0.97, 0.95, text, fontsize=6, ha="right", va="top", transform=axes.transAxes)
    _name_dimensions(grid)


def _frame_look(axes: Axes) -> None:
    """Draw a thin frame around a panel, with small ticks below and on the right."""
    sides = {"left": False, "labelleft": False, "right": True, "labelright": True}
    axes.tick_params(length=2, pad=1.5, labelsize=5.5, **sides)
    axes.grid(False)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("0.75")


def _name_dimensions(grid: np.ndarray) -> None:
    """Name z1 below the last row and z2 beside the last column; the rows' names are on the left."""
    for axes in grid.flat:
        axes.label_outer()
    for axes in grid[-1]:
        axes.set_xlabel("$z_1$", fontsize=7, labelpad=1)
    for axes in grid[:, -1]:
        place = {"ha": "left", "va": "center", "transform": axes.transAxes}
        axes.text(1.16, 0.5, "$z_2$", fontsize=7, **place)


def _sequence_legend(figure: Figure, count: int) -> None:
    handles = [
        Line2D([], [], ls="", marker="o", ms=4, color=style.TEN_COLOURS[n], label=str(n + 1))
        for n in range(count)
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=count, title="sequence $n$",
        title_fontsize=7, handletextpad=0.0, columnspacing=1.0,
    )  # fmt: skip
