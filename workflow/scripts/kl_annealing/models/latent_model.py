"""What the models with one encoder and one decoder share, of sentences and of images."""

from torch import Tensor, nn

from kl_annealing.gaussians import STANDARD, DiagonalGaussian
from kl_annealing.models.interfaces import Posterior


class LatentModel(nn.Module):
    """An encoder and a decoder; without the encoder the latent dimension is 0, and so is the KL."""

    def __init__(self, encoder: nn.Module | None, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.decoder.latent_dim

    @property
    def prior(self) -> DiagonalGaussian:
        """The prior p(z)."""
        return STANDARD

    def encode(self, examples: Tensor) -> Posterior:
        """Return the posterior q(z|x) of z [B, D] for examples [B, ...]."""
        if self.encoder is None:
            empty = next(self.parameters()).new_zeros(len(examples), 0)
            return DiagonalGaussian(empty, empty)
        return self.encoder(examples)
