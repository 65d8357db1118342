"""What the encoder and the decoder of words in tenses are made of."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from kl_annealing.data.tense.forms import TENSES, condition_width
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.gaussian_head import GaussianHead
from kl_annealing.models.packing import lengths_of, packed, refilled

State = tuple[Tensor, ...]  # hidden and, of an LSTM, cell, each [1, B, H]
UNITS = {"lstm": (nn.LSTM, 2), "gru": (nn.GRU, 1)}  # with how many states each has


class Recurrent(nn.Module):
    """One layer of LSTM or GRU over packed sequences, whose state is a tuple in both."""

    def __init__(self, kind: str, inputs: int, units: int) -> None:
        super().__init__()
        make, self.states = UNITS[kind]
        self.units = make(inputs, units)

    def forward(
        self, sequences: PackedSequence, state: State | None = None
    ) -> tuple[PackedSequence, State]:
        """Return the outputs and the state after the end of each sequence."""
        if state is not None and self.states == 1:
            (state,) = state
        outputs, last = self.units(sequences, state)
        return outputs, last if self.states > 1 else (last,)


class OneHot(nn.Module):
    """The condition as published: the tense itself."""

    def forward(self, tenses: Tensor) -> Tensor:
        """Return [B, 4] for tenses [B]."""
        return functional.one_hot(tenses, len(TENSES)).to(torch.get_default_dtype())


def make_condition(block: Mapping[str, Any]) -> nn.Module:
    """Return what makes a vector of a tense, by a model's `condition` block."""
    if block["kind"] == "one_hot":
        return OneHot()
    return nn.Embedding(len(TENSES), condition_width(block))


class TenseEncoder(nn.Module):
    """Reads `<s> letters </s>`; each of its last states has a head of its own.

    The posterior is one Gaussian over [z of the hidden state; z of the cell]: they are independent.
    With `encoder_condition` the first states are [0; condition].
    """

    def __init__(self, settings: Mapping[str, Any], letters: int, heads: list[nn.Module]) -> None:
        super().__init__()
        width = settings["hidden_dim"]
        self.embedding = nn.Embedding(letters, settings["embedding_dim"])
        self.recurrent = Recurrent(settings["recurrent"], settings["embedding_dim"], width)
        self.heads = nn.ModuleList(heads)
        self.conditioned, self.width = settings["encoder_condition"], width

    def forward(self, tokens: Tensor, condition: Tensor) -> DiagonalGaussian:
        """Return the posterior [B, S D] of S states, in float32 also under autocast."""
        sequences = packed(tokens, lengths_of(tokens))
        start = self._start(condition) if self.conditioned else None
        _, states = self.recurrent(refilled(sequences, self.embedding(sequences.data)), start)
        with torch.autocast(tokens.device.type, enabled=False):
            dtype = self.embedding.weight.dtype
            parts = [h(s[0].to(dtype)) for h, s in zip(self.heads, states, strict=True)]
        return DiagonalGaussian(*(torch.cat(part, dim=-1) for part in zip(*parts, strict=True)))

    def _start(self, condition: Tensor) -> State:
        state = functional.pad(condition, (self.width - condition.shape[-1], 0))[None]
        return (state,) * self.recurrent.states


def posterior_heads(settings: Mapping[str, Any], posterior: Mapping[str, Any]) -> list[nn.Module]:
    """Return the head of each state of the encoder."""
    _, states = UNITS[settings["recurrent"]]
    sizes = settings["hidden_dim"], settings["latent_dim"]
    return [GaussianHead(posterior, *sizes) for _ in range(states)]
