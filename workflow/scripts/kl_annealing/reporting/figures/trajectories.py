"""The first steps of single sentences in the posterior mean space (He et al. 2019, section 3)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import at_least, width_of
from kl_annealing.reporting.mean_space import first_seeds, row_label, trajectories
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study

SENTENCES = 6
ARROWS = 8  # of a path; more would hide it


def draw(study: Study) -> Figure:
    """Draw the path of sentences over the first steps of training, a panel a method.

    Each step is two moves: of the encoder, straight up or down, then of the decoder, to the side.
    A circle is the start, a dot the end. Of the first seed only.
    """
    paths = {
        method: trajectories(run.folder / "snapshots.h5")
        for method, run in first_seeds(study).items()
    }
    width = width_of(len(paths))
    figure = style.new_figure(width, 0.4 + width / max(2, len(paths)))
    panels = figure.subplots(1, len(paths), squeeze=False)[0]
    for axes, (method, (model, inference)) in zip(panels, paths.items(), strict=True):
        for sentence, colour in zip(_spread(inference[-1]), style.TEN_COLOURS, strict=False):
            _path(axes, staircase(model[:, sentence], inference[:, sentence]), colour)
        axes.set_title(f"{in_words(method)}, steps 0 to {len(model) - 1}")
        _frame(axes)
    row_label(panels[0], "")
    figure.supxlabel("model posterior mean", fontsize=8)
    return figure


def staircase(model: np.ndarray, inference: np.ndarray) -> np.ndarray:
    """Return the corners [2 T - 1, 2] of a path: the encoder moves first, then the decoder."""
    corners = np.empty((2 * len(model) - 1, 2))
    corners[0::2] = np.stack([model, inference], axis=1)
    corners[1::2] = np.stack([model[:-1], inference[1:]], axis=1)
    return corners


def _spread(ends: np.ndarray) -> np.ndarray:
    """Return some sentences whose ends lie apart."""
    order = np.argsort(ends)
    return order[np.unique(np.linspace(0, len(order) - 1, SENTENCES).astype(int))]


def _path(axes: Axes, corners: np.ndarray, colour: str) -> None:
    axes.plot(*corners.T, lw=0.7, alpha=0.8, color=colour)
    look = {"color": colour, "linewidth": 0.7, "arrowstyle": "-|>", "mutation_scale": 6}
    for place in np.unique(np.linspace(1, len(corners) - 1, ARROWS).astype(int)):
        axes.annotate("", corners[place], corners[place - 1], arrowprops=look)
    axes.scatter(*corners[0], s=14, facecolor="none", edgecolor=colour, zorder=3)
    axes.scatter(*corners[-1], s=8, color=colour, zorder=3)


def _frame(axes: Axes) -> None:
    """Give both axes one scale that spans more than noise, and draw the diagonal."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    reach = at_least(0.0, max(abs(left), abs(right), abs(low), abs(high)))[1]
    axes.plot([-reach, reach], [-reach, reach], color="0.6", lw=0.8, zorder=1)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
