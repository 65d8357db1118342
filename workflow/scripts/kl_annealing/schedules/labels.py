"""Short readable names of schedule blocks, fit for folder names: letters, digits, dot, dash."""

import re
from collections.abc import Mapping
from typing import Any

from kl_annealing.schedules.settings import (
    SCHEDULE_KEYS,
    learning_rate_settings,
    schedule_settings,
)

_UNIT_SUFFIXES = {"steps": "steps", "epochs": "epochs", "fraction": ""}


def block_slug(block: Mapping[str, Any]) -> str:
    """Return a beta schedule's name: `constant`, `linear-M4-R0.5`, `cosine-P10epochs-R0.5`.

    Two blocks may share a name (the run's hash tells them apart).
    """
    settings = schedule_settings(block)
    parts = [settings["shape"]]
    if "cycles" in SCHEDULE_KEYS[settings["shape"]]:
        parts.append(_cycles(settings))
    if "ratio" in SCHEDULE_KEYS[settings["shape"]]:
        ramp = settings["ramp"]
        parts.append(f"ramp{_length(ramp)}" if ramp else f"R{_number(settings['ratio'])}")
    parts += _changed(settings, {"start": 0, "stop": 1, "baseline": 0, "offset": 0})
    if settings["shape"] == "sigmoid":
        parts += _changed(settings, {"steepness": 12, "normalised": False})
    if any(settings["delay"].values()):
        parts.append(f"delay{_length(settings['delay'])}")
    return _clean("-".join(parts))


def learning_rate_slug(block: Mapping[str, Any]) -> str:
    """Return a learning-rate block's name: `constant`, `cosine-restarts-M4`, `exponential-0.99`."""
    settings = learning_rate_settings(block)
    parts = [settings["shape"]]
    if settings["shape"] == "cosine":
        parts += ["restarts", _cycles(settings)]
        parts += ["epoch"] if settings["hold"] == "epoch" else []
    if "decay" in settings:
        parts.append(_number(settings["decay"]))
    if "interval" in settings:
        parts.append(_length(settings["interval"]))
    return _clean("-".join(parts))


def _cycles(settings: Mapping[str, Any]) -> str:
    if settings["period"]:
        return f"P{_length(settings['period'])}"
    return f"M{settings['cycles']}"


def _changed(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    return [
        f"{key}{_number(settings[key])}"
        for key, default in defaults.items()
        if settings[key] != default
    ]


def _length(length: Mapping[str, Any]) -> str:
    unit, number = next(iter(length.items()))
    return _number(number) + _UNIT_SUFFIXES[unit]


def _number(number: float) -> str:
    return f"{float(number):.10g}"


def _clean(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "", text)
