"""The inference network: an LSTM that reads the sentence once."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class TextEncoder(nn.Module):
    """LSTM over `<s> ... </s>`; `head` makes something of its last hidden state [B, H]."""

    def __init__(self, settings: Mapping[str, Any], vocabulary_size: int, head: nn.Module) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, settings["embedding_dim"])
        self.lstm = nn.LSTM(
            settings["embedding_dim"],
            settings["hidden_dim"],
            num_layers=settings["layers"],
            batch_first=True,
        )
        self.head = head

    def forward(self, tokens: Tensor) -> Any:
        """Return what the head does, in float32 also under autocast, for tokens [B, L]."""
        _, (hidden, _) = self.lstm(self.embedding(tokens))  # [layers, B, H]
        with torch.autocast(tokens.device.type, enabled=False):
            return self.head(hidden[-1].to(self.embedding.weight.dtype))
