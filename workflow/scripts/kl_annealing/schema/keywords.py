"""How the schemas are read: JSON Schema with finite numbers and two keywords of our own.

A whole number without a `maximum` of its own is at most `LARGEST`: nothing here is counted further.
`alternatives` lists keys that say the same thing in different ways: of each list exactly one is
given, or none where one of them has a default. `unevaluatedProperties: false` keeps its meaning
and says which value of the block's first required key does not take the unknown one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from kl_annealing.numbers import is_integer, is_number
from kl_annealing.schema.branches import keys_of, properties_of
from kl_annealing.schema.words import suggestion

LARGEST = 2**31 - 1


def _type(validator: Any, kinds: Any, value: Any, schema: Any) -> Iterator[Any]:
    yield from Draft202012Validator.VALIDATORS["type"](validator, kinds, value, schema)
    bounded = "integer" not in kinds or "maximum" in schema
    if not bounded and is_integer(value) and value > LARGEST:
        text = f"{value} is greater than {LARGEST}"
        yield ValidationError(text, validator="maximum", validator_value=LARGEST)


def _alternatives(validator: Any, groups: Any, block: Any, schema: Any) -> Iterator[Any]:
    for group in groups if validator.is_type(block, "object") else ():
        given = {key: block[key] for key in group if block.get(key) is not None}
        optional = any(schema["properties"][key].get("default") is not None for key in group)
        if len(given) > 1 or not (given or optional):
            said = ", ".join(f"{key} = {value}" for key, value in given.items())
            yield ValidationError(f"{said}{': ' if said else ''}give exactly one of {_list(group)}")


def _unevaluated(validator: Any, allowed: Any, block: Any, schema: Any) -> Iterator[Any]:
    if not validator.is_type(block, "object"):
        return
    tag, known = schema["required"][0], keys_of(schema)
    decided = validator.evolve(schema=schema["properties"][tag]).is_valid(block.get(tag))
    acting = properties_of(schema, block) if decided else known
    for key in (key for key in block if key not in acting):
        if key in known:
            yield ValidationError(f"{tag} {block[tag]} takes no {key}; allowed: {_list(acting)}")
        else:
            yield ValidationError(unknown_key(key, acting))


def unknown_key(key: Any, allowed: Any) -> str:
    """Return the text for a key that is not in the schema."""
    return f"unknown key {key!r}{suggestion(key, allowed)}; allowed: {_list(sorted(allowed))}"


def _list(keys: Any) -> str:
    return ", ".join(keys)


_TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "array": lambda checker, value: isinstance(value, list | tuple),
        "integer": lambda checker, value: is_integer(value),
        "number": lambda checker, value: is_number(value),
        "object": lambda checker, value: isinstance(value, Mapping),
    }
)
Validator = extend(
    Draft202012Validator,
    {"type": _type, "alternatives": _alternatives, "unevaluatedProperties": _unevaluated},
    type_checker=_TYPES,
)
