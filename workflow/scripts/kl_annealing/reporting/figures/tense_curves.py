"""Loss, KL, conversions and prior draws along training, with both weights, as the course report."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.files.atomic import read_json
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.learning_curves import over_training
from kl_annealing.reporting.figures.parts import (
    draw_over_seeds,
    late_limits,
    method_legend,
    name_steps,
)
from kl_annealing.reporting.study import Study, by_method, in_order
from kl_annealing.schedules import beta_schedule

# By column of the history: the split that it is of, and its title.
PANELS = {
    "rec": ("train", "Loss without KL\n(nats per word)"),
    "kl": ("train", "KL\n(nats per word)"),
    "bleu4": ("valid", "BLEU-4 of\nthe conversions"),
    "gaussian_score": ("valid", "Gaussian score"),
    "distinct_tuples": ("valid", "Distinct exact\ntuples"),
}
WEIGHTS = {"schedule": r"KL weight $\beta$", "teacher_forcing": "Teacher-forcing\nratio"}
SHARES = ("bleu4", "gaussian_score", "distinct_tuples")


def draw(study: Study) -> Figure:
    """Draw a panel a quantity over one axis of steps; a colour a method, dashes a learning rate.

    Loss and KL are those of the training batches, in nats per word; BLEU-4 and what prior draws are
    worth (`distinct_tuples` tells many verbs from one drawn again and again) are measured at each
    validation, with the default options of the Gaussian score. Lines are means
    over seeds, bands their range. Both weights are drawn from the schedules themselves; where they
    are the same for several methods the lines get thinner from the first to the last.
    """
    histories = {split: study.histories(split) for split in ("train", "valid")}
    methods, rates = (in_order(histories["valid"][name]) for name in ("method", "learning_rate"))
    colours = style.colours(methods, study.schedules)
    looks = {
        (method, rate): {"color": colours[method], "ls": style.dashes(rates.index(rate))}
        for method in methods
        for rate in rates
    }
    figure = style.new_figure(style.TEXT_WIDTH, 8.2)
    grid = figure.subplots(len(PANELS) + len(WEIGHTS), 1, sharex=True)
    for axes, (column, (split, title)) in zip(grid, PANELS.items(), strict=False):
        _panel(axes, histories[split], column, looks)
        axes.set_ylabel(title)
    for axes, (key, title) in zip(grid[len(PANELS) :], WEIGHTS.items(), strict=True):
        _weight_panel(axes, study, histories["valid"], key, looks)
        axes.set_ylabel(title)
        axes.set_ylim(-0.05, 1.05)
    name_steps(grid[-1])
    figure.align_ylabels(grid)
    method_legend(figure, colours, methods, rates)
    return figure


def _panel(axes: Axes, history: pd.DataFrame, column: str, looks: Mapping) -> None:
    for method, runs in by_method(history):
        draw_over_seeds(axes, runs, column, linewidth=1, **looks[method])
    if column == "rec":
        axes.set_ylim(late_limits(history[column], history["step"], skip=0.05))
    elif column in SHARES:
        highest = max(0.1, history[column].max())
        axes.set_ylim(-0.05 * highest, 1.05 * highest)  # a line at 0 is not to lie on the frame
    else:
        axes.set_ylim(bottom=-0.05 * history[column].max())


def _weight_panel(
    axes: Axes, study: Study, history: pd.DataFrame, key: str, looks: Mapping
) -> None:
    folders = {run.folder.name: run.folder for run in study.runs}
    methods = list(by_method(history))
    for place, (method, runs) in enumerate(methods):
        run = runs[runs["run"] == runs["run"].iloc[0]]
        settings = read_json(folders[run["run"].iloc[0]] / "config.json")
        schedule = partial(beta_schedule, settings[key])
        steps, weight = over_training(settings, run, schedule)
        width = 1 + 2 * (1 - place / len(methods))
        axes.plot(steps, weight, linewidth=width, **looks[method])
