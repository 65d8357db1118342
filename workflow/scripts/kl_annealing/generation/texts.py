"""From latent vectors to sentences as text."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from kl_annealing.data import Vocabulary
from kl_annealing.generation.decoding import decode
from kl_annealing.models.interfaces import SentenceModel

_ROWS_AT_ONCE = 256


@torch.no_grad()
def texts_of(
    model: SentenceModel,
    vocabulary: Vocabulary,
    z: Tensor,
    decoder: Mapping[str, Any],
    generator: torch.Generator,
    maximum_length: int = 100,
) -> list[str]:
    """Decode z [N, D] to N sentences by the settings `decoder` (see `decode`)."""
    texts = []
    for part in z.to(device_of(model)).split(_ROWS_AT_ONCE):
        decoded = decode(model.decoder, part, decoder, generator, maximum_length)
        texts += [vocabulary.decode(row) for row in decoded.tokens.tolist()]
    return texts


def device_of(model: SentenceModel) -> torch.device:
    """Return the device of the model's weights."""
    return next(model.parameters()).device
