"""Examples of several parts; free of torch, so that data can be made of them without it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, eq=False)
class Bundle:
    """Examples of several parts, each an array or tensor [B, ...]; a subclass names them.

    The first is what is predicted: tokens [B, L].
    """

    def __len__(self) -> int:
        return len(self._parts()[0])

    @property
    def device(self) -> Any:
        """Where the tensors are."""
        return self._parts()[0].device

    def numel(self) -> int:
        """Return how many tokens there are to predict."""
        return self._parts()[0].numel()

    def mapped(self, function: Callable[[Any], Any]) -> Self:
        """Return the bundle of `function` of each part."""
        return type(self)(*map(function, self._parts()))

    def _parts(self) -> list[Any]:
        return [getattr(self, each.name) for each in fields(self)]
