"""KL and mutual information over training, as figure 5 of He et al. (2019)."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import draw_over_seeds, panel_grid, width_of
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study, by_method, in_order, with_methods

PANELS = {
    "kl": "KL\n(nats per sentence)",
    "mi_batch": "MI within batches\n(nats)",
    "marginal_kl": "KL - MI\n(nats)",
}


def draw(study: Study) -> Figure:
    """Draw a row a quantity and a column a dataset.

    A colour a method; a line style a learning-rate schedule, where a dataset has several. On the
    validation split, at beta = 1; lines are means over seeds, bands their range. MI is within
    mini-batches, so at most the logarithm of their size; KL - MI, at least 0, is the KL of the
    aggregated posterior from the prior. A language model has none of them and is left out.
    """
    history = study.histories().dropna(subset="mi_batch")
    history["marginal_kl"] = (history["kl"] - history["mi_batch"]).clip(lower=0)
    datasets, rates = in_order(history["dataset"]), _rates(history)
    parts = [with_methods(history[history["dataset"] == name], history) for name in datasets]
    methods = in_order(pd.concat(parts)["method"])
    colours = style.colours(methods, study.schedules)
    figure = style.new_figure(width_of(len(datasets)), 5.2)
    grid = figure.subplots(len(PANELS), len(datasets), sharex="col", squeeze=False)
    for row, (column, title) in zip(grid, PANELS.items(), strict=True):
        for axes, runs in zip(row, parts, strict=True):
            _panel(axes, runs, column, colours, rates)
        row[0].set_ylabel(title)
    titles = [in_words(name) for name in datasets]
    panel_grid(figure, grid, titles, colours, rates)
    return figure


def _rates(history: pd.DataFrame) -> list[str]:
    """Return the learning-rate schedules to tell apart: none where each dataset has but one."""
    several = history.groupby("dataset")["learning_rate"].nunique().gt(1).any()
    return in_order(history["learning_rate"]) if several else []


def _panel(
    axes: Axes, history: pd.DataFrame, column: str, colours: dict[str, str], rates: list[str]
) -> None:
    for (method, rate), runs in by_method(history):
        dashes = style.dashes(rates.index(rate) if rates else 0)
        draw_over_seeds(axes, runs, column, color=colours[method], ls=dashes)
    axes.set_ylim(0, max(0.1, axes.get_ylim()[1]))
