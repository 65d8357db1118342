"""The first steps of single sentences in the posterior mean space (He et al. 2019, section 3).

All panels have the published limits, which `posterior_mean` has too. They hold nearly everything:
of the first 200 steps only a few, when the decoder begins to move, reach beyond 3. A path has some
evenly spaced moments of these steps; with all of them the paths of an aggressive training, which
circle about the diagonal, hide one another.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import width_of
from kl_annealing.reporting.mean_space import REACH, row_label, trajectories
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study, first_seeds

COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE)  # a sentence each
ARROWS = 10  # of a path
WIDTH = 0.9 / 72  # inches, of an arrow


def draw(study: Study) -> Figure:
    """Draw the paths of sentences over the first steps of training, a panel a configuration.

    The decoder moves a sentence to the side, the encoder up or down. Arrows get darker from the
    first to the last, and a dot is the end; beyond the frame a path is cut. Of the first seed only.
    """
    paths = {
        label: trajectories(run.folder / "snapshots.h5") for label, _, run in first_seeds(study)
    }
    width = width_of(len(paths))
    figure = style.new_figure(width, 0.55 + width / max(2, len(paths)))
    panels = figure.subplots(1, len(paths), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (label, (model, inference)) in zip(panels, paths.items(), strict=True):
        rows = moments(len(model))
        for sentence, colour in zip(_spread(inference[-1]), COLOURS, strict=False):
            _path(axes, model[rows, sentence], inference[rows, sentence], colour)
        axes.set_title(f"{in_words(label)}\nsteps 0 to {rows[-1]} in {len(rows) - 1} arrows")
        _frame(axes)
    row_label(panels[0], "")
    figure.supxlabel("model posterior mean", fontsize=8)
    return figure


def moments(count: int) -> np.ndarray:
    """Return the rows of `count` that are drawn, evenly spaced, the first and the last of them."""
    return np.unique(np.linspace(0, count - 1, ARROWS + 1).round().astype(int))


def _spread(ends: np.ndarray) -> np.ndarray:
    """Return some sentences whose ends lie apart."""
    order = np.argsort(ends)
    return order[np.unique(np.linspace(0, len(order) - 1, len(COLOURS)).astype(int))]


def _path(axes: Axes, model: np.ndarray, inference: np.ndarray, colour: str) -> None:
    shades = [(colour, share) for share in np.linspace(0.35, 1, len(model) - 1)]
    look = {"angles": "xy", "scale_units": "xy", "scale": 1, "units": "inches", "width": WIDTH}
    moves = np.diff(model), np.diff(inference)
    axes.quiver(model[:-1], inference[:-1], *moves, color=shades, zorder=2, **look)
    axes.scatter(model[-1], inference[-1], s=14, color=colour, zorder=3)


def _frame(axes: Axes) -> None:
    """Draw the diagonal in the published limits."""
    axes.plot([-REACH, REACH], [-REACH, REACH], color="0.6", lw=0.8, zorder=1)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
