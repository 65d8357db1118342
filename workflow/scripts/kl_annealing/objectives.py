"""What a model reports of a batch, and the one place where beta meets the KL term."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor


class Terms(NamedTuple):
    """The parts of a bound for each sentence [B], in nats, never weighted.

    `reconstruction` is -log p(x|z), `kl` is KL(q(z|x) || p(z)), `extras` are auxiliary losses.
    """

    reconstruction: Tensor
    kl: Tensor
    extras: Mapping[str, Tensor] = MappingProxyType({})


def loss(terms: Terms, beta: float) -> Tensor:
    """Return what training minimises: the batch mean of reconstruction + beta * kl + extras."""
    return (terms.reconstruction + beta * terms.kl + sum(terms.extras.values())).mean()


def perplexity(nll: float, targets: int) -> float:
    """Return exp(nll / targets): nats summed over predicted tokens, end markers counted."""
    try:
        return math.exp(nll / targets)
    except OverflowError:
        return math.inf
