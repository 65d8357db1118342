"""Images drawn from each method's prior."""

from matplotlib.figure import Figure

from kl_annealing.reporting.figures.image_grids import (
    PER_ROW,
    arrays_by_method,
    draw_panels,
    tiled,
)
from kl_annealing.reporting.study import Study

ROWS = 5  # of a panel; the file has the rest


def draw(study: Study) -> Figure:
    """Draw the first hundred images of each method's prior, 20 a row; of the first seed."""
    pictures = {}
    for method, arrays in arrays_by_method(study, "prior").items():
        images = arrays["images"][: PER_ROW * ROWS]
        starts = range(0, len(images), PER_ROW)
        pictures[method] = tiled([images[start : start + PER_ROW] for start in starts])
    return draw_panels(pictures)
