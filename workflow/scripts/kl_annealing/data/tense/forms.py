"""A form of a verb with its tense, as a model of tenses takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kl_annealing.bundles import Bundle

# By the short names of the published data, in the order of a line of it.
TENSES = MappingProxyType(
    {
        "sp": "simple present",
        "tp": "third person",
        "pg": "present progressive",
        "p": "simple past",
    }
)


def condition_width(block: Mapping[str, Any]) -> int:
    """Return the width of a tense as a model's `condition` block has it."""
    return block.get("width", len(TENSES))


@dataclass(frozen=True, eq=False)
class Forms(Bundle):
    """Words and their tenses, arrays or tensors, int64.

    `tokens` [B, L]: rows `<s> letters </s>`, padded with 0. `tenses` [B]: places in `TENSES`.
    """

    tokens: Any
    tenses: Any
