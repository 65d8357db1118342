"""t-SNE of the posterior means: one small panel a method, as Fu et al. (2019) show Yelp."""

import os
import textwrap
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.files.results import open_arrays
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.parts import legend_of
from kl_annealing.reporting.quantities import column_of, in_words
from kl_annealing.reporting.study import Study, first_seeds

COLUMNS = 5
WRAPPED = 22  # letters of a title that fit above a panel
CLASSES = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.SKY, style.ORANGE)
NO_CLASS = style.GREY  # of a run on data without classes, beside others that have some
LENGTHS = "cividis"  # the same to every colour vision
SAID = {"kl": "KL", "mi_aggregate": "MI"}  # of each run, below its name


def draw(study: Study) -> Figure:
    """Draw the means of each method's first seed, coloured by label, else by sentence length.

    Methods without a latent variable have no plane and are left out. Distances between clusters,
    and directions, mean nothing: a collapsed posterior has clusters too, and the KL and the MI of
    that run, where it has them, say so.
    """
    return draw_planes(study, "points")


def draw_planes(study: Study, points: str) -> Figure:
    """Draw the array `points` of each method's first seed."""
    planes, metrics = read(study.planes), study.table()
    shown = {
        run.folder.name: _title(label, metrics, run.folder.name)
        for label, _, run in first_seeds(study)
        if run.folder.name in planes
    }
    found = [planes[run] for run in shown]
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)
    figure = style.new_figure(style.TEXT_WIDTH, 0.5 + 1.45 * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    span = _length_span(found)
    classes = _classes(found)
    for axes, title, arrays in zip(grid.flat, shown.values(), found, strict=False):
        axes.set_title(title, fontsize=7)
        marks = _scatter(axes, arrays, points, list(classes), span)
        if points == "components":
            _name_components(axes, arrays["explained"])
    for axes in list(grid.flat)[len(found) :]:
        axes.set_visible(False)
    if classes:
        _class_legend(figure, classes)
    else:
        figure.colorbar(marks, ax=grid, label="Words", shrink=0.6)
    return figure


def read(path: str | os.PathLike) -> dict[str, dict[str, np.ndarray]]:
    """Return the arrays of each run, by the name of its folder."""
    with open_arrays(path) as file:
        return {run: {name: array[:] for name, array in group.items()}
                for run, group in file.items()}  # fmt: skip


def _title(label: str, metrics: pd.DataFrame, run: str) -> str:
    """Return a method's name and, on a line below, what was measured of this run."""
    row = metrics[metrics["run"] == run].iloc[0]
    columns = {column_of(metrics.columns, metric): name for metric, name in SAID.items()}
    said = [
        f"{name} {row[column]:z.2f}"
        for column, name in columns.items()
        if column is not None and pd.notna(row[column])
    ]
    lines = textwrap.wrap(in_words(label), WRAPPED)
    return "\n".join([*lines, f"{', '.join(said)} nats"] if said else lines)


def _scatter(
    axes: Axes,
    arrays: dict[str, np.ndarray],
    points: str,
    classes: list[int],
    span: tuple[int, int],
) -> PathCollection:
    """Draw one method's points; as pixels, since thousands of marks make a slow vector file."""
    x, y = arrays[points].T
    look = {"s": max(1.0, 800 / len(x)), "lw": 0, "alpha": 0.5, "rasterized": True}
    if classes and "label" not in arrays:
        look["c"] = NO_CLASS
    elif classes:
        look["c"] = [CLASSES[classes.index(label) % len(CLASSES)] for label in arrays["label"]]
    else:
        look |= {"c": arrays["length"], "cmap": LENGTHS, "vmin": span[0], "vmax": span[1]}
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_box_aspect(1)
    return axes.scatter(x, y, **look)


def _classes(found: Iterable[dict[str, np.ndarray]]) -> dict[int, str]:
    """Return the name of each label that occurs."""
    names: dict[int, str] = {}
    for arrays in found:
        said = [name.decode() for name in arrays.get("classes", ())]
        for label in map(int, np.unique(arrays.get("label", ()))):
            names[label] = in_words(said[label]) if label < len(said) else f"label {label}"
    return dict(sorted(names.items()))


def _name_components(axes: Axes, explained: np.ndarray) -> None:
    """Say how much of the variance each axis shows."""
    axes.set_xlabel(f"{100 * explained[0]:.0f} % of the variance", fontsize=6)
    axes.set_ylabel(f"{100 * explained[1]:.0f} %", fontsize=6)


def _length_span(found) -> tuple[int, int]:
    lengths = np.concatenate([arrays["length"] for arrays in found])
    return int(lengths.min()), int(lengths.max())


def _class_legend(figure: Figure, classes: dict[int, str]) -> None:
    handles = [
        Line2D([], [], ls="", marker="o", ms=4, color=CLASSES[n % len(CLASSES)], label=name)
        for n, name in enumerate(classes.values())
    ]
    legend_of(figure, handles)
