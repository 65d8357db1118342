"""Sentences encoded and decoded again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from kl_annealing.data import Vocabulary
from kl_annealing.errors import InputError
from kl_annealing.generation.texts import device_of, texts_of
from kl_annealing.models.interfaces import SentenceModel


def reconstruct(
    model: SentenceModel,
    vocabulary: Vocabulary,
    sentences: Sequence[Sequence[int]],
    decoder: Mapping[str, Any],
    generator: torch.Generator,
    maximum_length: int = 100,
    sampled: bool = False,
) -> list[str]:
    """Return what the model makes of sentences given as ids `<s> words </s>`, in their order.

    Each is decoded from its posterior mean, or, if `sampled`, from one posterior sample, as He et
    al. (2019) do. Raises InputError for a model without encoder.
    """
    z = posterior_latents(model, sentences, generator if sampled else None)
    return texts_of(model, vocabulary, z, decoder, generator, maximum_length)


@torch.no_grad()
def posterior_latents(
    model: SentenceModel,
    sentences: Sequence[Sequence[int]],
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the posterior means [N, D] of the sentences, or samples drawn with `generator`.

    Sentences of one length are encoded together, so that none is padded.
    """
    if not model.latent_dim:
        raise InputError("a language model has no latent variable; ask for kind prior only")
    groups = defaultdict(list)
    for row, sentence in enumerate(sentences):
        groups[len(sentence)].append(row)
    device = device_of(model)
    z = torch.empty(len(sentences), model.latent_dim, device=device)
    noise = None if generator is None else torch.randn(z.shape, generator=generator).to(device)
    for rows in groups.values():
        posterior = model.encode(torch.tensor([sentences[row] for row in rows], device=device))
        draw = posterior.draw(torch.zeros_like(z[rows]) if noise is None else noise[rows])
        z[rows] = posterior.moments(draw).mu if noise is None else draw.z
    return z
