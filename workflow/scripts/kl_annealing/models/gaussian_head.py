"""From what an encoder found to a diagonal Gaussian."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian


class GaussianHead(nn.Linear):
    """Gives mean and log variance linearly; made, as every posterior, of its `posterior` block."""

    def __init__(
        self, settings: Mapping[str, Any], feature_dim: int, latent_dim: int, bias: bool = True
    ) -> None:
        super().__init__(feature_dim, 2 * latent_dim, bias=bias)

    def forward(self, features: Tensor) -> DiagonalGaussian:
        """Return q(z|x), with parameters [B, D], for features [B, H]."""
        mu, logvar = super().forward(features).chunk(2, dim=-1)
        return DiagonalGaussian(mu, logvar)
