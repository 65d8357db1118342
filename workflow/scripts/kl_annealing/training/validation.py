"""The bound on the validation set, as every history row and the selection of the best see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kl_annealing.data import Split
from kl_annealing.training.batches import DeviceSplit

# No gradient is kept, so more rows at once than in training; neither number changes the terms.
BATCH_SIZE = 256
DECODED_ROWS = 1024  # sentences times posterior samples, where there are several samples
STREAM = 1  # keeps the noise apart from the order of the batches, which has the same seed


class Averages(NamedTuple):
    """Means per sentence in nats over a set of sentences, and how many there were."""

    reconstruction: float
    kl: float
    sentences: int
    targets: int

    @property
    def bound(self) -> float:
        """The negative ELBO."""
        return self.reconstruction + self.kl


class Validation:
    """Measures a model on a split with `samples` posterior samples a sentence.

    The noise is drawn anew for each evaluation, so that no draw biases a whole learning curve, and
    follows from the seed and the step alone.
    """

    def __init__(self, split: Split, samples: int, seed: int, device: torch.device) -> None:
        self.data = DeviceSplit(split, BATCH_SIZE, device)
        self.samples, self.seed, self.device = samples, seed, device

    def averages(self, model: nn.Module, step: int) -> Averages:
        """Return the terms at beta 1, without dropout, in float32 (sums in float64)."""
        noise = self._noise(model.latent_dim, step)
        total = torch.zeros(2, dtype=torch.float64, device=self.device)
        with _evaluating(model):
            for batch in self.data.batches:
                terms = mean_terms(model, self.data.sentences(batch), noise[:, batch.rows])
                total += torch.stack([term.double().sum() for term in terms])
        reconstruction, kl = (total / self.data.n_sentences).tolist()
        return Averages(reconstruction, kl, self.data.n_sentences, self.data.n_targets)

    def posterior(self, model: nn.Module) -> dict[str, Tensor]:
        """Return the posterior's parameters mu and logvar [N, D] and index [N], on the CPU."""
        with _evaluating(model):
            parts = [model.encode(self.data.sentences(batch)) for batch in self.data.batches]
        mu, logvar = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
        return {"mu": mu, "logvar": logvar, "index": self.data.index}

    def _noise(self, latent_dim: int, step: int) -> Tensor:
        """Return the noise [S, N, D] of the evaluation after `step` updates; D = 0 needs one S."""
        shape = self.samples if latent_dim else 1, self.data.n_sentences, latent_dim
        generator = np.random.default_rng([self.seed, step, STREAM])
        return torch.from_numpy(generator.standard_normal(shape, np.float32)).to(self.device)


def mean_terms(model: nn.Module, tokens: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return reconstruction, averaged over the samples of noise [S, B, D], and KL of tokens [B, L].

    Both are [B], in nats.
    """
    posterior = model.encode(tokens)
    total = torch.zeros(len(tokens), dtype=torch.float64, device=tokens.device)
    for part in noise.split(max(1, DECODED_ROWS // len(tokens))):
        z = posterior.sample(part).flatten(0, 1)  # [S B, D]
        decoded = model.reconstruction(tokens.repeat(len(part), 1), z)
        total += decoded.double().view(len(part), -1).sum(0)
    return total / len(noise), posterior.kl_to_standard()


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off for the block."""
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()
