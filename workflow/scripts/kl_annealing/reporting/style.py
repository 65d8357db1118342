"""One look for every figure: sizes, one colour a method, byte-stable files."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from kl_annealing.files.atomic import atomic_write

COLUMN_WIDTH = 3.3  # inches: one column of a two-column page
TEXT_WIDTH = 6.9  # inches: both columns

# Okabe and Ito (2008), distinguishable with every common colour vision; yellow is left out because
# thin lines of it vanish on white.
BLACK, GREY = "#000000", "#7a7a7a"
ORANGE, SKY, GREEN, BLUE = "#e69f00", "#56b4e9", "#009e73", "#0072b2"
VERMILION, PURPLE = "#d55e00", "#cc79a7"
# Of the muted scheme of Tol (2021), where there are more methods than those.
WINE, OLIVE, INDIGO = "#882255", "#999933", "#332288"

# A word of a method's name settles its colour: `cyclical`, `fu2019_ptb_cyclical` are both blue.
FAMILY_COLOURS = {"constant": GREEN, "monotonic": ORANGE, "cyclical": BLUE, "language": BLACK}
# So does that of a remedy, whatever schedule goes with it: `aggressive, cyclical` is red. More than
# colours alone can tell apart: each has its mark too.
REMEDY_COLOURS = {
    "sigmoid": "#4b5d16",
    "beta": "#b5794a",
    "dropout": "#f277c0",
    "bag": "#17b8c4",
    "iaf": "#7fb800",
    "cved": "#b5179e",
    "bits": "#03254c",
    "aggressive": "#d7263d",
    "svi": "#a98bff",
    "sa": "#6a00f4",
    "autoencoder": "#8d99ae",
    "pretrained": "#5c4a72",
}
# Remedies that a study crosses with schedules have the schedule's hue, so far towards another:
# `bag_of_words, cyclical` is light blue, a `kgcvae` of it violet.
TINTS = {"kgcvae": (0.6, "#ff2ad4"), "bag": (0.35, "#ffffff")}
SPARE_COLOURS = (VERMILION, PURPLE, GREY, WINE, OLIVE, INDIGO, SKY)
Mark = str | tuple[int, int, int]  # a tuple: a regular one of Matplotlib
FOUR_POINTS = (4, 1, 0)  # a star
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
FAMILY_MARKERS = {
    "constant": "o",
    "monotonic": "s",
    "cyclical": "^",
    "language": "_",
    "sigmoid": "D",
    "beta": "v",
    "dropout": "P",
    "bag": "X",
    "iaf": "<",
    "cved": ">",
    "bits": "p",
    "aggressive": "*",
    "svi": "H",
    "sa": "h",
    "autoencoder": "d",
    "pretrained": FOUR_POINTS,
}

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
        # `savefig` would draw everything once more before each file, for a layout that is settled.
        figure.dpi = matplotlib.rcParams["savefig.dpi"]  # of rasters; drawing leaves another
        with atomic_write(pdf) as temporary:
            FigureCanvasPdf(figure).print_pdf(temporary, metadata={"CreationDate": None})
        figure.dpi = matplotlib.rcParams["savefig.dpi"]
        with atomic_write(svg) as temporary:
            FigureCanvasSVG(figure).print_svg(temporary, metadata={"Date": None})


def _settle_layout(figure: Figure) -> None:
    """Lay out once and round: the solver's last bits vary from run to run and end up in SVG ids."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        bounds = axes.get_position(original=True).bounds
        axes.set_position([round(value, 4) for value in bounds])


def colours(names: Iterable[str], order: Iterable[str] = ()) -> dict[str, str]:
    """Return one colour for each method of `names`, the same in all figures of an `order`.

    `order` is every schedule of a study, so a colour depends on the place in it and not on the
    company in a figure; appending a schedule changes no other colour. A family that the name
    says (a remedy, else constant, monotonic, cyclical, language) has its hue: the plainest name the
    hue itself, the others shades of it. Other names have the spare colours in turn, then shades of
    those. A method that is no schedule of `order` comes after all that are.
    """
    names = list(dict.fromkeys(names))
    every = sorted(dict.fromkeys([*order, *names]), key=lambda name: name not in _HUES)
    members: dict[str | None, list[str]] = {}
    for name in every:
        members.setdefault(family(name), []).append(name)
    return {name: _colour(family(name), members[family(name)].index(name)) for name in names}


def colour(name: str) -> str:
    """Return the colour of one method that stands alone."""
    return colours([name])[name]


def dashes(place: int) -> str | tuple[int, tuple[float, ...]]:
    """Return a line style for each of any number: solid, dashed, then with one dot, two dots ..."""
    return (0, (5, 1.5, *(1, 1.5) * (place - 1))) if place else "-"


def family(name: str) -> str | None:
    """Return the family that a word of `name` says, a remedy before a schedule, or None.

    Of a remedy of TINTS with a schedule it is both, as `bag cyclical`.
    """
    words = re.split(r"[^a-z]+", str(name).lower())[::-1]
    said = [word for known in (REMEDY_COLOURS, FAMILY_COLOURS) for word in words if word in known]
    tints = [word for word in TINTS if word in words]
    if tints and said and said[-1] in FAMILY_COLOURS:
        return f"{tints[0]} {said[-1]}"
    return said[0] if said else None


def marker(name: str) -> Mark:
    """Return the mark of a method in a scatter plot: that of its family, or a small dot."""
    known = family(name)
    return FAMILY_MARKERS.get(known.split()[0] if known else None, ".")


def _tinted(hue: str, tint: tuple[float, str]) -> str:
    share, end = tint
    pairs = zip(to_rgb(hue), to_rgb(end), strict=True)
    return to_hex([(1 - share) * one + share * other for one, other in pairs])


_HUES = {
    **FAMILY_COLOURS,
    **REMEDY_COLOURS,
    **{
        f"{remedy} {schedule}": _tinted(hue, tint)
        for remedy, tint in TINTS.items()
        for schedule, hue in FAMILY_COLOURS.items()
    },
}


def _colour(known: str | None, place: int) -> str:
    """Return the colour of the method at this place among those of its family, or of no family."""
    if known is not None:
        return _shade(_HUES[known], place)
    repeat, place = divmod(place, len(SPARE_COLOURS))
    return _shade(SPARE_COLOURS[place], repeat)


def _shade(value: str, repeat: int) -> str:
    """Return the colour, darker or lighter for the second, third ... method that shares it."""
    if not repeat:
        return value
    rgb, strength = to_rgb(value), _halving(repeat + 1)
    if strength < 0.5 and any(rgb):
        return to_hex([channel * (0.3 + 1.4 * strength) for channel in rgb])
    white = 1.4 * (strength - 0.5) if any(rgb) else 0.85 * strength  # nothing is darker than black
    return to_hex([channel + (1 - channel) * white for channel in rgb])


def _halving(number: int) -> float:
    """Return 1/2, 1/4, 3/4, 1/8, 5/8 ... for 1, 2, 3 ...: binary digits mirrored at the point."""
    digits = f"{number:b}"[::-1]
    return int(digits, 2) / 2 ** len(digits)


def marker_size(mark: Mark) -> float:
    """Return how many times the area of a dot's box that of a mark must be to look as large.

    A star of five points fills 0.28 of its box, one of four 0.35, a dot 0.79.
    """
    return {"*": 2.8, FOUR_POINTS: 2.2}.get(mark, 1.0)
