"""What the models with one encoder and one decoder share, of sentences and of images."""

from torch import Tensor, nn

from kl_annealing.gaussians import STANDARD, DiagonalGaussian
from kl_annealing.models.interfaces import Posterior


class Unconditional:
    """A model of examples that depend on nothing given."""

    def conditioned(self, examples: Tensor) -> Tensor:
        """Return the examples as they are: there is no condition to encode."""
        return examples

    def prior_of(self, examples: Tensor) -> DiagonalGaussian:
        """Return the prior p(z), the same for all."""
        return STANDARD


class LatentModel(Unconditional, nn.Module):
    """An encoder and a decoder; without the encoder the latent dimension is 0, and so is the KL."""

    def __init__(self, encoder: nn.Module | None, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.decoder.latent_dim

    def encode(self, examples: Tensor) -> Posterior:
        """Return the posterior q(z|x) of z [B, D] for examples [B, ...]."""
        if self.encoder is None:
            empty = next(self.parameters()).new_zeros(len(examples), 0)
            return DiagonalGaussian(empty, empty)
        return self.encoder(examples)
