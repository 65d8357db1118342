"""The convolutional inference network of Fu et al. (2019), Yelp, and of Zheng's comparison."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.data.vocabulary import PAD
from kl_annealing.errors import InputError
from kl_annealing.models.window_convolution import WindowConvolution

WIDTH, STRIDE = 5, 2  # of the first two convolutions
MARGIN = WIDTH - 1  # padding before and after the longest sentence
FIRST = 0.001  # weights of the first layer, biases of the first two


class CnnEncoder(nn.Module):
    """Three convolutions over a sentence that is padded to a fixed length, `<s>` left out.

    Of 17 words with `</s>`, as published (haofuml/cyclical_annealing, semi/model_new.py): lengths
    25 -> 11 -> 4 -> 1, channels 300 (ReLU), 600 (ReLU) and `hidden_dim` 900 (tanh), no padding
    of the convolutions; `head` makes something of the last. The padding has a word vector like
    any word.
    """

    def __init__(self, settings: Mapping[str, Any], vocabulary_size: int, head: nn.Module) -> None:
        super().__init__()
        self.length = settings["length"]
        first, second = settings["filters"]
        width, hidden_dim = settings["embedding_dim"], settings["hidden_dim"]
        self.embedding = nn.Embedding(vocabulary_size, width)
        self.first = WindowConvolution(width, first, WIDTH, STRIDE)
        self.second = WindowConvolution(first, second, WIDTH, STRIDE)
        self.third = WindowConvolution(second, hidden_dim, _shortened(_shortened(self.positions)))
        self.head = head
        self.constant = settings["first_layer"] == "constant"

    @property
    def positions(self) -> int:
        """The fixed length of what the first convolution reads."""
        return self.length + 2 * MARGIN

    def forward(self, tokens: Tensor) -> Any:
        """Return what the head does, in float32 also under autocast, for tokens [B, L].

        Raises InputError for sentences that are longer than the fixed length.
        """
        vectors = self.embedding(self._padded(tokens)).transpose(1, 2)  # [B, E, positions]
        hidden = torch.relu(self.second(torch.relu(self.first(vectors))))
        hidden = torch.tanh(self.third(hidden)).squeeze(-1)  # [B, H]
        with torch.autocast(tokens.device.type, enabled=False):
            return self.head(hidden.to(self.embedding.weight.dtype))

    @torch.no_grad()
    def finish_initialisation(self) -> None:
        """Set the published constants, by which all filters of the first layer start alike."""
        if self.constant:
            for parameter in (self.first.weight, self.first.bias, self.second.bias):
                parameter.fill_(FIRST)

    def _padded(self, tokens: Tensor) -> Tensor:
        """Return words and `</s>` with padding around them [B, positions]."""
        words = tokens.shape[1] - 1
        if words > self.length:
            raise InputError(
                f"a sentence of {words - 1} words; model.encoder.length = {self.length} takes "
                f"{self.length - 1} at most"
            )
        return functional.pad(tokens[:, 1:], (MARGIN, self.positions - MARGIN - words), value=PAD)


def _shortened(length: int) -> int:
    """Return what one of the first two convolutions leaves of a length."""
    return (length - WIDTH) // STRIDE + 1
