"""The bound on the validation set, as every history row and the selection of the best see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kl_annealing.data import Split
from kl_annealing.training.batches import DeviceSplit

BATCH_SIZE = 256  # no gradient is kept, so larger than in training; does not change the terms


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
    """Measures a model on a split with one posterior sample a sentence, the same at every call."""

    def __init__(self, split: Split, latent_dim: int, seed: int, device: torch.device) -> None:
        self.data = DeviceSplit(split, BATCH_SIZE, device)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(self.data.n_sentences, latent_dim, generator=generator)
        self.noise = noise.to(device)

    def averages(self, model: nn.Module) -> Averages:
        """Return the terms at beta 1, without dropout, in float32 (sums in float64)."""
        total = torch.zeros(2, dtype=torch.float64, device=self.noise.device)
        with _evaluating(model):
            for batch in self.data.batches:
                terms = model.terms(self.data.sentences(batch), self.noise[batch.rows])
                total += torch.stack([terms.reconstruction.double().sum(), terms.kl.double().sum()])
        reconstruction, kl = (total / self.data.n_sentences).tolist()
        return Averages(reconstruction, kl, self.data.n_sentences, self.data.n_targets)

    def posterior(self, model: nn.Module) -> dict[str, Tensor]:
        """Return the posterior's parameters mu and logvar [N, D] and index [N], on the CPU."""
        with _evaluating(model):
            parts = [model.encode(self.data.sentences(batch)) for batch in self.data.batches]
        mu, logvar = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
        return {"mu": mu, "logvar": logvar, "index": self.data.index}


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()
