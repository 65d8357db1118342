"""Sentences from the prior."""

from collections.abc import Mapping
from typing import Any

import torch

from kl_annealing.data import Vocabulary
from kl_annealing.generation.texts import texts_of
from kl_annealing.models.interfaces import SentenceModel


def sample_prior(
    model: SentenceModel,
    vocabulary: Vocabulary,
    count: int,
    decoder: Mapping[str, Any],
    generator: torch.Generator,
    maximum_length: int = 100,
) -> list[str]:
    """Decode `count` draws of z from the standard normal prior.

    A language model has no z: only a decoder that samples gives it more than one sentence.
    """
    z = torch.randn(count, model.latent_dim, generator=generator)
    return texts_of(model, vocabulary, z, decoder, generator, maximum_length)
