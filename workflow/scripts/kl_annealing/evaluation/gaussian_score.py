"""The Gaussian score: how much of what a model of tenses draws are verbs that it was trained on."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from kl_annealing.data.tense.splits import Verb


def gaussian_score(drawn: Sequence[Verb], verbs: Sequence[Verb], duplicates: str = "once") -> float:
    """Return the share of drawn tuples of four words that are a verb of the training set.

    Of a verb that is in `verbs` twice a tuple counts `once`, or is `counted` twice, as published.
    """
    known = Counter(verbs)
    hits = [known[each] if duplicates == "counted" else min(known[each], 1) for each in drawn]
    return sum(hits) / len(drawn)


def distinct_tuples(drawn: Sequence[Verb], verbs: Sequence[Verb]) -> float:
    """Return how many different training verbs are among the drawn tuples, as a share of these.

    A decoder that ignores z may draw the same verb each time: its Gaussian score is then 1.
    """
    return len(set(drawn) & set(verbs)) / len(drawn)


def latent_draws(
    draws: int, latent_dim: int, latent: str, generator: np.random.Generator
) -> np.ndarray:
    """Return z [draws, latent_dim], float32: from the prior N(0, I), or as published.

    The published program draws mean and log variance from N(0, I), then z from those: a variance
    of 1 + exp(1/2), 2.65.
    """
    shape = draws, latent_dim
    noise = generator.standard_normal(shape, np.float32)
    if latent == "prior":
        return noise
    mu, logvar = (generator.standard_normal(shape, np.float32) for _ in range(2))
    return mu + np.exp(0.5 * logvar) * noise
