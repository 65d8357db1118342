"""workflow/claims.yaml: who claims what, and the published numbers; read and checked."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from kl_annealing.errors import InputError
from kl_annealing.files.yaml_files import read_yaml
from kl_annealing.schema import read_schema, spelled

CLAIMS = Path(__file__).parents[3] / "claims.yaml"


@dataclass(frozen=True)
class Claims:
    """The claims and the published numbers, each with its source filled in."""

    claims: Sequence[Mapping[str, Any]] = ()
    published: Sequence[Mapping[str, Any]] = ()

    def about(self, study: str) -> "Claims":
        """Return those about one study."""
        return Claims(*(_about(study, entries) for entries in (self.claims, self.published)))


def read_claims(path: str | os.PathLike) -> Claims:
    """Read and check a claims file.

    Raises:
        InputError: one line for each problem, naming the entry and what is allowed.
    """
    content = read_yaml(path)
    problems = list(_schema_problems(content)) or list(_reference_problems(content))
    if problems:
        raise InputError("\n".join(f"{path}: {problem}" for problem in problems))
    sources = content["sources"]
    published = [
        {**entry, "source": sources[entry["source"]]} for entry in content.get("published", [])
    ]
    by_name = {entry["name"]: entry for entry in published}
    claims = [
        {
            **claim,
            "source": sources[claim["source"]],
            "published": [by_name[name] for name in claim.get("published", [])],
        }
        for claim in content["claims"]
    ]
    return Claims(claims, published)


def claimed_studies(path: str | os.PathLike = CLAIMS) -> set[str]:
    """Return the studies that the claims of a file are about. Raises as `read_claims`."""
    return {claim["study"] for claim in read_claims(path).claims}


def _about(study: str, entries: Sequence[Mapping]) -> list[Mapping]:
    return [entry for entry in entries if entry["study"] == study]


def _schema_problems(content: Any) -> Iterator[str]:
    errors = Draft202012Validator(read_schema("claims")).iter_errors(content)
    for error in sorted(errors, key=lambda error: str(error.absolute_path)):
        yield f"{spelled(error.absolute_path) or 'the file'}: {error.message}"


def _reference_problems(content: Mapping[str, Any]) -> Iterator[str]:
    """Check what a schema cannot say: used names exist, given names are unique."""
    sources, published = content["sources"], content.get("published", [])
    for kind, entries in (("published", published), ("claims", content["claims"])):
        yield from _repeated(kind, [entry["name"] for entry in entries])
        for position, entry in enumerate(entries):
            if entry["source"] not in sources:
                yield (
                    f"{kind}[{position}].source = {entry['source']!r}: "
                    f"not in sources; allowed: {', '.join(sources)}"
                )
    names = [entry["name"] for entry in published]
    for position, claim in enumerate(content["claims"]):
        for name in claim.get("published", []):
            if name not in names:
                yield (
                    f"claims[{position}].published: {name!r} is not in published; "
                    f"allowed: {', '.join(names) or 'none'}"
                )


def _repeated(kind: str, names: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"{kind}: the name {name!r} is given twice"
