"""What a response is conditioned on, encoded (Zhao et al. 2017, section 3.1)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.data.dialog.exchanges import Exchanges
from kl_annealing.models.packing import lengths_of, packed, refilled
from kl_annealing.models.recurrent import make_gru

PROFILES = 8  # numbers about the two speakers


class UtteranceEncoder(nn.Module):
    """A bidirectional GRU; an utterance becomes its last states of both directions."""

    def __init__(self, settings: Mapping[str, Any], words: nn.Module, inputs: int) -> None:
        super().__init__()
        units = settings["encoder"]["utterance_dim"]
        self.words = words
        self.gru = make_gru(settings["gru"], inputs, units, bidirectional=True)
        self.width = 2 * units

    def forward(self, utterances: Tensor) -> Tensor:
        """Return features [N, 2H] of utterances [N, W], each of one token at least."""
        tokens = packed(utterances, lengths_of(utterances))
        _, last = self.gru(refilled(tokens, self.words(tokens.data)))  # [2, N, H]
        return torch.cat([*last], dim=-1)


class ExchangeEncoder(nn.Module):
    """Encodes contexts and responses, the utterances of both by one encoder.

    The context is read by a GRU over [utterance; one-hot floor]; the condition is [topic; profiles;
    its last state].
    """

    def __init__(
        self, settings: Mapping[str, Any], topics: int, utterances: UtteranceEncoder
    ) -> None:
        super().__init__()
        encoder = settings["encoder"]
        self.utterances = utterances
        self.topics = nn.Embedding(topics, encoder["topic_dim"], padding_idx=0)
        self.context = make_gru(settings["gru"], utterances.width + 2, encoder["context_dim"])
        self.condition_dim = encoder["topic_dim"] + PROFILES + encoder["context_dim"]

    def forward(self, exchanges: Exchanges) -> tuple[Tensor, Tensor]:
        """Return the conditions [B, C] and the features [B, F] of the responses."""
        context, responses = self._read(exchanges)
        counts = (lengths_of(exchanges.context) > 0).sum(1)
        floors = functional.one_hot(exchanges.floors, 2).to(context.dtype)
        _, last = self.context(packed(torch.cat([context, floors], dim=-1), counts))
        topics, profiles = self.topics(exchanges.topics), exchanges.profiles.flatten(1)
        return torch.cat([topics, profiles, last[0]], dim=-1), responses

    def _read(self, exchanges: Exchanges) -> tuple[Tensor, Tensor]:
        """Return the features of the context's utterances [B, C, F], and of the responses [B, F].

        All are read at once; absent utterances are not read, their features are 0.
        """
        context, tokens = exchanges.context, exchanges.tokens
        width = max(context.shape[-1], tokens.shape[-1])
        present = (lengths_of(context) > 0).flatten().nonzero()[:, 0]
        utterances = functional.pad(context.flatten(0, 1)[present], (0, width - context.shape[-1]))
        responses = functional.pad(tokens, (0, width - tokens.shape[-1]))
        found = self.utterances(torch.cat([utterances, responses]))
        spread = found.new_zeros(context.shape[0] * context.shape[1], found.shape[-1])
        spread = spread.index_copy(0, present, found[: len(present)])
        return spread.view(*context.shape[:2], -1), found[len(present) :]
