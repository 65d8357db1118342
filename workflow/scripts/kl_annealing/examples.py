"""What a batch of examples is to a model: one tensor, or several with one first dimension."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Bundle:
    """Examples of several parts, each an array or tensor [B, ...]; a subclass names them.

    The first is what is predicted: tokens [B, L].
    """

    def __len__(self) -> int:
        return len(self._parts()[0])

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self._parts()[0].device

    def numel(self) -> int:
        """Return how many tokens there are to predict."""
        return self._parts()[0].numel()

    def moved(self, device: torch.device | str) -> Self:
        """Return NumPy parts as tensors on a device."""
        return type(self)(*(torch.from_numpy(part).to(device) for part in self._parts()))

    def repeated(self, times: int) -> Self:
        """Return all examples `times` over, one round after the other."""
        return type(self)(*(repeated(part, times) for part in self._parts()))

    def _parts(self) -> list[Any]:
        return [getattr(self, each.name) for each in fields(self)]


Examples = Tensor | Bundle


def moved(examples: np.ndarray | Bundle, device: torch.device | str) -> Examples:
    """Return examples of a split on a device."""
    if isinstance(examples, Bundle):
        return examples.moved(device)
    return torch.from_numpy(examples).to(device)


def repeated(examples: Examples, times: int) -> Examples:
    """Return all examples `times` over, [times B, ...], one round after the other."""
    if isinstance(examples, Bundle):
        return examples.repeated(times)
    return examples.repeat(times, *[1] * (examples.ndim - 1))
