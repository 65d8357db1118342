"""What a batch of examples is to a model: one tensor, or several with one first dimension."""

import numpy as np
import torch
from torch import Tensor

from kl_annealing.bundles import Bundle

Examples = Tensor | Bundle


def moved(examples: np.ndarray | Bundle, device: torch.device | str) -> Examples:
    """Return examples of a split on a device."""
    if isinstance(examples, Bundle):
        return examples.mapped(lambda part: moved(part, device))
    return torch.from_numpy(examples).to(device)


def repeated(examples: Examples, times: int) -> Examples:
    """Return all examples `times` over, [times B, ...], one round after the other."""
    if isinstance(examples, Bundle):
        return examples.mapped(lambda part: repeated(part, times))
    return examples.repeat(times, *[1] * (examples.ndim - 1))
