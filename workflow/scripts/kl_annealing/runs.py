"""A run is its configuration: identity, name and folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kl_annealing.schedules import block_slug, learning_rate_slug

HASH_LENGTH = 10


@dataclass(frozen=True)
class Run:
    """One training: the resolved settings, and the names under which its study asked for it."""

    study: str
    settings: dict[str, Any]
    names: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """Task of the run, the first folder of its path."""
        return self.settings["task"]

    @cached_property
    def name(self) -> str:
        """Readable name with seed and hash: the folder's own name."""
        model = self.settings["model"]
        parts = [self.settings["dataset"]["name"], model["kind"]]
        if model["kind"] != "autoreg":
            parts.append(block_slug(self.settings["schedule"]))
        parts.append(learning_rate_slug(self.settings["learning_rate"]))
        return f"{'_'.join(parts)}-s{self.settings['seed']}-{identity(self.settings)}"

    @cached_property
    def folder(self) -> str:
        """Folder of the run's files, relative to the working directory."""
        return f"results/runs/{self.task}/{self.name}"


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal settings: sorted keys, 5.0 written as 5."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def identity(settings: Mapping[str, Any]) -> str:
    """Return the short hash of resolved settings."""
    return hashlib.sha256(canonical(settings).encode()).hexdigest()[:HASH_LENGTH]


def plain(value: Any) -> Any:
    """Return the value with each number in its one form: 5.0 becomes 5; tuples become lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
