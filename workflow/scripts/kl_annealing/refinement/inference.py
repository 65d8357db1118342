"""A model whose posteriors are refined ones, as evaluation and generation see it."""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.cross_entropy import OutputLoss, linear_cross_entropy
from kl_annealing.models.interfaces import Decoder, SentenceModel
from kl_annealing.models.latent_model import Unconditional
from kl_annealing.refinement.bound import Bound
from kl_annealing.refinement.descent import Descent, refine
from kl_annealing.refinement.noise import Noise, start_noise

EXAMPLES = 2  # keeps keys of examples apart from those of training steps
Start = Callable[[Tensor, list[int]], Tensor]


class Refined(Unconditional, nn.Module):
    """A SentenceModel: `model`, with q(z|x) after a descent of the bound at beta 1.

    `start` gives the parameters [2, B, D] that the descent of examples [B, ...] begins with, from
    these and a key of random numbers. The numbers follow from `seed` and the examples. Posteriors
    depend on the batch, as published: its mean scales the steps and its norms are clipped. So
    examples are refined in batches of `batch_size`, the training's, however many are given.
    """

    def __init__(
        self, model: SentenceModel, start: Start, descent: Descent, seed: int, batch_size: int
    ) -> None:
        super().__init__()
        self.model, self.start, self.descent = model, start, descent
        self.seed, self.batch_size = seed, batch_size

    @property
    def decoder(self) -> Decoder:
        """The network p(x|z)."""
        return self.model.decoder

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.model.latent_dim

    def encode(self, tokens: Tensor) -> DiagonalGaussian:
        """Return the refined posterior q(z|x), with parameters [B, D]."""
        parts = [self._refined(part) for part in tokens.split(self.batch_size)]
        return DiagonalGaussian(*torch.cat(parts, dim=1))

    def reconstruction(
        self, tokens: Tensor, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z) [B] in nats."""
        return self.model.reconstruction(tokens, z, output_loss)

    def _refined(self, examples: Tensor) -> Tensor:
        content = zlib.crc32(examples.contiguous().cpu().numpy())
        key = [self.seed, content, EXAMPLES]
        start = self.start(examples, key)
        noise = Noise.of(key, self.descent.steps, start[0])
        return refine(Bound(self.model, examples, 1.0, noise), start, self.descent).end


def from_prior(run: Mapping[str, Any], model: SentenceModel) -> Refined:
    """Return the inference of strategy `svi`: no encoder, each descent starts at the prior.

    `start_deviation` times standard normal noise is added to mu and logvar, as published.
    """
    deviation = run["strategy"]["start_deviation"]

    def start(examples: Tensor, key: list[int]) -> Tensor:
        """Return mu and logvar [2, B, D] where the descent begins."""
        zeros = prior_parameters(model, examples)
        return zeros + deviation * start_noise(key, zeros)

    return _refined_model(run, model, start)


def from_encoder(run: Mapping[str, Any], model: SentenceModel) -> SentenceModel:
    """Return the inference of strategy `sa_vae`: the encoder's posterior, refined."""
    if not run["strategy"]["steps"]:
        return model
    return _refined_model(run, model, lambda examples, _: torch.stack(model.encode(examples)))


def prior_parameters(model: SentenceModel, examples: Tensor) -> Tensor:
    """Return the parameters [2, B, D] of N(0, I), once for each of the examples."""
    weight = next(model.parameters())
    return weight.new_zeros(2, len(examples), model.latent_dim)


def _refined_model(run: Mapping[str, Any], model: SentenceModel, start: Start) -> Refined:
    descent = Descent.of(run["strategy"])
    refined = Refined(model, start, descent, run["seed"], run["training"]["batch_size"])
    return refined.train(model.training)
