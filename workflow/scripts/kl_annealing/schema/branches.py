"""Which parts of a schema hold for a value: its own keywords and those of its branches."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

Schema = Mapping[str, Any]


def parts(schema: Schema, value: Any) -> Iterator[Schema]:
    """Yield the schema, then what its `if`, `then` and `else` choose for `value`."""
    yield schema
    for branch in (schema, *schema.get("allOf", ())):
        if "if" in branch:
            holds = Draft202012Validator(branch["if"]).is_valid(value)
            yield from parts(branch.get("then" if holds else "else", {}), value)


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
    for branch in (schema, *schema.get("allOf", ())):
        for choice in (branch[name] for name in ("then", "else") if name in branch):
            found |= keys_of(choice)
    return found
