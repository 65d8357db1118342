"""Figures of the schedules themselves, drawn from the functions that training uses."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.reporting import style
from kl_annealing.reporting.configured_schedules import configured_figure
from kl_annealing.reporting.published_schedules import published_figure
from kl_annealing.reporting.schedule_lines import draw_beta, unit_axes
from kl_annealing.schedules import AnnealingCounter, Clock

Block = Mapping[str, Any]
CLOCK = Clock(steps_per_epoch=40_000, total_steps=40_000)  # the training is the unit
WEIGHT = r"KL weight $\beta$"


class Line(NamedTuple):
    """One schedule in a panel: the method whose colour it has, its dashes, and its label."""

    method: str
    block: Block
    dashes: str = "-"
    label: str = ""


MONOTONIC: Block = {"cycles": 1, "ratio": 0.25}
CYCLICAL: Block = {"cycles": 4, "ratio": 0.5}
STAIRS = [[0, 0], [0.15, 0.4], [0.35, 0.4], [0.5, 1], [1, 1]]
LEGEND = {
    "constant": "constant",
    "monotonic": "one cycle, $R$ = 0.25",
    "cyclical": "four cycles, $R$ = 0.5",
}


def _both(**block: Any) -> list[Line]:
    return [
        Line("monotonic", {**block, **MONOTONIC}),
        Line("cyclical", {**block, **CYCLICAL}),
    ]


def _linear(**block: Any) -> Block:
    return {"shape": "linear", **CYCLICAL, **block}


PANELS: Mapping[str, Sequence[Line]] = {
    "constant": [Line("constant", {"shape": "constant"})],
    "linear": _both(shape="linear"),
    "sigmoid": _both(shape="sigmoid"),
    "cosine": _both(shape="cosine"),
    "points": [
        Line("monotonic", {"shape": "points", "points": STAIRS}),
        Line("cyclical", {"shape": "points", "points": STAIRS, "cycles": 4}),
    ],
    "ratio": [
        Line("monotonic", _linear(cycles=1, ratio=ratio), dashes, f"$R$ = {ratio}")
        for ratio, dashes in ((0.25, "-"), (0.5, "--"), (1, ":"))
    ],
    "delay of ¼": [Line("cyclical", _linear(delay={"fraction": 0.25}))],
    "start, stop; baseline": [
        Line("cyclical", _linear(baseline=0.75), "-", "baseline 0.75"),
        Line("cyclical", _linear(start=0.35, stop=0.55), "--", "start 0.35, stop 0.55"),
    ],
}


def shapes_figure() -> Figure:
    """Draw every shape, and what the options of a schedule block change: beta over training."""
    figure = style.new_figure(style.TEXT_WIDTH, 3.2)
    grid = figure.subplots(2, 4, sharex=True, sharey=True)
    for axes, (title, lines) in zip(grid.flat, PANELS.items(), strict=True):
        _shape_panel(axes, title, lines)
    for axes in grid[:, 0]:
        axes.set_ylabel(WEIGHT)
    for axes in grid[-1]:
        axes.set_xlabel("Part of training")
    handles = [
        Line2D([], [], color=style.colour(method), label=text) for method, text in LEGEND.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _shape_panel(axes: Axes, title: str, lines: Sequence[Line]) -> None:
    for line in lines:
        look = {"color": style.colour(line.method), "linestyle": line.dashes}
        draw_beta(axes, line.block, CLOCK, label=line.label, **look)
    unit_axes(axes, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
    axes.set_title(title)
    if any(line.label for line in lines):
        axes.legend(loc="lower right", borderaxespad=0.1, labelspacing=0.2)


EPOCHS, CYCLE, OFF, ON = 100, 10, 30, 70


def switching_figure() -> Figure:
    """Draw the annealer's weight with the cycles switched off at epoch 30 and on again at 70."""
    figure = style.new_figure(style.COLUMN_WIDTH, 3.2)
    grid = figure.subplots(3, 1, sharex=True, sharey=True)
    for axes, shape in zip(grid, ("linear", "cosine", "logistic"), strict=True):
        epochs = range(EPOCHS)
        axes.plot(
            epochs,
            switched_weights(shape),
            "o-",
            markersize=1.8,
            color=style.colour("cyclical"),
        )
        axes.axvspan(OFF, ON, color="#f0f0f0", zorder=0, linewidth=0)
        unit_axes(axes, EPOCHS)
        axes.set_ylabel(f"{shape}\nweight")
    _name_switches(grid[0])
    grid[-1].set_xlabel("Epoch")
    return figure


def switched_weights(shape: str) -> list[float]:
    """Return the weight of each of 100 epochs: cycles of 10, off at epoch 30, on at 70."""
    annealer = AnnealingCounter(CYCLE, shape, cyclical=True, ratio=0.5)
    weights = []
    for epoch in range(EPOCHS):
        if epoch in (OFF, ON):
            annealer.set_cyclical(epoch == ON)
        weights.append(annealer.weight)
        annealer.step()
    return weights


def _name_switches(axes: Axes) -> None:
    for epoch, text in ((OFF, "cyclical off"), (ON, "cyclical on")):
        axes.annotate(
            text,
            (epoch, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )


DRAWINGS = {
    "shapes": shapes_figure,
    "published": published_figure,
    "switching": switching_figure,
    "configured": configured_figure,
}
