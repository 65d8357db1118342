"""What evaluation and generation ask of a model, whatever its network."""

from collections.abc import Iterator
from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from kl_annealing.examples import Examples
from kl_annealing.gaussians import DiagonalGaussian, Draw
from kl_annealing.models.cross_entropy import OutputLoss, linear_cross_entropy

State = tuple[Tensor, ...]  # the sentences along the second dimension of each


@runtime_checkable
class Decoder(Protocol):
    """A network p(x|z) that can be asked for one word after the other."""

    @property
    def vocabulary_size(self) -> int:
        """The number of words V, among which an `OutputLoss` tells each; 0 of pixels."""

    def start(self, z: Tensor) -> State:
        """Return the state before the first token, for z [N, D]."""

    def step(self, tokens: Tensor, z: Tensor, state: State) -> tuple[Tensor, State]:
        """Return log p(next token) [N, V] after tokens [N], and the state that follows."""


class Posterior(Protocol):
    """The approximate posterior q(z|x) of a batch."""

    def draw(self, noise: Tensor | None = None, generator: torch.Generator | None = None) -> Draw:
        """Return samples made of standard normal noise [..., B, D]."""

    def moments(self, draw: Draw) -> DiagonalGaussian:
        """Return mean and log variance [B, D] of z, or their estimates from the samples."""

    def kl(self, prior: DiagonalGaussian, draw: Draw) -> Tensor:
        """Return KL(q || prior) by dimension: [B, D], or an estimate at the draw [..., B, D]."""


@runtime_checkable
class SentenceModel(Protocol):
    """A trained model of sentences tokens [B, L] = `<s> ... </s>` of one length.

    A conditional model has examples of several parts; all methods but `conditioned` take what that
    one returns.
    """

    decoder: Decoder

    @property
    def latent_dim(self) -> int:
        """The dimension D of z; 0 for a language model."""

    def conditioned(self, examples: Examples) -> Examples:
        """Return the examples with what they are conditioned on encoded, once for all samples."""

    def prior_of(self, examples: Examples) -> DiagonalGaussian:
        """Return the prior p(z) or, given a condition c, p(z|c) of each of the examples."""

    def encode(self, tokens: Tensor) -> Posterior:
        """Return the posterior q(z|x) of each sentence."""

    def reconstruction(
        self, tokens: Examples, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z) [B] in nats for z [B, D], by `output_loss` where there are words."""

    def parameters(self) -> Iterator[Tensor]:
        """Yield the weights."""

    def to(self, device: torch.device | str) -> Self:
        """Return the model on a device."""

    def eval(self) -> Self:
        """Return the model with dropout off."""
