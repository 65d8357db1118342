"""Diagonal Gaussians: the approximate posterior q(z|x) and the standard normal prior."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

LOG_TWO_PI = math.log(2 * math.pi)


class DiagonalGaussian(NamedTuple):
    """A batch of Gaussians with diagonal covariance: `mu` and `logvar` = log sigma^2, [B, D]."""

    mu: Tensor
    logvar: Tensor

    def sample(
        self, noise: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return mu + sigma * noise [..., B, D] (Kingma and Welling 2014, section 2.4).

        `noise` may have leading dimensions (samples); without it one draw is made from
        `generator`, or from torch's global state.
        """
        if noise is None:
            noise = torch.empty_like(self.mu).normal_(generator=generator)
        return self.mu + torch.exp(0.5 * self.logvar) * noise

    def log_density(self, z: Tensor) -> Tensor:
        """Return log N(z; mu, sigma^2) [..., B] in nats, for z [..., B, D]."""
        squared = (z - self.mu).square() * torch.exp(-self.logvar)
        return -0.5 * (LOG_TWO_PI + self.logvar + squared).sum(-1)

    def kl_to_standard(self, per_dimension: bool = False) -> Tensor:
        """Return KL(q || N(0, I)) in nats: [B], or [B, D] `per_dimension`."""
        kl = 0.5 * (self.mu.square() + torch.exp(self.logvar) - 1 - self.logvar)
        return kl if per_dimension else kl.sum(-1)


def standard_log_density(z: Tensor) -> Tensor:
    """Return log N(z; 0, I) [...] in nats, for z [..., D]."""
    return -0.5 * (LOG_TWO_PI + z.square()).sum(-1)
