"""Diagonal Gaussians, as approximate posterior q(z|x) and as prior p(z)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

LOG_TWO_PI = math.log(2 * math.pi)


class Draw(NamedTuple):
    """Samples `z` of a posterior with their densities, both [..., B, D].

    `log_densities` has, in nats, log q of each dimension given those before it: the sum over D is
    log q(z|x).
    """

    z: Tensor
    log_densities: Tensor


class DiagonalGaussian(NamedTuple):
    """A batch of Gaussians with diagonal covariance: `mu` and `logvar` = log sigma^2, [B, D]."""

    mu: Tensor
    logvar: Tensor

    def draw(self, noise: Tensor | None = None, generator: torch.Generator | None = None) -> Draw:
        """Return samples mu + sigma * noise (Kingma and Welling 2014, section 2.4).

        `noise` [..., B, D] may have leading dimensions (samples); without it one draw is made from
        `generator`, or from torch's global state.
        """
        if noise is None:
            noise = torch.empty_like(self.mu).normal_(generator=generator)
        z = self.mu + torch.exp(0.5 * self.logvar) * noise
        return Draw(z, -0.5 * (LOG_TWO_PI + self.logvar + noise.square()))

    def moments(self, draw: Draw) -> "DiagonalGaussian":
        """Return mean and log variance [B, D] of z; `draw` is what others estimate them from."""
        return self

    def log_density(self, z: Tensor) -> Tensor:
        """Return log N(z; mu, sigma^2) [..., B] in nats, for z [..., B, D]."""
        return self.log_densities(z).sum(-1)

    def log_densities(self, z: Tensor) -> Tensor:
        """Return the log density of each dimension [..., B, D] in nats, for z [..., B, D]."""
        squared = (z - self.mu).square() * torch.exp(-self.logvar)
        return -0.5 * (LOG_TWO_PI + self.logvar + squared)

    def standardised(self, z: Tensor) -> Tensor:
        """Return (z - mu) / sigma [..., B, D], which is N(0, I) where z has this distribution."""
        return (z - self.mu) * torch.exp(-0.5 * self.logvar)

    def relative_to(self, prior: "DiagonalGaussian") -> "DiagonalGaussian":
        """Return the distribution of `prior.standardised(z)`: its KL to N(0, I) is that to `prior`.

        What a conditional model knows of an example is beyond what its condition says, so mutual
        information and active units are those of this one.
        """
        return DiagonalGaussian(prior.standardised(self.mu), self.logvar - prior.logvar)

    def kl(self, prior: "DiagonalGaussian", draw: Draw | None = None) -> Tensor:
        """Return KL(q || prior) [B, D] of each dimension in nats, in closed form.

        `draw` is what posteriors without a closed form take their estimate from.
        """
        spread = torch.exp(self.logvar) + (self.mu - prior.mu).square()
        return 0.5 * (prior.logvar - self.logvar + spread * torch.exp(-prior.logvar) - 1)


# N(0, I) of any shape, type and device: tensors without dimensions adapt to those with some.
STANDARD = DiagonalGaussian(*torch.zeros(2, dtype=torch.float64))
