"""One form for equal settings, and the short hash that names them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

HASH_LENGTH = 10


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal settings: sorted keys, 5.0 written as 5."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def identity(counted: Mapping[str, Any]) -> str:
    """Return the short hash of settings."""
    return hashlib.sha256(canonical(counted).encode()).hexdigest()[:HASH_LENGTH]


def plain(value: Any) -> Any:
    """Return the value with each number in its one form: 5.0 becomes 5; tuples become lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
