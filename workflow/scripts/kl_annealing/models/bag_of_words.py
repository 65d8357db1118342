"""The bag-of-words loss: z, with the condition if any, must tell which words the sentence has."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.data.vocabulary import PAD
from kl_annealing.models.cross_entropy import at_least_float


class BagOfWords(nn.Module):
    """A tanh layer, as wide as the decoder, from z to one distribution over the vocabulary.

    The loss is -sum_t log p(x_t|z) with the same p at every position t (Zhao et al. 2017, section
    3.3), over all words and the end marker; the start marker tells nothing and is not counted, nor
    is padding. A condition c of `condition_dim` numbers makes it p(x_t|c,z).
    """

    def __init__(
        self, model: Mapping[str, Any], vocabulary_size: int, condition_dim: int = 0
    ) -> None:
        super().__init__()
        hidden_dim = model["decoder"]["hidden_dim"]
        self.hidden = nn.Linear(condition_dim + model["latent_dim"], hidden_dim)
        self.output = nn.Linear(hidden_dim, vocabulary_size)

    def forward(self, tokens: Tensor, z: Tensor) -> Tensor:
        """Return the loss [B] in nats for tokens [B, L] = `<s> ... </s>` and z [B, D] or [c; z]."""
        logits = self.output(torch.tanh(self.hidden(z)))  # [B, V]
        log_p = functional.log_softmax(at_least_float(logits), dim=-1)
        targets = tokens[:, 1:]
        return -log_p.gather(1, targets).masked_fill(targets == PAD, 0).sum(-1)
