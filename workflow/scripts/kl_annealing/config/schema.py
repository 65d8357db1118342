"""The JSON schema of the configuration: defaults filled in, each violation in one line."""

import copy
import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SCHEMAS = Path(__file__).parents[3] / "schemas"

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def schema_problems(config: Any, definition: str | None = None, path: str = "") -> list[str]:
    """Return one line for each violation of the schema; fill the defaults into `config`.

    `definition` names one of the schema's `$defs` to hold `config` against instead of the whole.
    `path` is put before every key.
    """
    errors = sorted(_validator(definition).iter_errors(config), key=lambda error: str(error.path))
    return list(dict.fromkeys(line for error in errors for line in _describe(error, path)))


def read_schema(name: str) -> dict[str, Any]:
    """Return the schema file `workflow/schemas/<name>.schema.yaml`."""
    return yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"))


def spelled(path: Any) -> str:
    """Return a path of keys and positions as `studies.ptb.grids[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).lstrip(".")


def suggestion(word: str, known: Any) -> str:
    """Return ` (did you mean …?)` when a known word is close, else nothing."""
    close = difflib.get_close_matches(str(word), [str(item) for item in known], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


@cache
def _validator(definition: str | None) -> Draft202012Validator:
    registry = Registry().with_resources(
        (f"{name}.schema.yaml", _resource(name)) for name in ("config", "dataset")
    )
    reference = "config.schema.yaml" + (f"#/$defs/{definition}" if definition else "")
    return _FillingValidator({"$ref": reference}, registry=registry)


def _resource(name: str) -> Resource:
    """Return a schema without its `$schema`, at which jsonschema would leave our own validator."""
    contents = {key: value for key, value in read_schema(name).items() if key != "$schema"}
    return DRAFT202012.create_resource(contents)


def _fill_defaults(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for key, subschema in properties.items():
            if "default" in subschema:
                instance.setdefault(key, copy.deepcopy(subschema["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


_FillingValidator = extend(Draft202012Validator, {"properties": _fill_defaults})


def _describe(error: ValidationError, path: str) -> Iterator[str]:
    place = ".".join(part for part in (path, spelled(error.absolute_path)) if part) or "the file"
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties":
        known = sorted(schema.get("properties", {}))
        for key in sorted(set(error.instance) - set(known)):
            hint = suggestion(key, known)
            yield f"{place}: unknown key {key!r}{hint}; allowed: {', '.join(known)}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield from (f"{place}: key {key!r} is missing" for key in missing)
    elif error.validator == "const" and error.validator_value is False:
        yield f"{place} = {error.instance!r}: give a mapping, or false to leave it out"
    else:
        yield f"{place} = {error.instance!r}: {_allowed(error, schema)}"


def _allowed(error: ValidationError, schema: Mapping[str, Any]) -> str:
    wanted = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}{_number_hint(error)}"
    if error.validator == "enum":
        hint = suggestion(error.instance, wanted)
        return f"allowed: {', '.join(map(str, wanted))}{hint}"
    bounds = {
        "minimum": "must be at least {}",
        "maximum": "must be at most {}",
        "exclusiveMinimum": "must be greater than {}",
        "exclusiveMaximum": "must be less than {}",
        "minItems": "needs at least {} items",
        "maxItems": "takes at most {} items",
        "minProperties": "needs at least {} key",
        "maxProperties": "takes exactly {} of steps, epochs, fraction",
    }
    if error.validator in bounds:
        return bounds[error.validator].format(wanted)
    if error.validator == "uniqueItems":
        return "holds an item twice"
    return schema.get("description", error.message)


def _number_hint(error: ValidationError) -> str:
    """YAML 1.1 reads `1e-5` as text, because the point is missing."""
    try:
        value = float(error.instance) if isinstance(error.instance, str) else None
    except ValueError:
        value = None
    if value is None or "number" not in str(error.validator_value):
        return ""
    mantissa, _, exponent = error.instance.lower().partition("e")
    if exponent and "." not in mantissa:
        return f"; YAML reads it as text: write {mantissa}.0e{exponent}"
    return "; it is text: write it without quotes"
