"""The generative network p(x|z,c) of a word x in the tense c."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.data.vocabulary import PAD
from kl_annealing.models.cross_entropy import OutputLoss, at_least_float, linear_cross_entropy
from kl_annealing.models.packing import lengths_of, one_each, packed, refilled, sums
from kl_annealing.models.tense_parts import Recurrent, State


class TenseDecoder(nn.Module):
    """Started from z and c alone: each first state is [a linear map of its part of z; c].

    Here z is the code [z of the hidden state; z of the cell; c]. With `shared_latent_map` one map
    serves both parts of z, as in the published program.
    """

    def __init__(self, settings: Mapping[str, Any], letters: int, condition_dim: int) -> None:
        super().__init__()
        latent_dim, hidden_dim = settings["latent_dim"], settings["hidden_dim"]
        self.embedding = nn.Embedding(letters, settings["embedding_dim"])
        self.recurrent = Recurrent(settings["recurrent"], settings["embedding_dim"], hidden_dim)
        maps = 1 if settings["shared_latent_map"] else self.recurrent.states
        width = hidden_dim - condition_dim
        self.latent = nn.ModuleList(nn.Linear(latent_dim, width) for _ in range(maps))
        self.output = nn.Linear(hidden_dim, letters)
        self.parts = [*[latent_dim] * self.recurrent.states, condition_dim]

    @property
    def vocabulary_size(self) -> int:
        """The number of letters V that have a probability."""
        return len(self.output.weight)

    def start(self, z: Tensor) -> State:
        """Return the state before the first letter, for codes z [B, S D + C]."""
        *latents, condition = z.split(self.parts, dim=-1)
        maps = zip(cycle(self.latent), latents, strict=False)
        return tuple(torch.cat([layer(part), condition], dim=-1)[None] for layer, part in maps)

    def step(self, tokens: Tensor, z: Tensor, state: State) -> tuple[Tensor, State]:
        """Return log p(next token) [B, V] after tokens [B], and the state that follows."""
        outputs, state = self.recurrent(one_each(self.embedding(tokens)), state)
        logits = at_least_float(self.output(outputs.data))
        return functional.log_softmax(logits, dim=-1), state

    def negative_log_likelihood(
        self, tokens: Tensor, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z,c) [B] in nats for tokens [B, L]: all letters and `</s>`."""
        targets = tokens[:, 1:]
        lengths = lengths_of(targets)
        inputs = packed(tokens[:, :-1], lengths)
        outputs, _ = self.recurrent(refilled(inputs, self.embedding(inputs.data)), self.start(z))
        nll = output_loss(
            outputs.data, self.output.weight, self.output.bias, packed(targets, lengths).data
        )
        return sums(refilled(outputs, nll))

    def free_running_loss(self, tokens: Tensor, z: Tensor) -> Tensor:
        """Return the cross-entropy [B] in nats where the decoder reads its own likeliest letters.

        No bound: each letter is predicted after what the decoder said, not after the word's own.
        """
        state, last, losses = self.start(z), tokens[:, 0], []
        for target in tokens[:, 1:].unbind(1):
            log_p, state = self.step(last, z, state)
            loss = -log_p.gather(1, target[:, None])[:, 0]
            losses.append(torch.where(target == PAD, 0, loss))
            last = log_p.detach().argmax(-1)
        return torch.stack(losses).sum(0)
