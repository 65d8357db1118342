"""Unit ramps: how a value rises from 0 to 1 while v goes from 0 to 1."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

Shape = Callable[[float], float]


def constant(v: float) -> float:
    """Return 1 everywhere: no ramp."""
    return 1.0


def linear(v: float) -> float:
    """Return v itself."""
    return v


def cosine(v: float) -> float:
    """Return half a cosine wave, flat at both ends: 1/2 - cos(pi v)/2."""
    return 0.5 - 0.5 * math.cos(math.pi * v)


def sigmoid(steepness: float = 12.0, normalised: bool = False) -> Shape:
    """Return the logistic 1/(1 + exp(-steepness (v - 1/2))).

    As published (steepness 12) it starts at 0.00247 and ends at 0.99753; `normalised` stretches
    it so that it starts at exactly 0 and ends at exactly 1.
    """

    def plain(v: float) -> float:
        # 1/(1 + exp(-x)) as (1 + tanh(x/2))/2: no overflow, however steep
        return 0.5 + 0.5 * math.tanh(steepness * (v - 0.5) / 2)

    foot, head = plain(0.0), plain(1.0)

    def stretched(v: float) -> float:
        return (plain(v) - foot) / (head - foot)

    return stretched if normalised else plain


def points(pairs: Sequence[Sequence[float]]) -> Shape:
    """Return the piecewise-linear curve through [v, value] pairs; two at one v make a jump."""
    places = [float(v) for v, _ in pairs]
    values = [float(value) for _, value in pairs]

    def curve(v: float) -> float:
        right = bisect_right(places, v)
        if right == len(places):
            return values[-1]
        left = right - 1
        part = (v - places[left]) / (places[right] - places[left])
        return values[left] + (values[right] - values[left]) * part

    return curve


RAMPS = ("linear", "sigmoid", "cosine")


def ramp(name: str, steepness: float = 12.0, normalised: bool = False) -> Shape:
    """Return the ramp of that name, one of RAMPS; the settings are the sigmoid's."""
    if name == "sigmoid":
        return sigmoid(steepness, normalised)
    return {"linear": linear, "cosine": cosine}[name]
