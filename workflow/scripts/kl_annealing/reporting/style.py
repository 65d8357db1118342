"""One look for every figure: sizes, colours and line styles by method, byte-stable files."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
FAMILY_LINE_STYLES = {"constant": "-", "restarts": "--", "exponential": "-.", "plateau": ":"}
SPARE_LINE_STYLES = ((0, (3, 1, 1, 1, 1, 1)), (0, (6, 2)), (0, (1, 3)), (0, (8, 2, 2, 2)))
SPARE_SHADES = (1.0, 0.6, 1.35, 0.35, 1.6)  # below 1 darker, above 1 lighter
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
    "savefig.dpi": 300,
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
        for path, metadata in ((pdf, {"CreationDate": None}), (svg, {"Date": None})):
            with atomic_write(path) as temporary:
                figure.savefig(temporary, metadata=metadata)


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return one colour a method: by family where the name says it, else the next spare colour.

    Pass all names of the configuration, in its order, and a method has one colour in all figures.
    Two methods of one family get shades of its hue, the plainest name the hue itself.
    """
    return _assign(names, FAMILY_COLOURS, SPARE_COLOURS, _shade)


def colour(name: str) -> str:
    """Return the colour of one method that stands alone."""
    return colours([name])[name]


def line_styles(names: Iterable[str]) -> dict[str, str | tuple]:
    """Return one line style a learning-rate schedule, by family and then in order."""
    return _assign(names, FAMILY_LINE_STYLES, SPARE_LINE_STYLES, lambda style, _: style)


def label(name: object) -> str:
    """Return a name as text for a legend: `fu2019_ptb_cyclical` becomes `fu2019 ptb cyclical`."""
    return str(name).replace("_", " ")


def family(name: str, families: Mapping[str, object] = FAMILY_COLOURS) -> str | None:
    """Return the family that a word of `name` says, or None."""
    words = re.split(r"[^a-z]+", str(name).lower())
    return next((word for word in reversed(words) if word in families), None)


def _assign(names: Iterable[str], families: Mapping, spare: Sequence, variant) -> dict:
    """Give each name its family's value, or the next spare one; `variant` tells repeats apart."""
    names = list(dict.fromkeys(names))
    chosen, used = {}, {}
    for name in sorted(names, key=lambda name: name not in families):
        known = family(name, families)
        if known is None:
            position = used.setdefault(None, 0)
            value, repeat = spare[position % len(spare)], position // len(spare)
        else:
            value, repeat = families[known], used.setdefault(known, 0)
        chosen[name] = variant(value, repeat)
        used[known] += 1
    return {name: chosen[name] for name in names}


def _shade(value: str, repeat: int) -> str:
    """Return the colour, darker or lighter for the second, third ... method that shares it."""
    strength = SPARE_SHADES[repeat % len(SPARE_SHADES)]
    rgb = to_rgb(value)
    if strength <= 1:
        return to_hex([channel * strength for channel in rgb])
    return to_hex([1 - (1 - channel) / strength for channel in rgb])
