"""The posterior mean space of He et al. (2019, section 3): the model's against the encoder's mean.

Of a model with scalar z the mean of the true posterior p(z|x) = p(z) p(x|z) / p(x) is a sum over a
grid; that of the approximate posterior q(z|x) is the encoder's. On the diagonal the inference
network follows the model; with the model's mean apart from it, it lags.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import Split
from kl_annealing.models.interfaces import SentenceModel

ROWS = 4096  # sentences times points of the grid that are decoded at once
BATCH_SIZE = 256
ACTIVE = 0.01  # variance from which a unit counts as active (Burda et al. 2016)
STREAM = 2  # keeps the choice of sentences apart from other uses of the seed


class Means(NamedTuple):
    """Means of p(z|x) and q(z|x) of each sentence, both [N]."""

    model: Tensor
    inference: Tensor


def chosen(split: Split, number: int, seed: int) -> Split:
    """Return at most `number` sentences of a split, drawn without replacement."""
    generator = np.random.default_rng([seed, STREAM])
    rows = generator.permutation(split.n_examples)[:number]
    rows.sort()  # a split is sorted by length
    return Split(split.tokens[rows], split.lengths[rows], split.index[rows])


@torch.no_grad()
def posterior_means(
    model: SentenceModel, split: Split, settings: Mapping[str, Any], device: torch.device | str
) -> Means:
    """Return both means of every sentence of a split, in float64 on the CPU.

    `settings` has `reach` and `step` of the grid. The model has scalar z and a Gaussian posterior.
    """
    grid = grid_of(settings["reach"], settings["step"]).to(device)
    parts = []
    for batch in split.batches(BATCH_SIZE):
        tokens = torch.from_numpy(split.examples(batch)).to(device)
        parts.append((model_means(model, tokens, grid), model.encode(tokens).mu[:, 0]))
    return Means(*(torch.cat(part).double().cpu() for part in zip(*parts, strict=True)))


def grid_of(reach: float, step: float) -> Tensor:
    """Return the points from -reach to below +reach: 400 for the published 20 and 0.1."""
    points = round(2 * reach / step)
    return -reach + step * torch.arange(points, dtype=torch.float64)


def model_means(model: SentenceModel, tokens: Tensor, grid: Tensor) -> Tensor:
    """Return the mean [B] of p(z|x) of sentences [B, L] over a `grid` [G], in float64."""
    prior = model.prior_of(tokens).log_density(grid[:, None])
    at_once = max(1, ROWS // len(grid))
    joint = [prior - _reconstruction(model, part, grid) for part in tokens.split(at_once)]
    return torch.softmax(torch.cat(joint), dim=1) @ grid


def slope(means: Means) -> float:
    """Return the slope of the inference mean on the model mean, by least squares.

    1 on the diagonal, 0 for an encoder that says the same of every sentence. Where the model means
    themselves do not differ, as after collapse, there is nothing to follow: 0.
    """
    centred = means.model - means.model.mean()
    variance = centred.square().mean()
    if variance < ACTIVE:
        return 0.0
    return float((centred * means.inference).mean() / variance)


def distance(means: Means) -> float:
    """Return the root mean square distance of the two means, in units of the prior's deviation."""
    return float((means.model - means.inference).square().mean().sqrt())


def _reconstruction(model: SentenceModel, tokens: Tensor, grid: Tensor) -> Tensor:
    """Return -log p(x|z) [B, G] of sentences [B, L] at every point, in float64."""
    z = grid.to(next(model.parameters()).dtype).repeat(len(tokens))[:, None]
    rows = tokens.repeat_interleave(len(grid), dim=0)
    return model.reconstruction(rows, z).double().view(len(tokens), -1)
