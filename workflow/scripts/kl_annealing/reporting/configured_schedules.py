"""The schedules of a configuration, drawn before anything is trained."""

import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kl_annealing.reporting import style
from kl_annealing.reporting.schedule_lines import (
    draw_beta,
    draw_learning_rate,
    epochs_of,
    unit_axes,
)
from kl_annealing.schedules import Clock, Ruler, learning_rate_problems, schedule_problems

Block = Mapping[str, Any]
COLUMNS = 4
# How many updates an epoch has is known only when the data are prepared: here it is 1000.
EPOCH = 1000


@dataclass(frozen=True)
class Kind:
    """A kind of blocks: its axis, what checks a block, and what draws it."""

    axis: str
    problems: Callable[[Block, Ruler], list[str]]
    draw: Callable[..., None]


BETA = Kind(r"KL weight $\beta$", schedule_problems, draw_beta)
LEARNING_RATE = Kind("Learning rate / base", learning_rate_problems, draw_learning_rate)


def configured_figure(
    schedules: Mapping[str, Block],
    learning_rates: Mapping[str, Block],
    trainings: Mapping[str, Block],
    uses: Collection[tuple[str, str, str]] = (),
) -> Figure:
    """Draw every named schedule and learning rate of a configuration, at least one of each.

    Each is drawn over the first of `trainings` (which have `epochs` or `steps`) that it fits, those
    that it is trained with first: `uses` are (schedule, learning rate, training) of the runs.
    """
    groups = ((BETA, schedules), (LEARNING_RATE, learning_rates))
    used = ({(use[place], use[-1]) for use in uses} for place in range(len(groups)))
    rows = [-(-len(blocks) // COLUMNS) for _, blocks in groups]
    figure = style.new_figure(style.TEXT_WIDTH, 1.45 * sum(rows))
    grid = figure.subplots(sum(rows), COLUMNS, squeeze=False)
    parts = (grid[: rows[0]], grid[rows[0] :])
    for part, (kind, blocks), pairs in zip(parts, groups, used, strict=True):
        _draw_group(part, kind, blocks, trainings, pairs)
    return figure


def _draw_group(
    grid: Any,
    kind: Kind,
    blocks: Mapping[str, Block],
    trainings: Mapping[str, Block],
    used: Collection[tuple[str, str]],
) -> None:
    """Draw the blocks of a kind in their rows of the grid of axes."""
    colours = style.colours(blocks) if kind is BETA else dict.fromkeys(blocks, style.BLACK)
    for axes, name in zip(grid.flat, blocks, strict=False):
        axes.set_title(textwrap.fill(name, 24), fontsize=7)  # spelled as in the configuration
        names = sorted(trainings, key=lambda training, name=name: (name, training) not in used)
        training = _fitting(kind, blocks[name], [trainings[one] for one in names])
        _draw_block(axes, kind, blocks[name], training, colours[name])
    for axes in list(grid.flat)[len(blocks) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel(kind.axis)


def _draw_block(axes: Axes, kind: Kind, block: Block, training: Block | None, colour: str) -> None:
    if training is None:
        middle = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, 0.5, "longer than\nevery training", fontsize=7, color=style.GREY, **middle)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    clock = _clock(training)
    kind.draw(axes, block, clock, color=colour)
    highest = max((max(line.get_ydata()) for line in axes.lines), default=1.0)
    unit_axes(axes, epochs_of(clock), max(1.0, highest))
    axes.set_xlabel(_time(training, block), fontsize=7, labelpad=1)


def _fitting(kind: Kind, block: Block, trainings: Iterable[Block]) -> Block | None:
    """Return the first training whose length suits the block."""
    for training in trainings:
        if not kind.problems(block, Ruler.of(_clock(training))):
            return training
    return None


def _clock(training: Block) -> Clock:
    """Return the training's clock; time is then in epochs, or in thousands of steps."""
    steps = training.get("steps") or training["epochs"] * EPOCH
    return Clock(EPOCH, max(1, round(steps)))


def _time(training: Block, block: Block) -> str:
    """Return the label of the time axis; it says so where an epoch had to be guessed."""
    unit, name = ("steps", "Steps (thousands)") if training.get("steps") else ("epochs", "Epoch")
    units = {next(iter(value)) for value in block.values() if isinstance(value, Mapping) and value}
    guessed = units & ({"steps", "epochs"} - {unit})
    return f"{name}, {EPOCH} steps each" if guessed and unit == "epochs" else name
