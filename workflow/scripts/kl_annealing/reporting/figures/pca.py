"""Principal components of the posterior means: one small panel a method."""

from matplotlib.figure import Figure

from kl_annealing.reporting.figures.tsne import draw_planes
from kl_annealing.reporting.study import Study


def draw(study: Study) -> Figure:
    """Draw the means of each method's first seed, coloured by label, else by sentence length.

    Unlike those of a t-SNE, directions and distances are those of the latent space; the axes say
    how much of its variance they show.
    """
    return draw_planes(study, "components")
