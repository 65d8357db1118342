"""The inference network q(z|x): an LSTM that reads the sentence once."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian


class TextEncoder(nn.Module):
    """LSTM over `<s> ... </s>`; its last hidden state gives mean and log variance linearly."""

    def __init__(self, settings: Mapping[str, Any], vocabulary_size: int, latent_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, settings["embedding_dim"])
        self.lstm = nn.LSTM(
            settings["embedding_dim"],
            settings["hidden_dim"],
            num_layers=settings["layers"],
            batch_first=True,
        )
        self.head = nn.Linear(settings["hidden_dim"], 2 * latent_dim, bias=settings["head_bias"])

    def forward(self, tokens: Tensor) -> DiagonalGaussian:
        """Return q(z|x) [B, D], in float32 also under autocast, for tokens [B, L]."""
        _, (hidden, _) = self.lstm(self.embedding(tokens))  # [layers, B, H]
        with torch.autocast(tokens.device.type, enabled=False):
            mu, logvar = self.head(hidden[-1].to(self.head.weight.dtype)).chunk(2, dim=-1)
        return DiagonalGaussian(mu, logvar)
