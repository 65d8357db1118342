"""Grids of small images: a panel a method, from the files of `generate_images`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kl_annealing.files.results import open_arrays
from kl_annealing.reporting import style
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import Study, with_methods

PER_ROW = 20  # as published
GAP = 1  # grey pixels around each image
EDGE = 0.25  # of the grey between images: between paper, 0, and ink, 1
TITLE = 0.25  # inches above each panel


def arrays_by_method(study: Study, group: str) -> dict[str, dict[str, np.ndarray]]:
    """Return the arrays of one group of each method's file; of files that have the group."""
    folders = {run.folder: run.names for run in study.runs}
    paths = [Path(path) for path in study.images]
    names = pd.DataFrame([folders[path.parents[2]] for path in paths])
    several = names["learning_rate"].nunique() > 1
    found = {}
    for path, row in zip(paths, with_methods(names).to_dict("records"), strict=True):
        label = f"{row['method']}, lr {row['learning_rate']}" if several else row["method"]
        with open_arrays(path) as file:
            if group in file:
                found[label] = {name: array[:] for name, array in file[group].items()}
    return found


def tiled(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return one picture of rows of images [N, H, W], a grey line around each image."""
    _, height, width = rows[0].shape
    across = max(len(row) for row in rows)
    shape = len(rows) * (height + GAP) + GAP, across * (width + GAP) + GAP
    picture = np.full(shape, EDGE)
    for number, row in enumerate(rows):
        top = number * (height + GAP) + GAP
        for column, image in enumerate(row):
            left = column * (width + GAP) + GAP
            picture[top : top + height, left : left + width] = image
    return picture


def draw_panels(pictures: Mapping[str, np.ndarray]) -> Figure:
    """Draw pictures of ink, 1, on paper, 0, under one another, each below its name."""
    heights = [style.TEXT_WIDTH * len(p) / p.shape[1] for p in pictures.values()]
    figure = style.new_figure(style.TEXT_WIDTH, sum(heights) + TITLE * len(heights))
    panels = figure.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
    for axes, (name, picture) in zip(panels, pictures.items(), strict=True):
        axes.imshow(picture, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(in_words(name))
        axes.set_axis_off()
    return figure
