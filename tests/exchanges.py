"""Tiny dialog models and random exchanges for them, also with more padding or one at a time."""

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch
from tiny import PARTS, changed
from torch.nn import functional

from kl_annealing.data.dialog.exchanges import Exchanges

SIZE = SimpleNamespace(words=20, topics=4, acts=5, vectors=None)
COUNT = 6
TINY = {
    "latent_dim": 3,
    "encoder": {"utterance_dim": 5, "context_dim": 6, "topic_dim": 2},
    "prior_dim": 7,
    "decoder": {"embedding_dim": 4, "hidden_dim": 8},
    "initialisation": {"weights": 0.5},
}
ACT = {"embedding_dim": 3, "recognition_dim": 4, "hidden_dim": 5}


def run_of(settings: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the run of a dialog model with all of its auxiliary losses, changed by path."""
    weights = {"objective__bag_of_words": 1, "objective__dialog_act": int("act" in settings)}
    return changed({**PARTS, "model": settings}, **weights, **changes)


def drawn(seed: int = 3) -> Exchanges:
    """Return six exchanges of up to 4 utterances of up to 7 tokens; of one the act is unknown."""
    generator = torch.Generator().manual_seed(seed)
    present = torch.tensor([4, 1, 3, 2, 4, 1])[:, None] > torch.arange(4)
    context = utterances((COUNT, 4), 7, generator) * present[..., None]
    return Exchanges(
        tokens=utterances((COUNT,), 9, generator),
        context=context,
        floors=torch.randint(2, (COUNT, 4), generator=generator) * present,
        topics=torch.tensor([1, 2, 3, 0, 1, 2]),
        profiles=torch.rand(COUNT, 2, 4, generator=generator),
        acts=torch.tensor([1, 2, 0, 4, 3, 1]),
    )


def utterances(shape: tuple[int, ...], width: int, generator: torch.Generator) -> torch.Tensor:
    """Return `<s> words </s>` of random lengths, the shortest without a word: [*shape, width]."""
    words = torch.randint(4, SIZE.words, (*shape, width), generator=generator)
    last = torch.randint(1, width, (*shape, 1), generator=generator)
    place = torch.arange(width)
    words = words.masked_fill(place == 0, 2).masked_fill(place == last, 3)
    return words.masked_fill(place > last, 0)


def widened(exchanges: Exchanges) -> Exchanges:
    """Return the same with more padding of every kind."""
    return dataclasses.replace(
        exchanges,
        tokens=functional.pad(exchanges.tokens, (0, 3)),
        context=functional.pad(exchanges.context, (0, 5, 0, 2)),
        floors=functional.pad(exchanges.floors, (0, 2)),
    )


def chosen(exchanges: Exchanges, rows: list[int]) -> Exchanges:
    """Return some exchanges with no more padding than they need."""
    parts = {
        each.name: getattr(exchanges, each.name)[rows] for each in dataclasses.fields(exchanges)
    }
    context, tokens = parts["context"], parts["tokens"]
    count = int((context != 0).any(-1).sum(1).max())
    parts["tokens"] = tokens[:, : int((tokens != 0).sum(1).max())]
    parts["context"] = context[:, :count, : int((context != 0).sum(-1).max())]
    parts["floors"] = parts["floors"][:, :count]
    return Exchanges(**parts)
