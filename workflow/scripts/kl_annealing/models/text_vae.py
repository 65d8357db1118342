"""The sentence VAE of Bowman et al. (2016), as built by Fu et al. (2019) and He et al. (2019)."""

from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.text_decoder import TextDecoder
from kl_annealing.models.text_encoder import TextEncoder
from kl_annealing.objectives import Terms


class TextVAE(nn.Module):
    """An encoder and a decoder over sentences tokens [B, L] = `<s> ... </s>` of one length.

    Without an encoder it is an LSTM language model: latent dimension 0, KL 0.
    """

    def __init__(self, encoder: TextEncoder | None, decoder: TextDecoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.decoder.latent_dim

    def encode(self, tokens: Tensor) -> DiagonalGaussian:
        """Return the posterior q(z|x), with parameters [B, D]."""
        if self.encoder is None:
            empty = self.decoder.output.weight.new_zeros(len(tokens), 0)
            return DiagonalGaussian(empty, empty)
        return self.encoder(tokens)

    def reparameterise(self, posterior: DiagonalGaussian, noise: Tensor | None = None) -> Tensor:
        """Return one sample z [B, D], differentiable in the posterior's parameters."""
        return posterior.sample(noise)

    def reconstruction(self, tokens: Tensor, z: Tensor, fused: bool = True) -> Tensor:
        """Return -log p(x|z) [B] in nats; `</s>` is predicted, `<s>` is not.

        `fused=False` can be differentiated twice, at a cost in memory and speed.
        """
        return self.decoder.negative_log_likelihood(tokens, z, fused=fused)

    def terms(self, tokens: Tensor, noise: Tensor | None = None) -> Terms:
        """Return reconstruction and KL of each sentence, from one sample of the posterior."""
        posterior = self.encode(tokens)
        z = self.reparameterise(posterior, noise)
        return Terms(self.reconstruction(tokens, z), posterior.kl_to_standard())
