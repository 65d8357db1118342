"""The schema files, with every reference replaced by what it refers to."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from kl_annealing.files.yaml_files import read_yaml

SCHEMAS = Path(__file__).parents[3] / "schemas"


def read_schema(name: str) -> dict[str, Any]:
    """Return the schema file `workflow/schemas/<name>.schema.yaml`."""
    return read_yaml(SCHEMAS / f"{name}.schema.yaml")


@cache
def definition(name: str | None = None) -> dict[str, Any]:
    """Return one of the `$defs` of the configuration's schema, or the whole; not to be changed."""
    schema = _file("config")
    return _inlined(schema if name is None else schema["$defs"][name], "config")


@cache
def rivals() -> dict[str, set[str]]:
    """Return, for each key that has `alternatives` somewhere, the keys that it replaces."""
    found: dict[str, set[str]] = {}
    for group in _alternatives(_file("config")):
        for key in group:
            found.setdefault(key, set()).update(set(group) - {key})
    return found


_file = cache(read_schema)
# Not part of a definition; with a `$schema` inside, jsonschema would leave our own keywords aside.
_LEFT_OUT = ("$ref", "$defs", "$schema")


def _inlined(value: Any, file: str) -> Any:
    """Replace references; the keywords beside one, a default or description, win over its own."""
    if isinstance(value, list):
        return [_inlined(item, file) for item in value]
    if not isinstance(value, dict):
        return value
    own = {key: _inlined(item, file) for key, item in value.items() if key not in _LEFT_OUT}
    return {**_target(value["$ref"], file), **own} if "$ref" in value else own


def _target(reference: str, file: str) -> dict[str, Any]:
    """Return what `#/$defs/name` or `dataset.schema.yaml` refers to."""
    other, _, place = reference.partition("#/$defs/")
    file = other.removesuffix(".schema.yaml") or file
    return _inlined(_file(file)["$defs"][place] if place else _file(file), file)


def _alternatives(value: Any) -> Iterator[list[str]]:
    if isinstance(value, dict):
        yield from value.get("alternatives", ())
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from _alternatives(item)
