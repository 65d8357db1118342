"""The classifier of Fu et al. (2019): logistic regression by Adam, on features computed once.

Their program sends every batch through the frozen encoder again. The features are the same each
time, so here they are given; and since all draws of labels take the same steps, one update trains
the classifiers of all of them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kl_annealing.classification.features import Features
from kl_annealing.classification.logistic import Fitted
from kl_annealing.training.optimisers import build_optimiser

DECAY, DECAY_EPOCHS = 0.99, 100  # of the learning rate, a little at each update, as published


def published(
    features: Features,
    draws: Sequence[np.ndarray],
    labels: np.ndarray,
    valid_labels: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> list[Fitted]:
    """Train one classifier for each of `draws`, rows of the training sentences, all equally many.

    `labels` [N] are those of all training sentences, `settings` those of
    `classification.published`, with the `epochs` of the run's own method. Weights start at 0. After
    each epoch the validation accuracy is measured; the weights of the highest one, the first among
    equals, are kept, and `chosen` is their epoch. What is left of an epoch is a smaller batch.
    """
    known, valid, test = (_with_bias(part, device) for part in features)
    rows = torch.from_numpy(np.stack(draws)).to(device)  # [R, n]
    classes = int(labels.max()) + 1
    targets = functional.one_hot(torch.from_numpy(labels).long().to(device), classes)[:, 1:].float()
    weights = torch.zeros(len(rows), known.shape[1], classes - 1, device=device)
    truth = torch.from_numpy(valid_labels).long().to(device)
    best, accuracy = weights.clone(), torch.full((len(rows),), -1.0, device=device)
    chosen = torch.zeros(len(rows), dtype=torch.long)
    for epoch in _epochs(weights, known, targets, rows, settings, seed):
        found = (_logits(valid, weights).argmax(-1) == truth).float().mean(1)
        better = found > accuracy
        best[better], accuracy[better] = weights[better], found[better]
        chosen[better.cpu()] = epoch
    parts = (_logits(part, best).softmax(-1).double().cpu().numpy() for part in (valid, test))
    return [Fitted(*each) for each in zip(*parts, chosen.tolist(), strict=True)]


def _epochs(
    weights: Tensor,
    features: Tensor,
    targets: Tensor,
    rows: Tensor,
    settings: Mapping[str, Any],
    seed: int,
) -> Iterator[int]:
    """Train `weights` [R, D + 1, K - 1] in place; yield the number of each epoch at its end."""
    optimiser = build_optimiser("adam", [weights], settings["learning_rate"])
    generator = torch.Generator().manual_seed(seed)
    total = settings["maximum_steps"] or math.inf
    interval = DECAY_EPOCHS * math.ceil(rows.shape[1] / settings["batch_size"])  # updates
    step = 0
    for epoch in range(settings["epochs"]):
        order = torch.rand(rows.shape, generator=generator).argsort(1).to(rows.device)
        for batch in rows.gather(1, order).split(settings["batch_size"], dim=1):
            if step == total:
                break
            optimiser.param_groups[0]["lr"] = settings["learning_rate"] * DECAY ** (step / interval)
            weights.grad = _gradient(weights, features[batch], targets[batch])
            optimiser.step()
            step += 1
        yield epoch + 1
        if step == total:
            return


def _gradient(weights: Tensor, features: Tensor, targets: Tensor) -> Tensor:
    """Return the gradient of each classifier's mean cross-entropy, in closed form.

    Features [R, B, D + 1], targets [R, B, K - 1] the indicators of all classes but the first.
    """
    logits = features @ weights
    full = functional.pad(logits, (1, 0))
    error = (full.softmax(-1)[..., 1:] - targets) / targets.shape[1]
    return features.transpose(1, 2) @ error


def _logits(features: Tensor, weights: Tensor) -> Tensor:
    """Return logits [R, N, K] of features [N, D + 1]: the first class's is 0."""
    classifiers, width, classes = weights.shape
    product = features @ weights.transpose(0, 1).reshape(width, -1)  # of all at once [N, R (K - 1)]
    logits = product.view(len(features), classifiers, classes).transpose(0, 1)
    return functional.pad(logits, (1, 0))


def _with_bias(part: np.ndarray, device: torch.device) -> Tensor:
    """Return features with a column of ones [N, D + 1], float32."""
    return functional.pad(torch.from_numpy(part).float(), (0, 1), value=1.0).to(device)
