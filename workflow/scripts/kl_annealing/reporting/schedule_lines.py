"""A schedule as a line of few points, its jumps upright, on axes that suit schedules."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kl_annealing.reporting import style
from kl_annealing.schedules import Clock, beta_schedule, learning_rate_schedule

Function = Callable[[int], float]
POINTS = 2000  # an axis of two inches has fewer pixels at print resolution
FLAT = 1e-3
JUMP = 0.02  # between two points; a steep ramp that passes for a jump costs two points


def line_of(function: Function, total: int) -> tuple[list[int], list[float]]:
    """Return steps and values of `function` over steps 0 to `total` - 1.

    Where it jumps between two points of the grid, the last step before and the first step after
    are added; points on a straight line between their neighbours are left out.
    """
    last = total - 1
    grid = sorted({round(place * last / POINTS) for place in range(POINTS + 1)})
    steps = [0]
    for low, high in zip(grid, grid[1:], strict=False):
        if abs(function(high) - function(low)) > JUMP:
            steps += _around_the_jump(function, low, high)
        steps.append(high)
    steps = sorted(set(steps))
    return _without_straight(steps, [function(step) for step in steps])


def draw_beta(axes: Axes, block: Mapping[str, Any], clock: Clock, **line: Any) -> None:
    """Draw the KL weight of a schedule block against epochs."""
    _draw(axes, beta_schedule(block, clock), clock, **line)


def draw_learning_rate(axes: Axes, block: Mapping[str, Any], clock: Clock, **line: Any) -> None:
    """Draw the factor on the base learning rate against epochs, or say what decides it."""
    if block["shape"] == "plateau":
        middle = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, 0.5, "by validation loss", fontsize=6.5, color=style.GREY, **middle)
        return
    line = {"color": style.BLACK, "linewidth": 0.9, **line}
    _draw(axes, learning_rate_schedule(block, clock), clock, **line)


def unit_axes(axes: Axes, end: float, top: float = 1.0) -> None:
    """Let the axes run from 0 to `end` and from 0 to `top`, with room for lines at the edges."""
    axes.set_xlim(0, end)
    axes.set_ylim(-0.06 * top, 1.08 * top)
    if top == 1:
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=end > 2))
    axes.tick_params(length=2, pad=2)


def epochs_of(clock: Clock) -> float:
    """Return the length of the training in epochs."""
    return clock.total_steps / clock.steps_per_epoch


def _draw(axes: Axes, function: Function, clock: Clock, **line: Any) -> None:
    steps, values = line_of(function, clock.total_steps)
    epochs = [step / clock.steps_per_epoch for step in steps]
    axes.plot(epochs, values, solid_joinstyle="miter", **line)


def _around_the_jump(function: Function, low: int, high: int) -> tuple[int, int]:
    """Halve the interval towards the larger change until it is a single step."""
    while high - low > 1:
        middle = (low + high) // 2
        value = function(middle)
        if abs(function(high) - value) > abs(value - function(low)):
            low = middle
        else:
            high = middle
    return low, high


def _without_straight(steps: list[int], values: list[float]) -> tuple[list[int], list[float]]:
    """Drop points that lie within FLAT of the line between those that are kept."""
    kept, low, high = [0], -math.inf, math.inf
    for place in range(1, len(steps)):
        anchor = kept[-1]
        slope = (values[place] - values[anchor]) / (steps[place] - steps[anchor])
        if not low <= slope <= high:
            kept.append(place - 1)
            anchor, low, high = place - 1, -math.inf, math.inf
            slope = (values[place] - values[anchor]) / (steps[place] - steps[anchor])
        slack = FLAT / (steps[place] - steps[anchor])
        low, high = max(low, slope - slack), min(high, slope + slack)
    kept += [len(steps) - 1] * (len(steps) > 1)
    return [steps[place] for place in kept], [values[place] for place in kept]
