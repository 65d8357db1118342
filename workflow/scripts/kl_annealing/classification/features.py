"""What a classifier sees of a sentence: the mean of its posterior, computed once."""

from typing import NamedTuple

import numpy as np
import torch

from kl_annealing.data import Corpus, Split
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.training.batches import on_device

BATCH_SIZE = 256  # of posteriors that do not depend on it but by rounding


class Features(NamedTuple):
    """Posterior means [N, D], float64, of each split, rows in its order."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def features_of(model: SentenceModel, corpus: Corpus, device: torch.device) -> Features:
    """Return the posterior means of all sentences of a corpus."""
    splits = (getattr(corpus, name) for name in Features._fields)
    return Features(*(posterior_means(model, split, device) for split in splits))


@torch.no_grad()
def posterior_means(model: SentenceModel, split: Split, device: torch.device) -> np.ndarray:
    """Return the posterior mean [N, D] of each sentence; of an autoencoder its z."""
    data = on_device(split, getattr(model, "batch_size", BATCH_SIZE), device)
    parts = [means(model, data.examples(batch)) for batch in data.batches]
    return torch.cat(parts).double().cpu().numpy()


def means(model: SentenceModel, tokens: torch.Tensor) -> torch.Tensor:
    """Return the posterior means [B, D] of sentences of one length."""
    posterior = model.encode(model.conditioned(tokens))
    noise = torch.zeros(len(tokens), model.latent_dim, device=tokens.device)
    return posterior.moments(posterior.draw(noise)).mu


def standardised(features: Features) -> Features:
    """Return the features with mean 0 and deviation 1 over the training sentences.

    That needs no labels. A feature that does not vary is 0.
    """
    mean, deviation = features.train.mean(0), features.train.std(0)
    scale = np.where(deviation > 1e-9, deviation, np.inf)
    return Features(*((part - mean) / scale for part in features))
