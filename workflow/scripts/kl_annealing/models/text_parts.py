"""The parts that sentence models are made of, as the blocks of a run name them."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from kl_annealing.makers import maker
from kl_annealing.models.text_decoder import TextDecoder


def make_encoder(run: Mapping[str, Any], vocabulary_size: int, head: nn.Module) -> nn.Module:
    """Return the network that reads sentences; `head` makes something of its features [B, H]."""
    return maker("model.encoder", run)(run["model"]["encoder"], vocabulary_size, head)


def make_decoder(run: Mapping[str, Any], vocabulary_size: int, latent_dim: int) -> TextDecoder:
    """Return the generative network over z of `latent_dim` dimensions."""
    settings = run["model"]
    return maker("model.decoder.output", run)(
        settings["decoder"],
        vocabulary_size,
        latent_dim,
        frozen_last_embedding=settings["frozen_last_embedding"],
    )


def start(model: nn.Module, run: Mapping[str, Any], decoder: TextDecoder) -> None:
    """Draw the first weights of a model with an encoder, or None, and with this decoder."""
    settings, encoder = run["model"], model.encoder
    maker("model.initialisation.scheme", run)(model, settings["initialisation"])
    if hasattr(encoder, "finish_initialisation"):
        encoder.finish_initialisation()
    if settings.get("embedding", "separate") != "separate":
        maker("model.embedding", run)(encoder, decoder)
