"""Small multiples of every published schedule: beta above, its learning rate below."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kl_annealing.reporting import style
from kl_annealing.reporting.schedule_lines import (
    draw_beta,
    draw_learning_rate,
    epochs_of,
    unit_axes,
)
from kl_annealing.schedules import schedule_settings
from kl_annealing.schedules.published import FIGURE, PUBLISHED, Published

COLUMNS = 4
SHAPES = ("linear", "sigmoid", "cosine")
RAMPS = ("linear", "logistic", "cosine")
DASHES = {"linear": "-", "points": "-", "constant": "-", "sigmoid": "--", "cosine": ":"}
KINDS = {"constant": "constant", "monotonic": "one cycle", "cyclical": "several cycles"}
LEGEND = "legend"

# Title, then the schedules that share the panel; LEGEND keeps a place free.
TRAINED: Mapping[str, Sequence[str]] = {
    "Fu et al. PTB\nmonotonic": ["fu2019_ptb_monotonic"],
    "Fu et al. PTB\ncyclical": ["fu2019_ptb_cyclical"],
    "Fu et al. dialogue\nmonotonic": ["fu2019_dialog_monotonic"],
    "Fu et al. dialogue\ncyclical": ["fu2019_dialog_cyclical"],
    "Fu et al. Yelp\nmonotonic": ["fu2019_yelp_monotonic"],
    "Fu et al. Yelp\ncyclical": ["fu2019_yelp_cyclical"],
    "Fu et al. Yelp\nautoencoder": ["fu2019_yelp_autoencoder"],
    LEGEND: [],
    "Zheng, Yelp\nmonotonic": ["zheng_monotonic"],
    "Zheng, Yelp\ncyclical": ["zheng_cyclical"],
    "Kim et al.\ntext": ["kim2018_text"],
    "Kim et al.\nimages": ["kim2018_images"],
    "He et al. text\nwarm-up": ["he2019_text"],
    "He et al. text\nno annealing": ["he2019_text_plain"],
    "Li et al.\ntext": ["li2019_text"],
    "Sentence-VAE\nlinear and logistic": ["sentence_vae_linear", "sentence_vae_logistic"],
}
UNTRAINED: Mapping[str, Sequence[str]] = {
    "Fu et al. figure\nmonotonic": [f"fu2019_figure_monotonic_{shape}" for shape in SHAPES],
    "Fu et al. figure\ncyclical": [f"fu2019_figure_cyclical_{shape}" for shape in SHAPES],
    "Fu et al. figure\nothers": ["fu2019_figure_sawtooth", "fu2019_figure_constant"],
    "vae-annealing\nmonotonic": [f"hubertrybka_monotonic_{shape}" for shape in RAMPS],
    "vae-annealing\ncyclical": [f"hubertrybka_cyclical_{shape}" for shape in RAMPS],
}


def published_figure() -> Figure:
    """Draw every published schedule as its code base runs it, with its learning rate."""
    rows = -(-len(TRAINED) // COLUMNS)
    figure = style.new_figure(style.TEXT_WIDTH, 1.6 * rows + 1.3)
    upper, lower = figure.add_gridspec(2, 1, height_ratios=[1.6 * rows, 1.3])
    grid = upper.subgridspec(2 * rows, COLUMNS, height_ratios=[2.2, 1] * rows).subplots()
    for place, (title, names) in enumerate(TRAINED.items()):
        row, column = divmod(place, COLUMNS)
        pair = grid[2 * row][column], grid[2 * row + 1][column]
        if title == LEGEND:
            _legend_panel(*pair)
        else:
            _pair(*pair, title, [PUBLISHED[name] for name in names], first=column == 0)
    line = lower.subgridspec(1, len(UNTRAINED)).subplots()
    for axes, (title, names) in zip(line, UNTRAINED.items(), strict=True):
        _weights(axes, title, [PUBLISHED[name] for name in names], first=axes is line[0])
        _name_time(axes, PUBLISHED[names[0]])
    return figure


def _pair(upper: Axes, lower: Axes, title: str, found: Sequence[Published], first: bool) -> None:
    _weights(upper, title, found, first)
    upper.tick_params(labelbottom=False)
    unit_axes(lower, epochs_of(found[0].clock))
    lower.set_yticks([0, 1], ["0", "1"])
    draw_learning_rate(lower, found[0].learning_rate, found[0].clock)
    _name_time(lower, found[0])
    if first:
        lower.set_ylabel("lr")


def _weights(axes: Axes, title: str, found: Sequence[Published], first: bool) -> None:
    for one in found:
        dashes = DASHES[one.schedule["shape"]]
        colour = style.colour(_kind(one.schedule))
        draw_beta(axes, one.schedule, one.clock, color=colour, linestyle=dashes)
    axes.set_title(title, fontsize=7)
    unit_axes(axes, epochs_of(found[0].clock))
    if first:
        axes.set_ylabel(r"$\beta$")


def _name_time(axes: Axes, one: Published) -> None:
    axes.set_xlabel("Steps (thousands)" if one.clock == FIGURE else "Epoch", fontsize=7, labelpad=1)


def _kind(block: Mapping[str, Any]) -> str:
    """Return which of KINDS a schedule is."""
    settings = schedule_settings(block)
    if settings["shape"] == "constant":
        return "constant"
    return "cyclical" if settings.get("period") or settings["cycles"] > 1 else "monotonic"


def _legend_panel(upper: Axes, lower: Axes) -> None:
    lower.set_visible(False)
    upper.axis("off")
    kinds = [Line2D([], [], color=style.colour(kind), label=text) for kind, text in KINDS.items()]
    shapes = [
        Line2D([], [], color=style.GREY, linestyle=DASHES[shape], label=text)
        for shape, text in (("sigmoid", "sigmoid, logistic"), ("cosine", "cosine"))
    ]
    rate = Line2D(
        [], [], color=style.BLACK, linewidth=0.9, label="learning rate (lr),\npart of base"
    )
    legend = upper.legend(
        handles=[*kinds, *shapes, rate],
        loc="upper left",
        title=r"KL weight $\beta$",
        title_fontsize=7,
        alignment="left",
        borderaxespad=0,
    )
    legend.set_in_layout(False)  # it may hang over into the place of the learning rate
