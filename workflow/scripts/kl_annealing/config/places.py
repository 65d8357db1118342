"""Where in a configuration something is wrong, and what of it can still be checked."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from kl_annealing.schema import Problem, spelled, suggestion


def mapping(config: Any, key: str) -> Mapping[str, Any]:
    """Return the block under a key, empty where it is missing or no mapping."""
    value = config.get(key) if isinstance(config, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def sound(problems: Iterable[Problem], *keys: str) -> bool:
    """Return whether nothing is wrong at or below a place: `"schedules", "cyclical"`."""
    place = spelled(keys)
    below = (f"{place}.", f"{place}[")
    return not any(p.path == place or p.path.startswith(below) for p in problems)


def unknown_names(path: str, names: Iterable[Any], known: Collection[str]) -> Iterator[Problem]:
    """Return a problem for each name that is not known; that there are none is said elsewhere."""
    for name in names if known else ():
        if not isinstance(name, str) or name not in known:
            hint = suggestion(name, known)
            text = f"unknown name{hint}; allowed: {', '.join(sorted(map(str, known)))}"
            yield Problem(path, text, f" = {name!r}")
