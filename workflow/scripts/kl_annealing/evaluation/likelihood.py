"""Bounds on the likelihood of sentences, in nats per sentence.

The noise of a sentence depends only on the seed and the sentence's line number, so a number does
not depend on the batch size, on the order of the sentences or on the device beyond float rounding.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kl_annealing.gaussians import DiagonalGaussian, standard_log_density

_TOKENS_AT_ONCE = {"cpu": 2**13, "cuda": 2**17}  # enough to fill the matrix products, no more


def sentence_noise(seed: int, lines: Iterable[int], samples: int, latent_dim: int) -> Tensor:
    """Return standard normal noise [samples, B, latent_dim] for the sentences of these lines.

    The first k samples of a sentence are the same whatever `samples` is.
    """
    rows = [
        np.random.default_rng([seed, int(line)]).standard_normal((samples, latent_dim), np.float32)
        for line in lines
    ]
    return torch.from_numpy(np.stack(rows, axis=1))


def elbo_terms(model: Any, tokens: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """Return rec, kl [B], mu, logvar, z [B, D] of the sentences tokens [B, L].

    rec is the mean over the posterior samples of noise [S, B, D], z the first of them; the KL
    divergence is in closed form.
    """
    posterior = model.encode(tokens)
    z = posterior.sample(noise)  # [S, B, D]
    rec = torch.stack([model.reconstruction(tokens, sample) for sample in z]).mean(0)
    return {
        "rec": rec,
        "kl": posterior.kl_to_standard(),
        "mu": posterior.mu,
        "logvar": posterior.logvar,
        "z": z[0],
    }


def importance_bound(
    model: Any,
    tokens: Tensor,
    noise: Tensor,
    precision: str = "float32",
    tokens_at_once: int | None = None,
) -> Tensor:
    """Return a lower bound on log p(x) of the sentences tokens [B, L]; [B], float64.

    With noise [K, B, D] it is log (1/K) sum_k p(x, z_k) / q(z_k|x), z_k from the posterior (Burda
    et al. 2016, eq. 8): in expectation the ELBO at K = 1, growing with K towards log p(x).
    `precision` is that of the decoder's matrix products. At most `tokens_at_once` tokens are
    decoded at a time, but never less than one sample of each sentence; the default suits the
    device.
    """
    posterior = model.encode(tokens)
    chunk = max(1, (tokens_at_once or _TOKENS_AT_ONCE[tokens.device.type]) // tokens.numel())
    total = torch.full(tokens.shape[:1], -math.inf, dtype=torch.float64, device=tokens.device)
    for part in noise.split(chunk):
        weights = log_weights(model, tokens, posterior, part, precision)
        total = torch.logaddexp(total, weights.double().logsumexp(0))
    return total - math.log(len(noise))


def log_weights(
    model: Any,
    tokens: Tensor,
    posterior: DiagonalGaussian,
    noise: Tensor,
    precision: str = "float32",
) -> Tensor:
    """Return log p(x, z) - log q(z|x) [K, B] for tokens [B, L] and noise [K, B, D]."""
    z = posterior.sample(noise)  # [K, B, D]
    rows = tokens.repeat(len(noise), 1)  # [K B, L]
    with torch.autocast(tokens.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        rec = model.reconstruction(rows, z.flatten(0, 1))
    return standard_log_density(z) - posterior.log_density(z) - rec.view(noise.shape[:2])
