"""ln p(x) of data whose true z is known, from below and from above, by importance sampling.

With samples z_k ~ q(z|x) and weights w_k = p(x, z_k) / q(z_k|x), ln of their mean is ln p(x) or
less in expectation (Burda et al. 2016). With a further z_0 from the true posterior, as the z that x
was drawn from is, ln of the mean over all is ln p(x) or more (Grosse et al. 2015, section 4: the
mean of the inverse is exactly 1 / p(x)). q must not depend on z_0: it is found by adaptive
importance sampling (Bugallo et al. 2017) that begins with the prior.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp, softmax

Likelihood = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows [M], z [M, D] -> ln p(x|z) [M]
Prior = tuple[
    Callable[[int, np.random.Generator], np.ndarray], Callable[[np.ndarray], np.ndarray]
]  # (number, generator) -> z [M, D]; z [..., D] -> ln p(z) [...]

SAMPLES = 96
STAGES = ((0.1, 0.8), (0.3, 0.5), (1.0, 0.3), (1.0, 0.1), (1.0, 0.05))  # power, least deviation
SPREAD = 1.5  # of the last proposal's variance, so that its tails are no lighter than p(z|x)'s
PRIOR_SHARE = 0.1  # of the samples of each proposal: bounds the weights by p(x|z) / 0.1


class Proposal:
    """For each example a Gaussian, mean [N, D] and covariance [N, D, D], mixed with the prior."""

    def __init__(self, mean: np.ndarray, covariance: np.ndarray, prior: Prior) -> None:
        self.mean, self.prior = mean, prior
        self.factor = np.linalg.cholesky(covariance)  # [N, D, D], lower
        self.inverse = np.linalg.inv(self.factor)

    def sample(self, number: int, generator: np.random.Generator) -> np.ndarray:
        """Draw z [N, S, D]."""
        examples, width = self.mean.shape
        noise = generator.standard_normal((examples, number, width))
        near = self.mean[:, None] + noise @ self.factor.swapaxes(1, 2)
        far = self.prior[0](examples * number, generator).reshape(near.shape)
        return np.where(generator.random((examples, number, 1)) < PRIOR_SHARE, far, near)

    def log_density(self, z: np.ndarray) -> np.ndarray:
        """Return ln q(z|x) [N, S] of z [N, S, D]."""
        standard = (z - self.mean[:, None]) @ self.inverse.swapaxes(1, 2)
        scale = np.log(np.diagonal(self.factor, axis1=1, axis2=2)).sum(1)[:, None]
        near = -0.5 * (np.square(standard) + np.log(2 * np.pi)).sum(-1) - scale
        shares = np.log1p(-PRIOR_SHARE) + near, np.log(PRIOR_SHARE) + self.prior[1](z)
        return np.logaddexp(*shares)


def evidence_bounds(
    likelihood: Likelihood, prior: Prior, true: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a lower and an upper bound on ln p(x) [N] in nats, each in expectation.

    `true` [N, D] is the z that each example was drawn from.
    """
    proposal = _adapted(likelihood, prior, true.shape, generator)
    z = proposal.sample(SAMPLES, generator)
    weights = _log_weights(likelihood, prior, z, proposal.log_density(z))
    known = true[:, None].astype(z.dtype)
    own = _log_weights(likelihood, prior, known, proposal.log_density(known))
    low = logsumexp(weights, axis=1) - np.log(SAMPLES)
    high = logsumexp(np.hstack([weights, own]), axis=1) - np.log(SAMPLES + 1)
    return low, high


def _adapted(
    likelihood: Likelihood, prior: Prior, shape: tuple[int, int], generator: np.random.Generator
) -> Proposal:
    """Return proposals near the posteriors, fitted to weighted samples in stages."""
    examples, width = shape
    z = prior[0](examples * SAMPLES, generator).reshape(examples, SAMPLES, width).astype(float)
    densities = prior[1](z)
    for power, least in STAGES:
        weights = softmax(power * _log_weights(likelihood, prior, z, densities), axis=1)
        proposal = Proposal(*_moments(z, weights, least), prior)
        z = proposal.sample(SAMPLES, generator)
        densities = proposal.log_density(z)
    return proposal


def _log_weights(
    likelihood: Likelihood, prior: Prior, z: np.ndarray, densities: np.ndarray
) -> np.ndarray:
    """Return ln p(x, z) - ln q(z|x) [N, S]."""
    examples, samples, width = z.shape
    rows = np.repeat(np.arange(examples), samples)
    given = likelihood(rows, z.reshape(-1, width)).reshape(examples, samples)
    return given + prior[1](z) - densities


def _moments(z: np.ndarray, weights: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean [N, D] and covariance [N, D, D] of weighted samples, widened."""
    mean = np.einsum("ns,nsd->nd", weights, z)
    centred = z - mean[:, None]
    covariance = np.einsum("ns,nsd,nse->nde", weights, centred, centred)
    return mean, SPREAD * covariance + least**2 * np.eye(z.shape[-1])
