"""The inverse autoregressive flow posterior (Kingma et al. 2016)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.gaussians import DiagonalGaussian, Draw
from kl_annealing.models.gaussian_head import GaussianHead
from kl_annealing.models.masked_network import MaskedNetwork

GATE = 2.0  # added to the gates, so that a flow starts near the identity (section 4: +1 or +2)
MOMENT_SAMPLES = 100  # the fewest of which moments are estimated


class Flow(nn.Module):
    """One step z' = gate * z + (1 - gate) * shift, gate = sigmoid(s + 2) (eqs. 13 and 14).

    s and the shift of a dimension follow from the dimensions before it and the context. The
    Jacobian is triangular, its diagonal the gate.
    """

    def __init__(self, latent_dim: int, hidden_dim: int, context_dim: int, reverse: bool) -> None:
        super().__init__()
        self.network = MaskedNetwork(latent_dim, hidden_dim, context_dim, 2, reverse)

    def forward(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' and the log of the Jacobian's diagonal, both [..., B, D]."""
        shift, s = self.network(z, context)
        gate = torch.sigmoid(s + GATE)
        return gate * z + (1 - gate) * shift, functional.logsigmoid(s + GATE)


class InverseAutoregressive(NamedTuple):
    """A batch of posteriors: Gaussians [B, D] whose samples go through flows.

    The second flow, fourth and so on see the dimensions in reverse. The density is known at a
    posterior's own samples only, so KL and moments are estimates from them, and what needs the
    density at any z, such as mutual information, is not defined.
    """

    base: DiagonalGaussian
    context: Tensor
    flows: Sequence[Flow]

    def draw(self, noise: Tensor | None = None, generator: torch.Generator | None = None) -> Draw:
        """Return samples made of standard normal noise [..., B, D] (algorithm 1)."""
        z, log_densities = self.base.draw(noise, generator)
        with torch.autocast(z.device.type, enabled=False):
            for flow in self.flows:
                z, log_diagonal = flow(z, self.context)
                log_densities = log_densities - log_diagonal
        return Draw(z, log_densities)

    def kl(self, prior: DiagonalGaussian, draw: Draw) -> Tensor:
        """Return the estimate log q - log p [..., B, D] at the draw, whose mean is the KL."""
        return draw.log_densities - prior.log_densities(draw.z)

    def moments(self, draw: Draw) -> DiagonalGaussian:
        """Return mean and log variance [B, D] of the draw's samples.

        Where it has fewer than `MOMENT_SAMPLES`, as many are made of noise that is always the same.
        """
        if draw.z.ndim < 3 or len(draw.z) < MOMENT_SAMPLES:
            draw = self.draw(_fixed_noise(self.base.mu))
        return DiagonalGaussian(draw.z.mean(0), draw.z.var(0).log())


class InverseAutoregressiveHead(nn.Module):
    """Makes the posterior of an encoder's features: Gaussian and context linearly, then flows."""

    def __init__(
        self, settings: Mapping[str, Any], feature_dim: int, latent_dim: int, bias: bool = True
    ) -> None:
        super().__init__()
        hidden_dim, context_dim = settings["hidden_dim"], settings["context_dim"]
        self.base = GaussianHead(settings, feature_dim, latent_dim, bias)
        self.context = nn.Linear(feature_dim, context_dim)
        self.flows = nn.ModuleList(
            Flow(latent_dim, hidden_dim, context_dim, reverse=bool(number % 2))
            for number in range(settings["flows"])
        )

    def forward(self, features: Tensor) -> InverseAutoregressive:
        """Return q(z|x) for features [B, H]."""
        return InverseAutoregressive(self.base(features), self.context(features), self.flows)


def _fixed_noise(like: Tensor) -> Tensor:
    """Return noise [S, B, D], the same for every row of `like` [B, D]."""
    shape = MOMENT_SAMPLES, 1, like.shape[-1]
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=like.dtype)
    return noise.to(like.device).expand(-1, *like.shape)
