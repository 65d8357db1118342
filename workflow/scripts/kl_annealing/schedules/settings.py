"""The keys of the two kinds of blocks: their defaults, and which shape each key acts on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kl_annealing.schedules.shapes import RAMPS

SCHEDULE_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "start": 0,
        "stop": 1,
        "baseline": 0,
        "delay": {"steps": 0},
        "cycles": 1,
        "period": None,
        "ratio": 0.5,
        "ramp": None,
        "offset": 0,
        "steepness": 12,
        "normalised": False,
        "points": None,
    }
)

_ENDS = ("start", "stop", "baseline", "delay")
_CYCLES = (*_ENDS, "cycles", "period", "offset")
_RAMP = (*_CYCLES, "ratio", "ramp")
SCHEDULE_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "constant": _ENDS,
        **dict.fromkeys(RAMPS, _RAMP),
        "sigmoid": (*_RAMP, "steepness", "normalised"),
        "points": (*_CYCLES, "points"),
    }
)

LEARNING_RATE_DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "constant": {},
        "cosine": {"cycles": 1, "period": None, "stop": 0, "hold": "step"},
        "exponential": {
            "decay": 0.99,
            "interval": {"epochs": 2},
            "staircase": False,
            "hold": "step",
        },
        "plateau": {
            "decay": 0.5,
            "patience": 2,
            "minimum_epoch": 15,
            "maximum_decays": 5,
            "reload_best": True,
        },
    }
)


# The first says the same thing as the second; given, it takes the second's place.
RIVALS = (("period", "cycles"), ("ramp", "ratio"))


def schedule_settings(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a beta schedule block with its defaults; None stands for a key without effect.

    Given its own answer, it returns the same again.
    """
    return _without_rivals({**SCHEDULE_DEFAULTS, **_given(block)})


def learning_rate_settings(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a learning-rate block with the defaults of its shape."""
    return _without_rivals({**LEARNING_RATE_DEFAULTS[block["shape"]], **_given(block)})


def _without_rivals(settings: dict[str, Any]) -> dict[str, Any]:
    for key, rival in RIVALS:
        if settings.get(key) is not None:
            settings[rival] = None
    return settings


def _given(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if value is not None}
