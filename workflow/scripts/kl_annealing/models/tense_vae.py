"""The conditional sequence-to-sequence VAE of words in tenses, after a published course report.

    log p(x|c) >= E_q(z|x) [log p(x|z,c)] - KL(q(z|x) || N(0, I)),   x a word, c its tense

It is trained to say each form of a verb again in its own tense. To convert a word, z of its
posterior is decoded in another tense.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.data.tense.forms import Forms, condition_width
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.cross_entropy import OutputLoss, linear_cross_entropy
from kl_annealing.models.latent_model import Unconditional
from kl_annealing.models.tense_decoder import TenseDecoder
from kl_annealing.models.tense_parts import TenseEncoder, make_condition, posterior_heads
from kl_annealing.objectives import Terms

PARTS = ("kl_hidden", "kl_cell")  # the KL of each of two latent variables


def build(run: Mapping[str, Any], letters: int) -> "TenseVAE":
    """Return the model of a run with fresh weights, drawn as PyTorch draws them by default."""
    settings = run["model"]
    encoder = TenseEncoder(settings, letters, posterior_heads(settings, run["posterior"]))
    decoder = TenseDecoder(settings, letters, condition_width(settings["condition"]))
    return TenseVAE(make_condition(settings["condition"]), encoder, decoder)


class TenseVAE(Unconditional, nn.Module):
    """An encoder of words, a decoder of words in a tense; the prior does not depend on it."""

    def __init__(self, condition: nn.Module, encoder: TenseEncoder, decoder: TenseDecoder) -> None:
        super().__init__()
        self.condition = condition
        self.encoder = encoder
        self.decoder = decoder

    @property
    def latent_dim(self) -> int:
        """The dimension of z, all of its parts together."""
        return sum(head.out_features // 2 for head in self.encoder.heads)

    def encode(self, examples: Forms) -> DiagonalGaussian:
        """Return the posterior of z [B, D] given a word and, where that is read, its tense."""
        return self.encoder(examples.tokens, self.condition(examples.tenses))

    def codes(self, tenses: Tensor, z: Tensor) -> Tensor:
        """Return what the decoder is given as its z: [z; c], [B, D + C], for tenses [B]."""
        return torch.cat([z, self.condition(tenses)], dim=-1)

    def reconstruction(
        self, examples: Forms, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z,c) [B] in nats; `</s>` is predicted, `<s>` is not."""
        codes = self.codes(examples.tenses, z)
        return self.decoder.negative_log_likelihood(examples.tokens, codes, output_loss)

    def terms(self, examples: Forms, noise: Tensor | None = None, forced: bool = True) -> Terms:
        """Return reconstruction and KL of each word, from one sample of z.

        Of two latent variables the extras have the KL of each. Without teacher forcing the
        reconstruction is what `free_running_loss` says.
        """
        posterior = self.encode(examples)
        draw = posterior.draw(noise)
        kl_parts = posterior.kl(self.prior_of(examples), draw)
        if forced:
            said = self.reconstruction(examples, draw.z)
        else:
            codes = self.codes(examples.tenses, draw.z)
            said = self.decoder.free_running_loss(examples.tokens, codes)
        return Terms(said, kl_parts, self._parts(kl_parts))

    def _parts(self, kl_parts: Tensor) -> dict[str, Tensor]:
        each = kl_parts.chunk(len(self.encoder.heads), dim=-1)
        if len(each) < len(PARTS):
            return {}
        return {name: part.sum(-1) for name, part in zip(PARTS, each, strict=True)}
