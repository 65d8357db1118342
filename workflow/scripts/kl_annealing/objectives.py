"""What a model reports of a batch, and the one place where beta meets the KL term."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from torch import Tensor

from kl_annealing.free_bits import FreeBits

EXTRAS = ("bag_of_words", "dialog_act")


class Terms(NamedTuple):
    """The parts of a bound for each example of a batch, in nats, never weighted.

    `reconstruction` [B] is -log p(x|z); `kl_parts` [B, D] is KL(q(z|x) || p(z)) by latent
    dimension, in closed form or estimated at the sample; `extras` are auxiliary losses [B].
    """

    reconstruction: Tensor
    kl_parts: Tensor
    extras: Mapping[str, Tensor] = MappingProxyType({})

    @property
    def kl(self) -> Tensor:
        """The KL divergence [B]."""
        return self.kl_parts.sum(-1)

    def detached(self) -> "Terms":
        """Return the same numbers without their graph."""
        extras = {name: extra.detach() for name, extra in self.extras.items()}
        return Terms(self.reconstruction.detach(), self.kl_parts.detach(), extras)


@dataclass(frozen=True)
class Objective:
    """What training minimises; `weights` are those of the auxiliary losses."""

    weights: Mapping[str, float] = field(default_factory=dict)
    free_bits: FreeBits | None = None

    @classmethod
    def of(cls, block: Mapping[str, Any]) -> "Objective":
        """Return the objective of a run's `objective` block."""
        weights = {name: block[name] for name in EXTRAS if block[name]}
        return cls(weights, FreeBits(**block["free_bits"]) if block["free_bits"] else None)

    def loss(self, terms: Terms, beta: float) -> Tensor:
        """Return the batch mean of reconstruction + beta * kl + weighted auxiliary losses.

        Of the kl the free bits are left out.
        """
        extras = sum(weight * terms.extras[name] for name, weight in self.weights.items())
        kl = self.free_bits(terms.kl_parts) if self.free_bits else terms.kl
        return (terms.reconstruction + beta * kl + extras).mean()


def perplexity(nll: float, targets: int) -> float:
    """Return exp(nll / targets): nats summed over predicted tokens, end markers counted."""
    try:
        return math.exp(nll / targets)
    except OverflowError:
        return math.inf
