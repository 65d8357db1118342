"""The defaults of the schema: written out into a block, or left out of it."""

import copy
from collections.abc import Mapping
from typing import Any

from kl_annealing.schema.branches import Schema, parts, properties_of
from kl_annealing.schema.files import definition


def fill_defaults(config: Any, schema: Schema) -> None:
    """Write into `config` the default of every key that acts there and is not given.

    A key to which a given one is the alternative gets none but null. What is not a mapping where
    the schema wants one is left as it is.
    """
    if not isinstance(config, dict):
        return
    for part in parts(schema, config):
        own = part.get("properties", {})
        for key, subschema in own.items():
            if "default" in subschema and not _replaced(key, part, config):
                config.setdefault(key, copy.deepcopy(subschema["default"]))
            fill_defaults(config.get(key), subschema)
        named = part.get("additionalProperties")
        for key in set(config) - set(own) if isinstance(named, Mapping) else ():
            fill_defaults(config[key], named)


def completed(block: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a copy of a block with the defaults of the definition `name` written out."""
    copied = copy.deepcopy(dict(block))
    fill_defaults(copied, definition(name))
    return copied


def without_defaults(value: Any, schema: Schema) -> Any:
    """Return a copy of `value` without the keys that equal their default: 5.0 equals 5."""
    if not isinstance(value, Mapping):
        return copy.deepcopy(value)
    known = properties_of(schema, value)
    kept = {key: without_defaults(item, known.get(key, {})) for key, item in value.items()}
    return {key: item for key, item in kept.items() if not _is_default(item, known.get(key, {}))}


def _is_default(item: Any, schema: Schema) -> bool:
    return "default" in schema and item == without_defaults(schema["default"], schema)


def _replaced(key: str, part: Schema, config: Mapping[str, Any]) -> bool:
    """Return whether an alternative is given to `key`, whose default would say otherwise."""
    if part["properties"][key]["default"] is None:
        return False
    groups = [group for group in part.get("alternatives", ()) if key in group]
    return any(config.get(rival) is not None for group in groups for rival in group)
