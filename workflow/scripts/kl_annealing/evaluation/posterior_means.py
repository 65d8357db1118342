"""How closely the inference network follows the model, of a finished run with scalar z."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from kl_annealing.data import Corpus
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.posterior_means import chosen, distance, posterior_means, slope


def measure(
    model: SentenceModel,
    corpus: Corpus,
    settings: Mapping[str, Any],
    run: Mapping[str, Any],
    device: torch.device,
    measured: Mapping[str, float],
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return `<split>_mean_slope` and `<split>_mean_distance` on the splits of `settings`; no
    arrays.

    On as many sentences, and on the same grid, as the run's snapshots.
    """
    options = run["training"]["posterior_means"]
    found = {}
    for name in settings["splits"]:
        split = chosen(getattr(corpus, name), options["sentences"], settings["seed"])
        means = posterior_means(model, split, options, device)
        found |= {f"{name}_mean_slope": slope(means), f"{name}_mean_distance": distance(means)}
    return found, {}
