"""Models of sentences, built from the `model` block of a run."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from kl_annealing.models.text_decoder import TextDecoder
from kl_annealing.models.text_encoder import TextEncoder
from kl_annealing.models.text_vae import TextVAE

__all__ = ["TextDecoder", "TextEncoder", "TextVAE", "build_model"]


def build_model(settings: Mapping[str, Any], vocabulary_size: int) -> TextVAE:
    """Return the model that the `model` block describes, initialised from torch's global state."""
    latent_dim = settings["latent_dim"] if settings["kind"] == "vae" else 0
    encoder = None
    if settings["kind"] == "vae":
        encoder = TextEncoder(settings["encoder"], vocabulary_size, latent_dim)
    decoder = TextDecoder(
        settings["decoder"],
        vocabulary_size,
        latent_dim,
        frozen_last_embedding=settings["frozen_last_embedding"],
    )
    model = TextVAE(encoder, decoder)
    _initialise(model, **settings["initialisation"])
    return model


@torch.no_grad()
def _initialise(model: nn.Module, weights: float, embeddings: float) -> None:
    """Draw every parameter, biases too, from a uniform around zero of the given half-widths."""
    for module in model.modules():
        half_width = embeddings if isinstance(module, nn.Embedding) else weights
        for parameter in module.parameters(recurse=False):
            parameter.uniform_(-half_width, half_width)
