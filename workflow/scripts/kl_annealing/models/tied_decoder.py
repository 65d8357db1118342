"""A decoder whose output layer shares the word vectors of its input (Fu et al. 2019, Yelp)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.models.text_decoder import TextDecoder


class TiedDecoder(TextDecoder):
    """A `TextDecoder` with logits E W h + b: E [V, E] the embeddings, W [E, H] a projection."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        vocabulary_size: int,
        latent_dim: int,
        frozen_last_embedding: bool = False,
    ) -> None:
        super().__init__(settings, vocabulary_size, latent_dim, frozen_last_embedding)
        self.projection = nn.Linear(settings["hidden_dim"], settings["embedding_dim"], bias=False)
        self.output = TiedOutput(self.embedding, settings["output_bias"])


class TiedOutput(nn.Module):
    """An output layer with the weight of an embedding, whose parameters stay there alone."""

    def __init__(self, embedding: nn.Embedding, bias: bool) -> None:
        super().__init__()
        self._embedding = (embedding,)  # what is in a tuple is not registered a second time
        words = embedding.num_embeddings
        self.bias = nn.Parameter(torch.zeros(words)) if bias else None

    @property
    def weight(self) -> Tensor:
        """The word vectors [V, E]."""
        return self._embedding[0].weight

    def forward(self, rows: Tensor) -> Tensor:
        """Return logits [B, V] of projected states [B, E]."""
        return functional.linear(rows, self.weight, self.bias)
