"""t-SNE of the posterior means: one small panel a method, as Fu et al. (2019) show Yelp."""

import textwrap

import h5py
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.study import Study, first_seeds

COLUMNS = 5
WRAPPED = 22  # letters of a title that fit above a panel
CLASSES = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.SKY, style.ORANGE)
LENGTHS = "cividis"  # the same to every colour vision


def draw(study: Study) -> Figure:
    """Draw the means of each method's first seed, coloured by label, else by sentence length.

    Methods without a latent variable are left out; their files are not there. Distances between
    clusters, and directions, mean nothing.
    """
    found = {label: read(run.measured / "tsne.h5") for label, run in first_seeds(study)
             if (run.measured / "tsne.h5").exists()}  # fmt: skip
    if not found:
        raise InputError(f"study {study.name}: none of its runs has a t-SNE to draw")
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)
    figure = style.new_figure(style.TEXT_WIDTH, 0.5 + 1.45 * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    span = _length_span(found.values())
    classes = sorted({int(label) for arrays in found.values() for label in arrays.get("label", ())})
    for axes, (label, arrays) in zip(grid.flat, found.items(), strict=False):
        axes.set_title(textwrap.fill(style.label(label), WRAPPED), fontsize=7)
        marks = _scatter(axes, arrays, classes, span)
    for axes in list(grid.flat)[len(found) :]:
        axes.set_visible(False)
    if classes:
        _class_legend(figure, classes)
    else:
        figure.colorbar(marks, ax=grid, label="Words", shrink=0.6)
    return figure


def read(path) -> dict[str, np.ndarray]:
    """Return the arrays of a run's tsne.h5."""
    with h5py.File(path) as file:
        return {name: array[:] for name, array in file["tsne"].items()}


def _scatter(
    axes: Axes, arrays: dict[str, np.ndarray], classes: list[int], span: tuple[int, int]
) -> PathCollection:
    """Draw one method's points; as pixels, since thousands of marks make a slow vector file."""
    x, y = arrays["points"].T
    look = {"s": max(1.0, 800 / len(x)), "lw": 0, "alpha": 0.5, "rasterized": True}
    if classes:
        look["c"] = [CLASSES[classes.index(label) % len(CLASSES)] for label in arrays["label"]]
    else:
        look |= {"c": arrays["length"], "cmap": LENGTHS, "vmin": span[0], "vmax": span[1]}
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_box_aspect(1)
    return axes.scatter(x, y, **look)


def _length_span(found) -> tuple[int, int]:
    lengths = np.concatenate([arrays["length"] for arrays in found])
    return int(lengths.min()), int(lengths.max())


def _class_legend(figure: Figure, classes: list[int]) -> None:
    handles = [
        Line2D([], [], ls="", marker="o", ms=4, color=colour, label=f"label {one}")
        for one, colour in zip(classes, CLASSES, strict=False)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
