"""Bounds on the likelihood of sentences, in nats per sentence.

The noise of a sentence depends only on the seed and the sentence's line number, so a number does
not depend on the batch size, on the order of the sentences or on the device beyond float rounding.
"""

import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from kl_annealing.examples import Examples, repeated
from kl_annealing.gaussians import DiagonalGaussian, Draw
from kl_annealing.jobs.precision import precision_on
from kl_annealing.models.interfaces import Posterior, SentenceModel
from kl_annealing.models.point_head import Point

_TOKENS_AT_ONCE = {"cpu": 2**13, "cuda": 2**17}  # enough to fill the matrix products, no more


def sentence_noise(
    seed: int, lines: Iterable[int], samples: int, latent_dim: int, stream: int = 0
) -> Tensor:
    """Return standard normal noise [samples, B, latent_dim] for the sentences of these lines.

    The first k samples of a sentence are the same whatever `samples` is. Each `stream` is other
    noise; it comes last, since a seed of 2^32 is two numbers to NumPy and zeros at the end none.
    """
    shape = samples, latent_dim
    generators = (np.random.default_rng([seed, int(line), stream]) for line in lines)
    rows = [generator.standard_normal(shape, np.float32) for generator in generators]
    return torch.from_numpy(np.stack(rows, axis=1))


def bounds(
    model: SentenceModel,
    tokens: Examples,
    noise: Tensor,
    posterior_samples: int,
    importance_samples: int,
    precision: str = "float32",
) -> dict[str, Tensor]:
    """Return rec, kl, iw_nll [B] and mu, logvar [B, D] of the sentences tokens [B, L].

    Of a prior that depends on a condition also prior_mu, prior_logvar [B, D]. rec is the mean over
    the first `posterior_samples` of noise [K, B, D], and so is kl where it has no closed form; mu
    and logvar are the posterior's moments; iw_nll is minus the `importance_bound` of the first
    `importance_samples`, its decoder in `precision`. In float32 both share what is decoded. A
    language model has nothing to sample: its iw_nll is exact, and in float32. An autoencoder has
    neither samples nor bounds: of it there are rec and mu alone.
    """
    precision = precision_on(tokens.device, precision)
    tokens = model.conditioned(tokens)
    prior, posterior = model.prior_of(tokens), model.encode(tokens)
    if isinstance(posterior, Point):
        return {"rec": model.reconstruction(tokens, posterior.z), "mu": posterior.z}
    draw = posterior.draw(noise)
    few, many = (first(draw, count) for count in (posterior_samples, importance_samples))
    if precision == "float32" or not model.latent_dim:
        shared = reconstructions(model, tokens, draw.z)
        rec, weighed = shared[: len(few.z)], shared[: len(many.z)]
    else:
        rec = reconstructions(model, tokens, few.z)
        weighed = reconstructions(model, tokens, many.z, precision)
    moments = posterior.moments(draw)
    return {
        "rec": rec.mean(0),
        "kl": mean_kl(posterior, prior, few),
        "iw_nll": -importance_bound(many, prior, weighed),
        **moments._asdict(),
        **_conditional(prior),
    }


def _conditional(prior: DiagonalGaussian) -> dict[str, Tensor]:
    """Return the moments of a prior that is not the same for all."""
    if not prior.mu.ndim:
        return {}
    return {f"prior_{name}": part for name, part in prior._asdict().items()}


def first(draw: Draw, count: int) -> Draw:
    """Return the first `count` samples."""
    return Draw(draw.z[:count], draw.log_densities[:count])


def mean_kl(posterior: Posterior, prior: DiagonalGaussian, draw: Draw) -> Tensor:
    """Return KL(q || prior) [B] in nats; where it is an estimate, its mean over the samples."""
    kl = posterior.kl(prior, draw).sum(-1)
    return kl.mean(0) if kl.ndim > 1 else kl


def reconstructions(
    model: SentenceModel,
    tokens: Examples,
    z: Tensor,
    precision: str = "float32",
) -> Tensor:
    """Return -log p(x|z) [K, B] in nats for tokens [B, L], or images, and samples z [K, B, D].

    `precision` is that of the decoder's matrix products, where the device has instructions for it.
    At least one sample of each sentence is decoded at a time.
    """
    device, precision = tokens.device.type, precision_on(tokens.device, precision)
    chunk = max(1, _TOKENS_AT_ONCE[device] // tokens.numel())
    parts = []
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
        for part in z.split(chunk):
            rec = model.reconstruction(repeated(tokens, len(part)), part.flatten(0, 1))
            parts.append(rec.view(part.shape[:2]))
    return torch.cat(parts)


def importance_bound(draw: Draw, prior: DiagonalGaussian, rec: Tensor) -> Tensor:
    """Return a lower bound on log p(x) [B], float64, from K posterior samples.

    It is log (1/K) sum_k p(x, z_k) / q(z_k|x) with rec [K, B] = -log p(x|z_k) (Burda et al. 2016,
    eq. 8): in expectation the ELBO at K = 1, growing with K towards log p(x).
    """
    weights = prior.log_density(draw.z) - draw.log_densities.sum(-1) - rec
    return weights.double().logsumexp(0) - math.log(len(rec))
