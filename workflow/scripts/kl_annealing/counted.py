"""The part of settings that counts, and the settings that it stands for."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from kl_annealing.canonical import plain
from kl_annealing.schema import completed, definition, without_defaults


def counted_part(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return resolved settings without what equals its default in the schema.

    That alone is hashed, so that an option added with a default renames no run that exists. Of the
    run from whose weights one starts, the same part counts.
    """
    return _with_parent(without_defaults(settings, definition("run")), counted_part)


def counted_evaluation(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an evaluation likewise."""
    return without_defaults(settings, definition("evaluation"))


def counted_classification(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a classification likewise."""
    return without_defaults(settings, definition("classification"))


def settings_of(text: str) -> dict[str, Any]:
    """Return the resolved settings of a run from the JSON of its counted part."""
    return plain(_completed(json.loads(text)))


def _completed(counted: Mapping[str, Any]) -> dict[str, Any]:
    return _with_parent(completed(counted, "run"), _completed)


def _with_parent(settings: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return settings with a change to those of their parent, where they have one."""
    initial = settings.get("initial", {})
    if "parent" not in initial:
        return settings
    return {**settings, "initial": {**initial, "parent": change(initial["parent"])}}
