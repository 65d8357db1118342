"""Blocks with the defaults of the schema written out."""

from collections.abc import Mapping
from typing import Any

from kl_annealing.schema import completed


def schedule_settings(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a beta schedule block with the defaults of the keys that act on its shape.

    Given its own answer, it returns the same again.
    """
    return completed(block, "schedule")


def learning_rate_settings(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a learning-rate block with the defaults of the keys that act on its shape."""
    return completed(block, "learning_rate")
