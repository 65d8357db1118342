"""The posterior mean space over training, as figure 4 of He et al. (2019)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.mean_space import REACH, mean_snapshots, row_label
from kl_annealing.reporting.study import Study, first_seeds

Means = tuple[np.ndarray, np.ndarray]  # of the model and of the inference network, [N] each
STEPS = (0, 200, 2000)  # and the end


def draw(study: Study) -> Figure:
    """Draw the inference mean against the model mean: a row a configuration, a column a step.

    A point is a sentence, the line the diagonal. Of the first seed only; each row has the
    snapshots nearest to steps 0, 200 and 2000, and its last one, each once. A colour a method,
    whatever its learning rate.
    """
    shown = first_seeds(study)
    rows = [dict(mean_snapshots(each.run.folder / "snapshots.h5")) for each in shown]
    colours = style.colours([each.method for each in shown], study.schedules)
    columns = max(len(shown_steps(sorted(found))) for found in rows)
    figure = style.new_figure(style.TEXT_WIDTH, 0.5 + 1.6 * len(rows))
    grid = figure.subplots(len(rows), columns, sharex=True, sharey=True, squeeze=False)
    for axes_row, each, found in zip(grid, shown, rows, strict=True):
        _row(axes_row, found, colours[each.method])
        row_label(axes_row[0], each.label)
    figure.supxlabel("model posterior mean", fontsize=8)
    return figure


def shown_steps(steps: Sequence[int]) -> list[int]:
    """Return the recorded steps nearest to those shown, and the last; each once."""
    nearest = [min(steps, key=lambda step: abs(step - wanted)) for wanted in STEPS]
    return list(dict.fromkeys([*nearest, steps[-1]]))


def _row(panels: Sequence[Axes], found: Mapping[int, Means], colour: str) -> None:
    """Draw the snapshots of a method, which may be fewer than there are panels."""
    steps = shown_steps(sorted(found))
    for axes, step in zip(panels, steps, strict=False):
        _panel(axes, *found[step], colour)
        axes.set_title(f"step {step:,}")
    for axes in panels[len(steps) :]:
        axes.set_visible(False)


def _panel(axes: Axes, model: np.ndarray, inference: np.ndarray, colour: str) -> None:
    axes.plot([-REACH, REACH], [-REACH, REACH], color="0.6", lw=0.8, zorder=1)
    axes.scatter(model, inference, s=3, color=colour, linewidth=0, alpha=0.6, rasterized=True)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
