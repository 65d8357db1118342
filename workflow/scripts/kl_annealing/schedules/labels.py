"""Short readable names of schedule blocks, fit for folder names: letters, digits, dot, dash."""

import re
from collections.abc import Mapping
from typing import Any

from kl_annealing.schedules.settings import learning_rate_settings, schedule_settings
from kl_annealing.schema import definition, without_defaults

_NUMBERS = ("start", "stop", "baseline", "offset", "steepness", "normalised")
_UNIT_SUFFIXES = {"steps": "steps", "epochs": "epochs", "fraction": ""}


def block_slug(block: Mapping[str, Any]) -> str:
    """Return a beta schedule's name: `constant`, `linear-M4-R0.5`, `cosine-P10epochs-R0.5`.

    Two blocks may share a name (the run's hash tells them apart).
    """
    settings = schedule_settings(block)
    parts = [settings["shape"]]
    if settings["shape"] != "constant":
        parts.append(_cycles(settings))
    if "ramp" in settings:
        parts.append(f"ramp{_length(settings['ramp'])}")
    elif "ratio" in settings:
        parts.append(f"R{_number(settings['ratio'])}")
    changed = without_defaults(settings, definition("schedule"))
    parts += [f"{key}{_number(changed[key])}" for key in _NUMBERS if key in changed]
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
    if "period" in settings:
        return f"P{_length(settings['period'])}"
    return f"M{settings['cycles']}"


def _length(length: Mapping[str, Any]) -> str:
    unit, number = next(iter(length.items()))
    return _number(number) + _UNIT_SUFFIXES[unit]


def _number(number: float) -> str:
    return f"{float(number):.10g}"


def _clean(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "", text)
