"""The part of a run's settings that counts, and the settings that it stands for."""

import json
from collections.abc import Mapping
from typing import Any

from kl_annealing.canonical import plain
from kl_annealing.schema import completed, definition, without_defaults


def counted_part(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return resolved settings without what equals its default in the schema.

    That alone is hashed, so that an option added with a default renames no run that exists.
    """
    return without_defaults(settings, definition("run"))


def settings_of(text: str) -> dict[str, Any]:
    """Return the resolved settings of a run from the JSON of its counted part."""
    return plain(completed(json.loads(text), "run"))
