"""A response in its context, as a dialog model takes it."""

from dataclasses import dataclass
from typing import Any

from kl_annealing.bundles import Bundle


@dataclass(frozen=True, eq=False)
class Exchanges(Bundle):
    """Responses and what they are conditioned on, arrays or tensors, int64 unless said.

    `tokens` [B, L]: the response `<s> words </s>`, padded with 0. `context` [B, C, W]: the
    utterances before it, oldest first, likewise; where there are fewer than C, the last rows are 0.
    `floors` [B, C]: 1 where an utterance has the speaker of the response, else 0. `topics` [B], 0
    for an unknown one. `profiles` [B, 2, 4], float32: of the responder and of the other speaker,
    age / 100, education / 3 and sex one-hot. `acts` [B]: the response's dialog act, 0 if unknown.
    """

    tokens: Any
    context: Any
    floors: Any
    topics: Any
    profiles: Any
    acts: Any
