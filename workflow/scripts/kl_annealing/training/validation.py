"""The bound on the validation set, as every history row and the selection of the best see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kl_annealing.data import AnySplit
from kl_annealing.examples import Examples, repeated
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.information import active_units, mi_batch
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.training.batches import on_device

# No gradient is kept, so more rows at once than in training; neither number changes the terms.
BATCH_SIZE = 256
DECODED_ROWS = 1024  # sentences times posterior samples, where there are several samples
STREAM = 1  # keeps the noise apart from the order of the batches, which has the same seed


class Averages(NamedTuple):
    """Means per example in nats over a set of examples, and how many there were.

    `others` are further columns of the learning curve: `mi_batch` and `active_units` where a
    validation can tell them, and in training the means of auxiliary losses and what the strategy
    tells of itself.
    """

    reconstruction: float
    kl: float
    examples: int
    targets: int
    others: dict[str, float]

    @property
    def bound(self) -> float:
        """The negative ELBO."""
        return self.loss(1)

    def loss(self, beta: float) -> float:
        """Return the annealed bound."""
        return self.reconstruction + beta * self.kl


class Measured(NamedTuple):
    """Of each example: reconstruction and KL [N]; moments of the posterior and one draw [N, D].

    The last two are relative to the prior of the example, as mutual information wants them.
    """

    reconstruction: Tensor
    kl: Tensor
    mu: Tensor
    logvar: Tensor
    z: Tensor


class Validation:
    """Measures a model on a split with `samples` posterior samples an example.

    The noise is drawn anew for each evaluation, so that no draw biases a whole learning curve, and
    follows from the seed and the step alone. Mutual information is estimated within batches of
    `batch_size`, as He et al. (2019) do with those of the training.
    """

    def __init__(
        self,
        split: AnySplit,
        samples: int,
        seed: int,
        device: torch.device,
        batch_size: int,
    ) -> None:
        self.data = on_device(split, BATCH_SIZE, device)
        self.sizes = [batch.size for batch in split.batches(batch_size)]
        self.samples, self.seed, self.device = samples, seed, device

    def averages(self, model: SentenceModel, step: int) -> Averages:
        """Return the terms at beta 1, without dropout, in float32 (sums in float64)."""
        noise = self._noise(model.latent_dim, step)
        with evaluating(model):
            parts, gaussian = [], bool(model.latent_dim)
            for batch in self.data.batches:
                part, exact = measured(model, self.data.examples(batch), noise[:, batch.rows])
                parts.append(part)
                gaussian &= exact
        found = Measured(*(torch.cat(part) for part in zip(*parts, strict=True)))
        total = torch.stack([found.reconstruction, found.kl]).double().sum(1)
        reconstruction, kl = (total / self.data.n_examples).tolist()
        others = self._information(found) if gaussian else {}
        return Averages(reconstruction, kl, self.data.n_examples, self.data.n_targets, others)

    def posterior(self, model: SentenceModel) -> dict[str, Tensor]:
        """Return the posterior's parameters mu and logvar [N, D] and index [N], on the CPU."""
        noise = self._noise(model.latent_dim, 0)
        with evaluating(model):
            parts = []
            for batch in self.data.batches:
                posterior = model.encode(model.conditioned(self.data.examples(batch)))
                parts.append(posterior.moments(posterior.draw(noise[:, batch.rows])))
        mu, logvar = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
        return {"mu": mu, "logvar": logvar, "index": self.data.index}

    def _information(self, found: Measured) -> dict[str, float]:
        """Return mutual information and active units of Gaussian posteriors."""
        mu, logvar, z = (tensor.cpu().numpy() for tensor in (found.mu, found.logvar, found.z))
        return {
            "mi_batch": mi_batch(mu, logvar, z, self.sizes),
            "active_units": active_units(mu),
        }

    def _noise(self, latent_dim: int, step: int) -> Tensor:
        """Return the noise [S, N, D] of the evaluation after `step` steps; D = 0 needs one S."""
        shape = self.samples if latent_dim else 1, self.data.n_examples, latent_dim
        generator = np.random.default_rng([self.seed, step, STREAM])
        return torch.from_numpy(generator.standard_normal(shape, np.float32)).to(self.device)


def measured(model: SentenceModel, examples: Examples, noise: Tensor) -> tuple[Measured, bool]:
    """Measure examples [B, ...] with samples of noise [S, B, D], the terms averaged over them.

    Also return whether the posterior is a Gaussian with the moments that are told.
    """
    examples = model.conditioned(examples)
    posterior = model.encode(examples)
    draw = posterior.draw(noise)
    prior = model.prior_of(examples)
    kl = posterior.kl(prior, draw)  # [B, D], or an estimate [S, B, D]
    total = torch.zeros(len(examples), dtype=torch.float64, device=examples.device)
    for z in draw.z.split(max(1, DECODED_ROWS // len(examples))):
        decoded = model.reconstruction(repeated(examples, len(z)), z.flatten(0, 1))  # [S B]
        total += decoded.double().view(len(z), -1).sum(0)
    kl = kl.sum(-1).view(-1, len(examples)).mean(0)
    moments, z = posterior.moments(draw).relative_to(prior), prior.standardised(draw.z[0])
    found = Measured(total / len(noise), kl, *moments, z)
    return found, isinstance(posterior, DiagonalGaussian)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off for the block; batch norm uses its running averages."""
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()
