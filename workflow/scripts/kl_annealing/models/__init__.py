"""Models, built from the blocks of a run."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from kl_annealing.makers import maker

__all__ = ["build_model"]


def build_model(run: Mapping[str, Any], size: Any) -> nn.Module:
    """Return the model of a run, initialised from torch's global state.

    `size` is that of the examples: how many words the vocabulary has, or the images' two sides.
    """
    return maker("model", run)(run, size)
