"""Test images and what each method makes of them."""

import numpy as np
from matplotlib.figure import Figure

from kl_annealing.errors import InputError
from kl_annealing.reporting.figures.image_grids import (
    PER_ROW,
    arrays_by_method,
    draw_panels,
    tiled,
)
from kl_annealing.reporting.study import Study


def draw(study: Study) -> Figure:
    """Draw test images of the whole set, below them an image drawn for each, its probabilities.

    Of the first seed, z at the mean of the posterior; each pixel's probability is that given z and
    the pixels drawn before it. Raises InputError where no model of the study has a latent variable.
    """
    rows = ("given", "images", "probabilities")
    pictures = {
        method: tiled([_spread(arrays[row]) for row in rows])
        for method, arrays in arrays_by_method(study, "reconstructions").items()
    }
    if not pictures:
        raise InputError(f"study {study.name}: none of its models has a latent variable")
    return draw_panels(pictures)


def _spread(images: np.ndarray) -> np.ndarray:
    """Return as many images [N, H, W] as fit in a row, evenly from all of them."""
    places = np.linspace(0, len(images) - 1, min(PER_ROW, len(images)))
    return images[places.round().astype(int)]
