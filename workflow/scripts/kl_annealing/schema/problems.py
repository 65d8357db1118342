"""Every violation of a schema as one line that a user can act on."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any

from jsonschema.exceptions import ValidationError

from kl_annealing.schema.files import definition
from kl_annealing.schema.keywords import Validator, unknown_key
from kl_annealing.schema.words import spelled, suggestion

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be greater than {}",
    "exclusiveMaximum": "must be less than {}",
    "minItems": "needs at least {} item",
    "maxItems": "takes at most {} item",
    "minProperties": "needs at least {} key",
}
_COUNTS = ("minItems", "maxItems", "minProperties")
_WHOLE = ("alternatives", "unevaluatedProperties")  # they say themselves what is wrong


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place: `path` as `studies.ptb.grids[0]`, what was `given`, and why."""

    path: str
    text: str
    given: str = ""  # ` = 5`, where it is one value that is wrong

    def __str__(self) -> str:
        place = f"{self.path}{self.given}"
        return f"{place}: {self.text}" if place else self.text


def schema_problems(config: Any, name: str | None = None, path: str = "") -> list[Problem]:
    """Return each violation of the configuration's schema once.

    `name` is one of the schema's `$defs` to hold `config` against instead of the whole, `path`
    is put before every key. Defaults count as given: fill them in first.
    """
    errors = sorted(_validator(name).iter_errors(config), key=lambda error: str(error.path))
    found = dict.fromkeys(found for error in errors for found in _describe(error, path))
    groups = groupby(found, key=lambda problem: (problem.path, problem.given))
    return [problem for _, group in groups for problem in _joined(list(group))]


@cache
def _validator(name: str | None) -> Any:
    return Validator(definition(name))


def _joined(group: list[Problem]) -> list[Problem]:
    """Put all that is wrong with one value on one line."""
    if not group[0].given:
        return group
    return [replace(group[0], text="; ".join(problem.text for problem in group))]


def _describe(error: ValidationError, path: str) -> Iterator[Problem]:
    place = ".".join(part for part in (path, spelled(error.absolute_path)) if part)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator in _WHOLE:
        yield Problem(place, error.message)
    elif error.validator == "additionalProperties":
        known = schema.get("properties", {})
        yield from (
            Problem(place, unknown_key(key, known)) for key in error.instance if key not in known
        )
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield from (Problem(place, f"key {key!r} is missing") for key in missing)
    elif list(error.absolute_schema_path)[-2:-1] == ["propertyNames"]:
        yield Problem(place, f"key {error.instance!r}: {_allowed(error, schema)}")
    else:
        yield Problem(place, _allowed(error, schema), f" = {_written(error.instance)}")


def _written(value: Any) -> str:
    """Return a value as YAML has it, where Python has another word for it."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def _allowed(error: ValidationError, schema: Mapping[str, Any]) -> str:
    wanted = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}{_text_hint(error)}"
    if error.validator == "enum":
        hint = suggestion(error.instance, wanted)
        return f"allowed: {', '.join(map(str, wanted))}{hint}"
    if error.validator == "const" and wanted is False:
        return "give a mapping, or false to leave it out"
    if error.validator in _BOUNDS:
        plural = "s" if error.validator in _COUNTS and wanted != 1 else ""
        return _BOUNDS[error.validator].format(wanted) + plural
    if error.validator == "contains":
        return f"needs one of {', '.join(wanted['enum'])}"
    if error.validator == "uniqueItems":
        twice = next(x for i, x in enumerate(error.instance) if x in error.instance[:i])
        return f"holds {twice!r} twice; give it once"
    return schema.get("description", error.message)


def _text_hint(error: ValidationError) -> str:
    """Say why what looks like a number or a truth value is text, or why a number is none."""
    wanted, given = str(error.validator_value), error.instance
    if isinstance(given, float) and "number" in wanted and not math.isfinite(given):
        return "; it must be finite"
    if not isinstance(given, str):
        return ""
    mantissa, _, exponent = given.lower().partition("e")
    if exponent and "." not in mantissa and "number" in wanted and _is_number_text(given):
        return f"; YAML reads it as text: write {mantissa}.0e{exponent}"
    if any(kind in wanted and fits(given) for kind, fits in _READABLE.items()):
        return "; it is text: write it without quotes, in a --configfile (--config nests only text)"
    return ""


def _is_number_text(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


_READABLE = {
    "number": _is_number_text,
    "integer": lambda text: text.lstrip("+-").isdecimal(),
    "boolean": lambda text: text.lower() in ("true", "false"),
    "null": lambda text: text.lower() == "null",
}
