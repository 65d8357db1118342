"""One look for every figure: sizes, one colour a method, byte-stable files."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from kl_annealing.files import atomic_write

COLUMN_WIDTH = 3.3  # inches: one column of a two-column page
TEXT_WIDTH = 6.9  # inches: both columns

# Okabe and Ito (2008), distinguishable with every common colour vision; yellow is left out because
# thin lines of it vanish on white.
BLACK, GREY = "#000000", "#7a7a7a"
ORANGE, SKY, GREEN, BLUE = "#e69f00", "#56b4e9", "#009e73", "#0072b2"
VERMILION, PURPLE = "#d55e00", "#cc79a7"

# A word of a method's name settles its colour: `cyclical`, `fu2019_ptb_cyclical` are both blue.
FAMILY_COLOURS = {"constant": GREEN, "monotonic": ORANGE, "cyclical": BLUE, "language": BLACK}
SPARE_COLOURS = (VERMILION, PURPLE, SKY, GREY)
SHADES = (1.0, 1.8, 0.55, 3.0, 0.3)  # below 1 darker, above 1 lighter
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

# Ten hues of clearly different lightness where neighbours are alike (Petroff 2021, as in
# matplotlib's `petroff10`): for ten classes, where Okabe-Ito is too short.
TEN_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)

LOOK = {
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": True,
    "axes.grid": True,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "errorbar.capsize": 2,
    "figure.titlesize": 9,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # shipped with matplotlib: the same on every machine
    "font.size": 8,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.5,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "pdf.fonttype": 42,  # TrueType: text stays text, and journals accept it
    "savefig.dpi": 220,
    "svg.fonttype": "path",
    "svg.hashsalt": "kl_annealing",  # otherwise element ids are drawn at random
    "xtick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.labelsize": 7,
    "ytick.major.width": 0.6,
}


@contextmanager
def look() -> Iterator[None]:
    """Draw and save everything inside this block in the project's style."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's matplotlibrc must not change the files
        matplotlib.rcParams.update(LOOK)
        yield


def new_figure(width: float = COLUMN_WIDTH, height: float = 2.4) -> Figure:
    """Return an empty figure in inches; constrained layout keeps labels from overlapping."""
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, pdf: str | os.PathLike, svg: str | os.PathLike) -> None:
    """Write `figure` as PDF and SVG, the same bytes each time, whole or not at all."""
    with look():
        _settle_layout(figure)
        for path, metadata in ((pdf, {"CreationDate": None}), (svg, {"Date": None})):
            with atomic_write(path) as temporary:
                figure.savefig(temporary, metadata=metadata)


def _settle_layout(figure: Figure) -> None:
    """Lay out once and round: the solver's last bits vary from run to run and end up in SVG ids."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        bounds = axes.get_position(original=True).bounds
        axes.set_position([round(value, 4) for value in bounds])


def colours(names: Iterable[str], order: Iterable[str] = ()) -> dict[str, str]:
    """Return one colour a method: by family where the name says it, else the next spare colour.

    `order` is all names of the configuration: with it, a method without a family has one colour in
    all figures. Two methods of one family in one figure get shades of its hue, the plainest name
    the hue itself.
    """
    names = list(dict.fromkeys(names))
    unknown = [name for name in dict.fromkeys([*order, *names]) if family(name) is None]
    chosen: dict[str, str] = {}
    repeats: Counter = Counter()
    for name in sorted(names, key=lambda name: name not in FAMILY_COLOURS):
        known = family(name)
        if known is None:
            round_number, place = divmod(unknown.index(name), len(SPARE_COLOURS))
            chosen[name] = _shade(SPARE_COLOURS[place], round_number)
        else:
            chosen[name] = _shade(FAMILY_COLOURS[known], repeats[known])
            repeats[known] += 1
    return {name: chosen[name] for name in names}


def colour(name: str) -> str:
    """Return the colour of one method that stands alone."""
    return colours([name])[name]


def label(name: object) -> str:
    """Return a name as text for a legend: `fu2019_ptb_cyclical` becomes `fu2019 ptb cyclical`."""
    return str(name).replace("_", " ")


def family(name: str) -> str | None:
    """Return the family that a word of `name` says, or None."""
    words = re.split(r"[^a-z]+", str(name).lower())
    return next((word for word in reversed(words) if word in FAMILY_COLOURS), None)


def _shade(value: str, repeat: int) -> str:
    """Return the colour, darker or lighter for the second, third ... method that shares it."""
    strength = SHADES[repeat % len(SHADES)]
    rgb = to_rgb(value)
    if strength <= 1:
        return to_hex([channel * strength for channel in rgb])
    return to_hex([1 - (1 - channel) / strength for channel in rgb])
