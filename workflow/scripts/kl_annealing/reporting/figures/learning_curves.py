"""Learning curves on the validation split: ELBO, reconstruction, KL and beta against steps."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.files.atomic import read_json
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import (
    draw_over_seeds,
    late_limits,
    panel_grid,
    width_of,
)
from kl_annealing.reporting.quantities import in_words, quantity
from kl_annealing.reporting.study import Study, in_order
from kl_annealing.schedules import Clock, beta_schedule

POINTS = 1500  # of a drawn schedule
PANELS = ("elbo", "rec", "kl", "beta")


def draw(study: Study) -> Figure:
    """Draw a row a quantity and a column a learning-rate schedule; a colour a method.

    Lines are means over seeds, bands their range; nats per example, ELBO at beta = 1. Beta is
    drawn from the schedule itself: evaluations may all fall on the ends of its cycles.
    """
    history = study.histories()
    folders = {run.folder.name: run.folder for run in study.runs}
    rates, methods = in_order(history["learning_rate"]), in_order(history["method"])
    colours = style.colours(methods, study.schedules)
    figure = style.new_figure(width_of(len(rates)), 6.0)
    grid = figure.subplots(len(PANELS), len(rates), sharex=True, sharey="row", squeeze=False)
    for row, column in zip(grid, PANELS, strict=True):
        for axes, rate in zip(row, rates, strict=True):
            runs = history[history["learning_rate"] == rate]
            if column == "beta":
                _beta_panel(axes, runs, folders, colours)
            else:
                _panel(axes, runs, column, colours)
        _limits(row[0], history, column)
        row[0].set_ylabel(_label(column, study.task))
    several = len(rates) > 1
    titles = [f"learning rate: {in_words(rate)}" if several else "" for rate in rates]
    panel_grid(figure, grid, titles, {method: colours[method] for method in methods})
    return figure


def _label(column: str, task: str) -> str:
    what = quantity(column, task)
    return f"{what.title}\n({what.unit})" if what.unit else "KL weight $\\beta$"


def _panel(axes: Axes, history: pd.DataFrame, column: str, colours: dict[str, str]) -> None:
    for method, runs in history.groupby("method", sort=False):
        # A language model has no latent: its KL is 0 by definition and its beta means nothing.
        if column != "kl" or runs["kl"].any():
            draw_over_seeds(axes, runs, column, color=colours[method])


def _beta_panel(axes: Axes, history: pd.DataFrame, folders: dict, colours: dict[str, str]) -> None:
    for method, runs in history.groupby("method", sort=False):
        if runs["kl"].any():
            run = runs[runs["run"] == runs["run"].iloc[0]]
            steps, beta = beta_over_training(
                read_json(folders[run["run"].iloc[0]] / "config.json"), run
            )
            axes.plot(steps, beta, color=colours[method])


def beta_over_training(settings: dict, history: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return steps, as far as was trained, and the KL weight at them by the run's own schedule."""
    return over_training(settings, history, partial(beta_schedule, settings["schedule"]))


def over_training(
    settings: dict, history: pd.DataFrame, schedule: Callable[[Clock], Callable[[int], float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return steps, as far as was trained, and the value at them of a schedule made of a clock.

    The steps of an epoch, and the last one, are those of its `history`.
    """
    last = history.iloc[-1]
    epoch = max(1, round(last["step"] / last["epoch"])) if last["epoch"] else 1
    total = settings["training"]["steps"] or epoch * settings["training"]["epochs"]
    value = schedule(Clock(epoch, total))
    steps = np.unique(np.linspace(0, min(total, last["step"]) - 1, POINTS).astype(int))
    return steps, np.array([value(int(step)) for step in steps])


def _limits(axes: Axes, history: pd.DataFrame, column: str) -> None:
    if column in ("elbo", "rec"):
        axes.set_ylim(late_limits(history[column], history["step"]))
    else:
        axes.set_ylim(bottom=0)
