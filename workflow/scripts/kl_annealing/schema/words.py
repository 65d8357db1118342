"""Words of messages: where a key stands, and what was perhaps meant."""

import difflib
from typing import Any

_MEANT = {"gpu": "cuda"}  # what is spelled otherwise and means the same


def spelled(path: Any) -> str:
    """Return a path of keys and positions as `studies.ptb.grids[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).lstrip(".")


def suggestion(word: str, known: Any) -> str:
    """Return ` (did you mean …?)` when a known word is close, else nothing."""
    word = _MEANT.get(str(word), str(word))
    close = difflib.get_close_matches(word, [str(item) for item in known], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
