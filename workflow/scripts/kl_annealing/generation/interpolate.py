"""Sentences between two others."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from kl_annealing.data import Vocabulary
from kl_annealing.errors import InputError
from kl_annealing.generation.reconstruct import posterior_latents
from kl_annealing.generation.texts import texts_of
from kl_annealing.models.interfaces import SentenceModel


def interpolate(
    model: SentenceModel,
    vocabulary: Vocabulary,
    ends: tuple[Sequence[int], Sequence[int]],
    decoder: Mapping[str, Any],
    generator: torch.Generator,
    steps: int = 7,
    shape: str = "linear",
    maximum_length: int = 100,
) -> list[str]:
    """Decode `steps` points between the posterior means of two sentences, both included.

    `ends` are ids `<s> words </s>`; `shape` is that of `path_between`. Raises InputError.
    """
    path = path_between(*posterior_latents(model, ends), steps, shape)
    return texts_of(model, vocabulary, path, decoder, generator, maximum_length)


def path_between(start: Tensor, end: Tensor, steps: int, shape: str = "linear") -> Tensor:
    """Return `steps` points [steps, D] from `start` [D] to `end` [D], both included.

    `linear` goes straight (Bowman et al. 2016); `spherical` along the great circle, which keeps the
    distance from the origin typical of a high-dimensional Gaussian (White 2016). Raises InputError.
    """
    if steps < 2:
        raise InputError(f"interpolation_steps {steps}: at least 2 points are needed, the two ends")
    shapes = {"linear": _linear, "spherical": _spherical}
    if shape not in shapes:
        raise InputError(f"interpolation_path {shape!r}: allowed are {' and '.join(shapes)}")
    fractions = torch.linspace(0, 1, steps, device=start.device, dtype=start.dtype).unsqueeze(1)
    return shapes[shape](start, end, fractions)


def _linear(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    return (1 - fractions) * start + fractions * end


def _spherical(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    """Weigh the ends by sin((1 - t) a) / sin(a) and sin(t a) / sin(a), a the angle between them."""
    ends = torch.stack([start, end]).double()
    cosine = torch.cosine_similarity(ends[0], ends[1], dim=0)
    angle = torch.arccos(cosine.clamp(-1, 1)).to(start.dtype)
    if torch.sin(angle) < 1e-4 or not ends.any(dim=1).all():
        return _linear(start, end, fractions)  # parallel, opposite or zero: no single great circle
    weights = torch.sin((1 - fractions) * angle), torch.sin(fractions * angle)
    return (weights[0] * start + weights[1] * end) / torch.sin(angle)
