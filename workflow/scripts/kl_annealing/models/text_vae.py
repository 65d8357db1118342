"""The sentence VAE of Bowman et al. (2016), as built by Fu et al. (2019) and He et al. (2019)."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.data.vocabulary import PAD
from kl_annealing.gaussians import STANDARD, DiagonalGaussian
from kl_annealing.makers import maker
from kl_annealing.models.text_decoder import TextDecoder
from kl_annealing.objectives import Terms


def build(run: Mapping[str, Any], vocabulary_size: int) -> "TextVAE":
    """Return the sentence model of a run, VAE or language model, with fresh weights."""
    settings = run["model"]
    latent_dim = settings["latent_dim"] if settings["kind"] == "vae" else 0
    encoder = None
    if latent_dim:
        make_encoder = maker("model.encoder", run)
        encoder = make_encoder(settings["encoder"], vocabulary_size, latent_dim)
    make_decoder = maker("model.decoder.output", run)
    decoder = make_decoder(
        settings["decoder"],
        vocabulary_size,
        latent_dim,
        frozen_last_embedding=settings["frozen_last_embedding"],
    )
    model = TextVAE(encoder, decoder, settings.get("padding_counted", False))
    maker("model.initialisation.scheme", run)(model, settings["initialisation"])
    if hasattr(encoder, "finish_initialisation"):
        encoder.finish_initialisation()
    if settings.get("embedding") == "shared":
        maker("model.embedding", run)(encoder, decoder)
    return model


class TextVAE(nn.Module):
    """An encoder and a decoder over sentences tokens [B, L] = `<s> ... </s>` of one length.

    Without an encoder it is an LSTM language model: latent dimension 0, KL 0. With
    `padding_counted` the decoder predicts also the padding up to the encoder's fixed length.
    """

    def __init__(
        self, encoder: nn.Module | None, decoder: TextDecoder, padding_counted: bool = False
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.padding_counted = padding_counted

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.decoder.latent_dim

    @property
    def prior(self) -> DiagonalGaussian:
        """The prior p(z)."""
        return STANDARD

    def encode(self, tokens: Tensor) -> DiagonalGaussian:
        """Return the posterior q(z|x), with parameters [B, D]."""
        if self.encoder is None:
            empty = self.decoder.output.weight.new_zeros(len(tokens), 0)
            return DiagonalGaussian(empty, empty)
        return self.encoder(tokens)

    def reconstruction(self, tokens: Tensor, z: Tensor, fused: bool = True) -> Tensor:
        """Return -log p(x|z) [B] in nats; `</s>` is predicted, `<s>` is not.

        `fused=False` can be differentiated twice, at a cost in memory and speed.
        """
        if self.padding_counted:
            missing = self.encoder.positions - tokens.shape[1]
            tokens = functional.pad(tokens, (0, missing), value=PAD)
        return self.decoder.negative_log_likelihood(tokens, z, fused=fused)

    def terms(self, tokens: Tensor, noise: Tensor | None = None) -> Terms:
        """Return reconstruction and KL of each sentence, from one sample of the posterior."""
        posterior = self.encode(tokens)
        draw = posterior.draw(noise)
        kl_parts = posterior.kl(self.prior, draw)
        return Terms(self.reconstruction(tokens, draw.z), kl_parts)
