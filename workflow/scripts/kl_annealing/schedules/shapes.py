"""Unit ramps: how a value rises from 0 to 1 while v goes from 0 to 1."""

import functools
import inspect
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Shape = Callable[[float], float]
RAMPS: dict[str, Callable[..., float]] = {}


def ramp(function: Callable[..., float]) -> Callable[..., float]:
    """Register a ramp under its name: a function of v, then of the schedule keys that it reads."""
    RAMPS[function.__name__] = function
    return function


@ramp
def linear(v: float) -> float:
    """Return v itself."""
    return v


@ramp
def cosine(v: float) -> float:
    """Return half a cosine wave, flat at both ends: 1/2 - cos(pi v)/2."""
    return 0.5 - 0.5 * math.cos(math.pi * v)


@ramp
def sigmoid(v: float, steepness: float, normalised: bool) -> float:
    """Return the logistic 1/(1 + exp(-steepness (v - 1/2))).

    As published (steepness 12) it starts at 0.00247 and ends at 0.99753; `normalised` stretches
    it so that it starts at exactly 0 and ends at exactly 1.
    """
    if not normalised:
        return _logistic(v, steepness)
    foot, head = _logistic(0.0, steepness), _logistic(1.0, steepness)
    return (_logistic(v, steepness) - foot) / (head - foot)


def _logistic(v: float, steepness: float) -> float:
    # 1/(1 + exp(-x)) as (1 + tanh(x/2))/2: no overflow, however steep
    return 0.5 + 0.5 * math.tanh(steepness * (v - 0.5) / 2)


def ramp_of(settings: Mapping[str, Any]) -> Shape:
    """Return the ramp that the `shape` of complete schedule settings names."""
    function = RAMPS[settings["shape"]]
    keys = list(inspect.signature(function).parameters)[1:]
    return functools.partial(function, **{key: settings[key] for key in keys})


def points(pairs: Sequence[Sequence[float]]) -> Shape:
    """Return the piecewise-linear curve through [v, value] pairs; two at one v make a jump."""
    places = [float(v) for v, _ in pairs]
    values = [float(value) for _, value in pairs]

    def curve(v: float) -> float:
        """Return the value at v, that of the last point beyond it."""
        right = bisect_right(places, v)
        if right == len(places):
            return values[-1]
        left = right - 1
        part = (v - places[left]) / (places[right] - places[left])
        return values[left] + (values[right] - values[left]) * part

    return curve
