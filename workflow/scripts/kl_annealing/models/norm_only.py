"""Weights of which only the norm of the gradient is wanted: they count in a clipping, no more.

That of the output layer is as large as the vocabulary times the hidden state. Where it is not
stepped, its gradient [V, H] need not be converted, laid out anew and stored.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class GradientSum:
    """Adds up the parts [V, H] of a gradient, in whatever precision and layout they come."""

    def __init__(self) -> None:
        self.total: Tensor | None = None

    def add(self, part: Tensor) -> None:
        """Add a part, which is kept and may be changed; further rows of it are zero."""
        self.total = part if self.total is None else self.total.add_(part)

    def norm(self) -> Tensor:
        """Return the Euclidean norm of the sum, at least in float32; 0 of no parts."""
        if self.total is None:
            return torch.zeros(())
        dtype = torch.promote_types(self.total.dtype, torch.float32)
        # line by line: all at once it takes twice as long
        along = 1 if self.total.stride(1) == 1 else 0
        lines = torch.linalg.vector_norm(self.total, dim=along, dtype=dtype)
        return torch.linalg.vector_norm(lines)


def output_weights(decoder: nn.Module) -> list[nn.Parameter]:
    """Return the weight of the decoder's output layer, if it is a linear one of its own.

    All of its gradient is to come from `linear_cross_entropy`.
    """
    output = getattr(decoder, "output", None)
    return [output.weight] if type(output) is nn.Linear else []


@contextmanager
def norm_only(weights: Iterable[nn.Parameter]) -> Iterator[list[GradientSum]]:
    """Let `linear_cross_entropy` give these weights, instead of a gradient, a `GradientSum`."""
    weights = list(weights)
    for weight in weights:
        weight.gradient_sum = GradientSum()
    try:
        yield [weight.gradient_sum for weight in weights]
    finally:
        for weight in weights:
            del weight.gradient_sum


def gradient_sum(weight: Tensor) -> GradientSum | None:
    """Return what takes the gradient of this weight, where only its norm is wanted."""
    return getattr(weight, "gradient_sum", None)
