"""The posterior mean space over training, as figure 4 of He et al. (2019)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.mean_space import REACH, first_seeds, mean_snapshots, row_label
from kl_annealing.reporting.study import Study

STEPS = (0, 200, 2000)  # and the end


def draw(study: Study) -> Figure:
    """Draw the inference mean against the model mean: a row a method, a column a step.

    A point is a sentence, the line the diagonal. Of the first seed only; each row has the
    snapshots nearest to steps 0, 200 and 2000, and its last one.
    """
    rows = first_seeds(study)
    figure = style.new_figure(style.TEXT_WIDTH, 0.5 + 1.6 * len(rows))
    grid = figure.subplots(len(rows), len(STEPS) + 1, sharex=True, sharey=True, squeeze=False)
    for axes_row, (method, run) in zip(grid, rows.items(), strict=True):
        found = dict(mean_snapshots(run.folder / "snapshots.h5"))
        colour = study.colours(list(rows))[method]
        for axes, step in zip(axes_row, shown_steps(sorted(found)), strict=True):
            _panel(axes, *found[step], colour)
            axes.set_title(f"step {step:,}")
        row_label(axes_row[0], method)
    figure.supxlabel("model posterior mean", fontsize=8)
    return figure


def shown_steps(steps: Sequence[int]) -> list[int]:
    """Return the recorded steps nearest to those shown, and the last."""
    nearest = [min(steps, key=lambda step: abs(step - wanted)) for wanted in STEPS]
    return [*nearest, steps[-1]]


def _panel(axes: Axes, model: np.ndarray, inference: np.ndarray, colour: str) -> None:
    axes.plot([-REACH, REACH], [-REACH, REACH], color="0.6", lw=0.8, zorder=1)
    axes.scatter(model, inference, s=3, color=colour, linewidth=0, alpha=0.6, rasterized=True)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
