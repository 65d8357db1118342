"""How the published sentence models start."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


@torch.no_grad()
def initialise(model: nn.Module, settings: Mapping[str, Any]) -> None:
    """Draw every parameter, biases too, from a uniform around zero.

    `settings` has its half-widths: of `embeddings`, and of all other `weights`.
    """
    for module in model.modules():
        half_width = settings["embeddings" if isinstance(module, nn.Embedding) else "weights"]
        for parameter in module.parameters(recurse=False):
            parameter.uniform_(-half_width, half_width)
