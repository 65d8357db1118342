"""What the latent variable knows of the data: mutual information, active units, purity.

With a posterior q(z|x_i) for each of N sentences and a sample z_i from each, both estimators are

    mean_i [ log q(z_i|x_i) - log (1/M) sum_j q(z_i|x_j) ],

where j runs over the M sentences of the same mini-batch (`mi_batch`, as He et al. 2019 report it)
or over the whole set (`mi_aggregate`, as Li et al. 2019 do). The first cannot exceed ln(batch
size), the second ln(N): numbers of one are never compared with numbers of the other. Both published
codes take the first term in closed form instead of at the sample. The expectation is the same, but
the two terms then do not share their noise: collapsed posteriors give values around zero instead of
zero, and the caps hold only on average.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

_PAIRS_AT_ONCE = 4_000_000  # float64 entries of a block of the N x N matrix: 32 MB


def mi_batch(mu: np.ndarray, logvar: np.ndarray, z: np.ndarray, sizes: Iterable[int]) -> float:
    """Return the mini-batch estimate of I(x; z) in nats, each batch weighted by its size.

    mu, logvar: [N, D], rows in the order of the batches; z: one draw from each posterior [N, D], or
    several [S, N, D] over which the estimate is averaged. `sizes` are the batches' sizes, their sum
    is N. A batch of one sentence gives 0; the cap is the size-weighted mean of ln(size).
    """
    sizes = list(sizes)
    posterior = [_wide(part).split(sizes) for part in (mu, logvar)]
    ratios = [
        _log_ratio(*batch)
        for draw in _draws(z, mu)
        for batch in zip(*posterior, draw.split(sizes), strict=True)
    ]
    return torch.cat(ratios).mean().item()


def mi_aggregate(mu: np.ndarray, logvar: np.ndarray, z: np.ndarray) -> float:
    """Return the whole-set estimate of I(x; z) in nats, at most ln(N); arrays as for `mi_batch`."""
    return mi_batch(mu, logvar, z, [len(mu)])


def active_units(mu: np.ndarray, threshold: float = 0.01) -> int:
    """Count the dimensions whose posterior mean varies over the data (Burda et al. 2016).

    A dimension is active when the variance of its mean over the N rows of mu [N, D], with N - 1 in
    the denominator, is at least `threshold`. One row has no variance: no unit is active.
    """
    if len(mu) < 2:
        return 0
    return int((np.var(mu, axis=0, ddof=1, dtype=np.float64) >= threshold).sum())


def neighbour_purity(z: Tensor, label: Tensor, neighbours: int = 10) -> float:
    """Return the mean share of the nearest neighbours of each z [S, D] that have its label [S].

    Euclidean distance; a point is not its own neighbour. 1 when the labels' clouds lie apart, about
    the labels' share of the points when they coincide. Takes S^2 numbers.
    """
    distance = torch.cdist(z.double(), z.double()).fill_diagonal_(torch.inf)
    found = distance.topk(neighbours, largest=False).indices
    return (label[found] == label[:, None]).double().mean().item()


def _draws(z: np.ndarray, mu: np.ndarray) -> Tensor:
    """Return z as [S, N, D], S of them 1 where it is one draw of `mu`'s shape."""
    return _wide(z).reshape(-1 if mu.size else 1, *mu.shape)


def _wide(array: np.ndarray) -> Tensor:
    return torch.as_tensor(array, dtype=torch.float64)


def _log_ratio(mu: Tensor, logvar: Tensor, z: Tensor) -> Tensor:
    """Return log q(z_i|x_i) - log (1/N) sum_j q(z_i|x_j) for every i; [N]."""
    if not mu.shape[1]:
        return torch.zeros(len(mu), dtype=torch.float64)
    precision = torch.exp(-logvar)
    # log q(z_i|x_j) = z_i^2 . keys_j + z_i . keys'_j + offset_j up to a constant that cancels
    keys = torch.cat([-precision / 2, precision * mu], dim=1).T  # [2D, N]
    offset = -(logvar + precision * mu**2).sum(1) / 2  # [N]
    queries = torch.cat([z**2, z], dim=1)  # [N, 2D]
    height = max(1, _PAIRS_AT_ONCE // len(mu))
    ratios = []
    for start in range(0, len(mu), height):
        pairs = torch.addmm(offset, queries[start : start + height], keys)  # [height, N]
        ratios.append(pairs.diagonal(offset=start) - pairs.logsumexp(1))
    return torch.cat(ratios) + np.log(len(mu))
