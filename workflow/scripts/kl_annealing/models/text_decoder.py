"""The generative network p(x|z): an LSTM language model that sees z at every step."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.models.cross_entropy import OutputLoss, for_products, linear_cross_entropy
from kl_annealing.models.cross_entropy_slope import linear_cross_entropy_slope
from kl_annealing.models.dropout import Dropout, WordDropout
from kl_annealing.models.lstm_slope import Dual, lstm_slope

State = tuple[Tensor, Tensor]  # hidden and cell, each [layers, B, H]


class TextDecoder(nn.Module):
    """LSTM over [embedding; z], started from z; with latent dimension 0 a plain language model.

    `initial_state` says what z starts in the top layer: "hidden": h0 = Linear(z), c0 = 0 (Fu et al.
    2019), or "cell": c0 = Linear(z), h0 = tanh(c0) (He et al. 2019). Lower layers start at zero.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        vocabulary_size: int,
        latent_dim: int,
        frozen_last_embedding: bool = False,
    ) -> None:
        super().__init__()
        hidden_dim = settings["hidden_dim"]
        self.latent_dim = latent_dim
        self.initial_state = settings["initial_state"]
        self.word_dropout = WordDropout(settings["word_dropout"])
        self.embedding = nn.Embedding(
            vocabulary_size,
            settings["embedding_dim"],
            padding_idx=vocabulary_size - 1 if frozen_last_embedding else None,
        )
        self.input_dropout = Dropout(settings["input_dropout"])
        self.lstm = nn.LSTM(
            settings["embedding_dim"] + latent_dim,
            hidden_dim,
            num_layers=settings["layers"],
            batch_first=True,
        )
        if latent_dim:
            self.latent = nn.Linear(latent_dim, hidden_dim, bias=settings["latent_bias"])
        self.output_dropout = Dropout(settings["output_dropout"])
        self.projection = nn.Identity()
        self.output = nn.Linear(hidden_dim, vocabulary_size, bias=settings["output_bias"])

    @property
    def vocabulary_size(self) -> int:
        """The number of words V that have a probability."""
        return len(self.output.weight)

    def start(self, z: Tensor) -> State:
        """Return the state before the first token, for z [B, D]."""
        zeros = z.new_zeros(self.lstm.num_layers, len(z), self.lstm.hidden_size)
        if not self.latent_dim:
            return zeros, zeros
        top = self._on_top(self.latent(z), zeros)
        return (top, zeros) if self.initial_state == "hidden" else (torch.tanh(top), top)

    def step(self, tokens: Tensor, z: Tensor, state: State) -> tuple[Tensor, State]:
        """Return log p(next token) [B, V] after tokens [B], and the state that follows."""
        output, state = self._run(tokens[:, None], z, state)
        return functional.log_softmax(self.output(output[:, 0]).float(), dim=-1), state

    def outputs(self, tokens: Tensor, z: Tensor) -> Tensor:
        """Return what the output layer reads [B, L, H] for the inputs tokens [B, L]."""
        return self._run(tokens, z, self.start(z))[0]

    def negative_log_likelihood(
        self, tokens: Tensor, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z) [B] in nats for whole sentences tokens [B, L] with both markers."""
        outputs = self.outputs(tokens[:, :-1], z)
        return output_loss(outputs, self.output.weight, self.output.bias, tokens[:, 1:]).sum(-1)

    def slope(self, tokens: Tensor, z: Tensor, direction: Tensor) -> Tensor:
        """Return d/dt -log p(x|z + t direction) [B] at t = 0; z and `direction` are [B, D].

        Dropout is drawn as by `negative_log_likelihood`. Differentiable in z, `direction` and the
        weights: the gradient in z is the Hessian of -log p(x|z) times `direction` (Pearlmutter
        1994), by one walk back through the network instead of two.
        """
        values = self._inputs(tokens[:, :-1], z)
        still = direction.new_zeros(len(z), 1, self.embedding.embedding_dim)
        slopes = torch.cat([still, direction[:, None]], dim=-1)
        outputs = lstm_slope(self.lstm, Dual(values, slopes), *self._start_slope(z, direction))
        value, slope = (for_products(part) for part in outputs)
        kept = self.output_dropout(torch.ones_like(value))
        found = linear_cross_entropy_slope(
            self.projection(value * kept).flatten(0, 1),
            self.projection(slope * kept).flatten(0, 1),
            self.output.weight,
            self.output.bias,
            tokens[:, 1:].flatten(),
        )
        return found.view(len(tokens), -1).sum(-1)

    def _run(self, tokens: Tensor, z: Tensor, state: State) -> tuple[Tensor, State]:
        output, state = self.lstm(self._inputs(tokens, z), state)
        return self.projection(self.output_dropout(output)), state

    def _inputs(self, tokens: Tensor, z: Tensor) -> Tensor:
        """Return what the LSTM reads [B, L, E + D] for tokens [B, L]."""
        inputs = self.input_dropout(self.embedding(self.word_dropout(tokens)))
        if not self.latent_dim:
            return inputs
        return torch.cat([inputs, z[:, None].expand(-1, inputs.shape[1], -1)], dim=-1)

    def _start_slope(self, z: Tensor, direction: Tensor) -> tuple[Dual, Dual]:
        """Return hidden and cell of `start` with their change along `direction`."""
        hidden, cell = self.start(z)
        zeros = torch.zeros_like(cell)
        change = self._on_top(functional.linear(direction, self.latent.weight), zeros)
        if self.initial_state == "hidden":
            return Dual(hidden, change), Dual(cell, zeros)
        return Dual(hidden, (1 - hidden.square()) * change), Dual(cell, change)

    def _on_top(self, top: Tensor, zeros: Tensor) -> Tensor:
        """Stack zeros for the lower layers and `top` [B, H] for the last: [layers, B, H]."""
        return torch.cat([zeros[1:].to(top.dtype), top[None]])
