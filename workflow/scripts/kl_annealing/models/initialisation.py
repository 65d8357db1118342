"""How the published sentence models start."""

import torch
from torch import nn


@torch.no_grad()
def initialise(model: nn.Module, weights: float, embeddings: float) -> None:
    """Draw every parameter, biases too, from a uniform around zero of the given half-widths."""
    for module in model.modules():
        half_width = embeddings if isinstance(module, nn.Embedding) else weights
        for parameter in module.parameters(recurse=False):
            parameter.uniform_(-half_width, half_width)
