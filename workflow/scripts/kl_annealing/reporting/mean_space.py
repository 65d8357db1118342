"""What the figures of the posterior mean space share: its files, limits and labels."""

import os
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes

from kl_annealing.errors import InputError
from kl_annealing.files.results import open_arrays
from kl_annealing.reporting.quantities import in_words

REACH = 3.0  # of the axes, as published

Means = tuple[np.ndarray, np.ndarray]  # of the model and of the inference network


def mean_snapshots(path: str | os.PathLike) -> Iterator[tuple[int, Means]]:
    """Yield (step, both means [N]) of the snapshots of a run, in the file's order.

    Raises InputError for a run that recorded none.
    """
    with open_arrays(path) as file:
        if "posterior_means" not in file:
            raise InputError(f"{path}: no posterior means; the run needs training.posterior_means")
        for group in file["posterior_means"].values():
            yield int(group.attrs["step"]), (group["model"][:], group["inference"][:])


def trajectories(path: str | os.PathLike) -> Means:
    """Return both means [T, N] of the sentences that were followed, a row a step from 0."""
    with open_arrays(path) as file:
        if "trajectories" not in file:
            raise InputError(f"{path}: no trajectories; the run needs training.posterior_means")
        return file["trajectories/model"][:], file["trajectories/inference"][:]


def row_label(axes: Axes, label: str) -> None:
    """Name the vertical axis of a row's first panel, and the configuration of the row if any."""
    name = f"{in_words(label)}\n" if label else ""
    axes.set_ylabel(f"{name}inference mean")
