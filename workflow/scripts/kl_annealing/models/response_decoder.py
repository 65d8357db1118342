"""The generative network of responses p(x|c,z), or p(x|c,z,y): a GRU started from [c; z]."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.models.cross_entropy import OutputLoss, at_least_float, linear_cross_entropy
from kl_annealing.models.dialog_acts import DialogActs, NoActs
from kl_annealing.models.packing import lengths_of, one_each, packed, refilled, sums
from kl_annealing.models.recurrent import make_gru

State = tuple[Tensor, Tensor]  # hidden [1, B, H] and what is told of the act [1, B, E]


class ResponseDecoder(nn.Module):
    """Reads words, and at each of them what it is told of the dialog act; z acts at the start.

    Here z is the code [c; z], the condition beside the latent variable. Where the act is not known,
    in generation, it is told the mean of the acts' vectors under p(y|c,z).
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        words: nn.Embedding,
        code_dim: int,
        acts: NoActs | DialogActs,
    ) -> None:
        super().__init__()
        hidden_dim = settings["decoder"]["hidden_dim"]
        self.embedding = words
        self.acts = acts
        self.latent = nn.Linear(code_dim + acts.width, hidden_dim)
        self.gru = make_gru(settings["gru"], words.embedding_dim + acts.width, hidden_dim)
        self.output = nn.Linear(hidden_dim, words.num_embeddings)

    @property
    def vocabulary_size(self) -> int:
        """The number of words V that have a probability."""
        return len(self.output.weight)

    def start(self, z: Tensor) -> State:
        """Return the state before the first token, for codes z [B, C + D]."""
        return self._start(z, self.acts.expected(z))

    def step(self, tokens: Tensor, z: Tensor, state: State) -> tuple[Tensor, State]:
        """Return log p(next token) [B, V] after tokens [B], and the state that follows."""
        hidden, told = state
        inputs = torch.cat([self.embedding(tokens), told[0]], dim=-1)
        output, hidden = self.gru(one_each(inputs), hidden)
        log_p = functional.log_softmax(at_least_float(self.output(output.data)), dim=-1)
        return log_p, (hidden, told)

    def negative_log_likelihood(
        self,
        tokens: Tensor,
        z: Tensor,
        acts: Tensor,
        output_loss: OutputLoss = linear_cross_entropy,
    ) -> Tensor:
        """Return -log p(x|c,z,y) [B] in nats for responses tokens [B, L] and their acts [B].

        Every word and `</s>` is predicted; the padding is neither read nor predicted.
        """
        targets = tokens[:, 1:]
        lengths = lengths_of(targets)
        hidden, told = self._start(z, self.acts.known(acts))
        told = told[0][:, None].expand(-1, targets.shape[1], -1)
        inputs = torch.cat([self.embedding(tokens[:, :-1]), told], dim=-1)
        outputs, _ = self.gru(packed(inputs, lengths), hidden)
        nll = output_loss(
            outputs.data, self.output.weight, self.output.bias, packed(targets, lengths).data
        )
        return sums(refilled(outputs, nll))

    def _start(self, code: Tensor, told: Tensor) -> State:
        return self.latent(torch.cat([code, told], dim=-1))[None], told[None]
