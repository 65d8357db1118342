"""From what an encoder found to one z: an autoencoder has no noise (Fu et al. 2019, Yelp)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian, Draw


class Point(NamedTuple):
    """A batch of codes z [B, D]: all mass on one point, so there is no density and no bound."""

    z: Tensor

    def draw(self, noise: Tensor | None = None, generator: torch.Generator | None = None) -> Draw:
        """Return z in the shape of `noise` [..., B, D]; its log densities are NaN."""
        z = self.z if noise is None else self.z.expand(noise.shape)
        return Draw(z, torch.full_like(z, torch.nan))

    def moments(self, draw: Draw) -> DiagonalGaussian:
        """Return z [B, D] and the log of the variance 0."""
        return DiagonalGaussian(self.z, torch.full_like(self.z, -torch.inf))

    def kl(self, prior: DiagonalGaussian, draw: Draw) -> Tensor:
        """Return 0 [B, D]: what the loss of an autoencoder counts in the place of a KL."""
        return torch.zeros_like(self.z)


class PointHead(nn.Linear):
    """Gives z linearly."""

    def __init__(
        self, settings: Mapping[str, Any], feature_dim: int, latent_dim: int, bias: bool = True
    ) -> None:
        super().__init__(feature_dim, latent_dim, bias=bias)

    def forward(self, features: Tensor) -> Point:
        """Return z [B, D] for features [B, H]."""
        return Point(super().forward(features))
