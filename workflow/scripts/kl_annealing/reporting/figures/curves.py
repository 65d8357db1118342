"""Learning curves of the ten sequences, as figure 4 of Fu et al. 2019, and what it leaves out."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import draw_over_seeds, method_legend, name_steps
from kl_annealing.reporting.study import Study, by_method, floor_of, in_order

# The published panel "ELBO" falls below the entropy of the data, which no ELBO can: it shows the
# beta-weighted objective. Both are drawn here.
PANELS = {
    "loss": r"Objective: rec + $\beta\,$KL",
    "nll": r"$-$ELBO: rec + KL",
    "rec": "Reconstruction (rec)",
    "kl": "KL",
}

CUT = 3  # entropies; training begins below that


def draw(study: Study) -> Figure:
    """Draw objective, negative ELBO, reconstruction and KL against steps, nats per sequence.

    A colour a method, a line style a learning-rate schedule. Lines are means over seeds, bands
    their range; the dotted line is the entropy of the data. What is above three times that is cut:
    while beta is 0 the KL grows to tens of nats.
    """
    history = study.histories()
    history["nll"] = -history["elbo"]
    methods, rates = in_order(history["method"]), in_order(history["learning_rate"])
    colours = style.colours(methods, study.schedules)
    figure = style.new_figure(style.TEXT_WIDTH, 3.9)
    grid = figure.subplots(2, 2, sharex=True)
    floor = floor_of(study.table())
    for axes, (column, title) in zip(grid.flat, PANELS.items(), strict=True):
        for (method, rate), runs in by_method(history):
            look = {"color": colours[method], "ls": style.dashes(rates.index(rate))}
            draw_over_seeds(axes, runs, column, linewidth=1, **look)
        axes.set_title(title)
        axes.set_ylim(0, _top(history, column, floor))
        if floor is not None and column in ("loss", "nll"):
            axes.axhline(floor, color="0.3", lw=0.9, ls=":")
        if floor is not None and column == "nll":
            _name_floor(axes, floor)
    for axes in grid[-1]:
        name_steps(axes)
    figure.supylabel("nats per sequence", fontsize=8)
    method_legend(figure, colours, methods, rates)
    return figure


def _top(history: pd.DataFrame, column: str, floor: float | None) -> float:
    """Return the upper limit: all after a hundredth of training fits, up to CUT entropies."""
    late = history[history["step"] >= history["step"].max() / 100]
    return min(1.05 * float(late[column].max()), CUT * (floor or math.inf))


def _name_floor(axes: Axes, floor: float) -> None:
    ten = math.isclose(floor, math.log(10), abs_tol=1e-6)
    axes.annotate(
        f"entropy {'ln 10 = ' if ten else ''}{floor:.2f}",
        (1, floor),
        xycoords=("axes fraction", "data"),
        xytext=(-2, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=7,
        color="0.3",
    )
