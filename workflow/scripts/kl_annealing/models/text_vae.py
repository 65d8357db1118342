"""The sentence VAE of Bowman et al. (2016), as built by Fu et al. (2019) and He et al. (2019)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.data.vocabulary import PAD
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.makers import head_makers, maker
from kl_annealing.models.cross_entropy import OutputLoss, linear_cross_entropy
from kl_annealing.models.latent_model import LatentModel
from kl_annealing.models.text_decoder import TextDecoder
from kl_annealing.models.text_parts import make_decoder, make_encoder, start
from kl_annealing.objectives import Terms


def build(run: Mapping[str, Any], vocabulary_size: int) -> "TextVAE":
    """Return the sentence model of a run, VAE or language model, with fresh weights."""
    settings = run["model"]
    latent_dim = settings["latent_dim"] if settings["kind"] == "vae" else 0
    encoder = None
    if latent_dim:
        encoder = make_encoder(run, vocabulary_size, _posterior_head(run))
    decoder = make_decoder(run, vocabulary_size, latent_dim)
    heads = {name: make(settings, vocabulary_size) for name, make in head_makers(run).items()}
    model = TextVAE(encoder, decoder, heads, settings.get("padding_counted", False))
    start(model, run, decoder)
    return model


def _posterior_head(run: Mapping[str, Any]) -> nn.Module:
    """Return the layers from the encoder's last state to the posterior."""
    encoder, latent_dim = run["model"]["encoder"], run["model"]["latent_dim"]
    make = maker("posterior", run)
    return make(run["posterior"], encoder["hidden_dim"], latent_dim, encoder["head_bias"])


class TextVAE(LatentModel):
    """An encoder and a decoder over sentences tokens [B, L] = `<s> ... </s>` of one length.

    Without an encoder it is an LSTM language model: latent dimension 0, KL 0. `heads` are networks
    (tokens, z [B, D]) -> auxiliary loss [B] by the name of that loss. With `padding_counted` the
    decoder predicts also the padding up to the encoder's fixed length.
    """

    def __init__(
        self,
        encoder: nn.Module | None,
        decoder: TextDecoder,
        heads: Mapping[str, nn.Module] = MappingProxyType({}),
        padding_counted: bool = False,
    ) -> None:
        super().__init__(encoder, decoder)
        self.heads = nn.ModuleDict(heads)
        self.padding_counted = padding_counted

    def reconstruction(
        self, tokens: Tensor, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z) [B] in nats; `</s>` is predicted, `<s>` is not."""
        return self.decoder.negative_log_likelihood(self._counted(tokens), z, output_loss)

    def slope(self, tokens: Tensor, z: Tensor, direction: Tensor) -> Tensor:
        """Return the derivative [B] of `reconstruction` when z moves along `direction` [B, D]."""
        return self.decoder.slope(self._counted(tokens), z, direction)

    def terms(
        self,
        tokens: Tensor,
        noise: Tensor | None = None,
        posterior: DiagonalGaussian | None = None,
    ) -> Terms:
        """Return reconstruction, KL and auxiliary losses of each sentence, from one sample of z.

        The posterior is the encoder's where none is given.
        """
        posterior = self.encode(tokens) if posterior is None else posterior
        draw = posterior.draw(noise)
        kl_parts = posterior.kl(self.prior_of(tokens), draw)
        extras = {name: head(tokens, draw.z) for name, head in self.heads.items()}
        return Terms(self.reconstruction(tokens, draw.z), kl_parts, extras)

    def _counted(self, tokens: Tensor) -> Tensor:
        """Return the tokens that the decoder predicts, and the first: [B, L], or a fixed length."""
        if not self.padding_counted:
            return tokens
        return functional.pad(tokens, (0, self.encoder.positions - tokens.shape[1]), value=PAD)
