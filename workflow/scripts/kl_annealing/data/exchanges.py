"""Responses of a dialog in their context, as models take them."""

from dataclasses import dataclass
from typing import Any

from kl_annealing.examples import Bundle


@dataclass(frozen=True, eq=False)
class Exchanges(Bundle):
    """Responses in their contexts; integers are int64, an utterance is `<s> words </s>`."""

    tokens: Any  # [B, L], the responses, padded with 0
    context: Any  # [B, C, W], the utterances before, oldest first; absent ones at the end, all 0
    floors: Any  # [B, C], 1 where the utterance has the speaker of the response, else 0
    topics: Any  # [B], 0 = unknown
    profiles: Any  # [B, 2, 4], float32: of the responder, then of the other
    acts: Any  # [B], dialog act of the response, 0 = unknown
