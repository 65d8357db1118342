"""Bounds on the likelihood of sentences, in nats per sentence.

The noise of a sentence depends only on the seed and the sentence's line number, so a number does
not depend on the batch size, on the order of the sentences or on the device beyond float rounding.
"""

import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from kl_annealing.bundles import Bundle
from kl_annealing.examples import Examples, repeated
from kl_annealing.gaussians import DiagonalGaussian, Draw
from kl_annealing.jobs.precision import precision_on
from kl_annealing.models.interfaces import Posterior, SentenceModel
from kl_annealing.models.point_head import Point
from kl_annealing.models.sampled_cross_entropy import SampledCrossEntropy

_TOKENS_AT_ONCE = {"cpu": 2**13, "cuda": 2**17}  # enough to fill the matrix products, no more
_TOKENS_OF_A_SENTENCE = 2**16  # read at once where all samples of a sentence share a draw of words


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
    words: int | None = None,
) -> dict[str, Tensor]:
    """Return rec, kl, iw_nll [B] and mu, logvar [B, D] of the sentences tokens [B, L].

    Of a prior that depends on a condition also prior_mu, prior_logvar [B, D]. rec is the mean over
    the first `posterior_samples` of noise [K, B, D], and so is kl where it has no closed form; mu
    and logvar are the posterior's moments; iw_nll is minus the `importance_bound` of the first
    `importance_samples`, its decoder in `precision` and with logits of `words` words alone. In
    float32 and of all words both share what is decoded; else iw_rec_error [B] says by how much the
    mean -log p(x|z) of the same samples is greater behind iw_nll than behind rec. A language model
    has nothing to sample: its iw_nll is exact, and in float32. An autoencoder has neither samples
    nor bounds: of it there are rec and mu alone.
    """
    cheap = {"precision": precision_on(tokens.device, precision), "words": _drawn(model, words)}
    tokens = model.conditioned(tokens)
    prior, posterior = model.prior_of(tokens), model.encode(tokens)
    if isinstance(posterior, Point):
        return {"rec": model.reconstruction(tokens, posterior.z), "mu": posterior.z}
    draw = posterior.draw(noise)
    few, many = (first(draw, count) for count in (posterior_samples, importance_samples))
    exact = cheap == {"precision": "float32", "words": None} or not model.latent_dim
    rec = reconstructions(model, tokens, draw.z if exact else few.z)
    weighed = rec if exact else reconstructions(model, tokens, many.z, **cheap)
    return {
        "rec": rec[: len(few.z)].mean(0),
        "kl": mean_kl(posterior, prior, few),
        "iw_nll": -importance_bound(many, prior, weighed[: len(many.z)]),
        **({} if exact else {"iw_rec_error": _mean_difference(weighed, rec)}),
        **posterior.moments(draw)._asdict(),
        **_conditional(prior),
    }


def _drawn(model: SentenceModel, words: int | None) -> int | None:
    """Return how many words are to be drawn, None where the model has no more than these."""
    if words is None:
        return None
    return words if words < model.decoder.vocabulary_size else None


def _mean_difference(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean [B] of one - other over the samples [K, B] that both have."""
    both = min(len(one), len(other))
    return (one[:both] - other[:both]).mean(0)


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
    words: int | None = None,
) -> Tensor:
    """Return -log p(x|z) [K, B] in nats for tokens [B, L], or images, and samples z [K, B, D].

    `precision` is that of the decoder's matrix products, where the device has instructions for it.
    At least one sample of each sentence is decoded at a time. With `words`, fewer than the
    vocabulary has, they are the estimates of a `SampledCrossEntropy`, sentence by sentence.
    """
    device, precision = tokens.device.type, precision_on(tokens.device, precision)
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
        if words is None:
            return _decoded(model, tokens, z, _TOKENS_AT_ONCE[device])
        columns = [
            _decoded(model, _example(tokens, row), z[:, row, None], _TOKENS_OF_A_SENTENCE, words)
            for row in range(len(tokens))
        ]
    return torch.cat(columns, dim=1)


def _decoded(
    model: SentenceModel, tokens: Examples, z: Tensor, tokens_at_once: int, words: int | None = None
) -> Tensor:
    """Return -log p(x|z) [K, B], for as many samples at a time as make so many tokens."""
    parts = []
    for part in z.split(max(1, tokens_at_once // tokens.numel())):
        loss = () if words is None else (SampledCrossEntropy(words, len(part)),)
        rec = model.reconstruction(repeated(tokens, len(part)), part.flatten(0, 1), *loss)
        parts.append(rec.view(part.shape[:2]))
    return torch.cat(parts)


def _example(tokens: Examples, row: int) -> Examples:
    """Return one example as a batch."""
    if isinstance(tokens, Bundle):
        return tokens.mapped(lambda part: part[row, None])
    return tokens[row, None]


def importance_bound(draw: Draw, prior: DiagonalGaussian, rec: Tensor) -> Tensor:
    """Return a lower bound on log p(x) [B], float64, from K posterior samples.

    It is log (1/K) sum_k p(x, z_k) / q(z_k|x) with rec [K, B] = -log p(x|z_k) (Burda et al. 2016,
    eq. 8): in expectation the ELBO at K = 1, growing with K towards log p(x).
    """
    weights = prior.log_density(draw.z) - draw.log_densities.sum(-1) - rec
    return weights.double().logsumexp(0) - math.log(len(rec))
