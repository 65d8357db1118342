"""Averages as the published dialog code takes them (Fu et al. 2019)."""

import numpy as np


def mean_of_batches(
    rec: np.ndarray, kl: np.ndarray, examples: np.ndarray, targets: np.ndarray
) -> dict[str, float]:
    """Return rec, kl, nll and rec_ppl as means over batches of each batch's mean.

    `rec` and `kl` [M] are a batch's sums in nats over its `examples` [M], which predict `targets`
    [M] words. rec, kl and nll = rec + kl are nats a response; rec_ppl is the mean of the batches'
    exp(rec / targets): that of the reconstruction alone, which the publication calls Rec-P.
    """
    rec_mean, kl_mean = float((rec / examples).mean()), float((kl / examples).mean())
    return {
        "rec": rec_mean,
        "kl": kl_mean,
        "nll": rec_mean + kl_mean,
        "rec_ppl": float(np.exp(rec / targets).mean()),
    }
