"""Which parts of a schema hold for a value: its keywords, branches and what it takes in."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

Schema = Mapping[str, Any]


def parts(schema: Schema, value: Any) -> Iterator[Schema]:
    """Yield the schema, what its `if`, `then` and `else` choose for `value`, and its `allOf`."""
    yield schema
    if "if" in schema:
        holds = Draft202012Validator(schema["if"]).is_valid(value)
        yield from parts(schema.get("then" if holds else "else", {}), value)
    for part in schema.get("allOf", ()):
        yield from parts(part, value)


def properties_of(schema: Schema, value: Any) -> dict[str, Schema]:
    """Return the schemas of the keys that `value` may have."""
    return {
        key: subschema
        for part in parts(schema, value)
        for key, subschema in part.get("properties", {}).items()
    }


def keys_of(schema: Schema) -> set[str]:
    """Return the keys that some value of the schema may have."""
    found = set(schema.get("properties", ()))
    choices = [schema[name] for name in ("then", "else") if name in schema]
    return found.union(*map(keys_of, [*choices, *schema.get("allOf", ())]))
