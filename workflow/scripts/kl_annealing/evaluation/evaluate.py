"""Everything that is measured of one iterate of one model."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from kl_annealing.data import AnyCorpus, AnySplit, Batch
from kl_annealing.errors import InputError
from kl_annealing.evaluation.likelihood import bounds, sentence_noise
from kl_annealing.examples import Examples, moved
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.information import active_units, mi_aggregate, mi_batch, neighbour_purity
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.objectives import perplexity

_REPORT_SECONDS = 30
# Draws from the posteriors of a split, in all: one a sentence, as published, is too few of ten.
CODES = 1000
PER_SENTENCE = ("rec", "kl", "iw_nll", "iw_rec_error")  # nats
NEIGHBOURS = 10  # of code_purity


def evaluate(
    model: SentenceModel,
    corpus: AnyCorpus,
    settings: Mapping[str, Any],
    seed: int = 0,
    device: torch.device | str = "cpu",
    progress: Callable[[str], None] = print,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Measure a model on the splits of `settings`; return metrics and per-sentence arrays.

    What is said of sentences holds for images, which have no tokens and so none of ppl, iw_ppl and
    n_targets. Metrics `<split>_<name>`, in nats per sentence: rec, kl, elbo = -(rec + kl), nll =
    rec + kl and its perplexity ppl, rec averaged over `posterior_samples`; iw_nll and iw_ppl from
    the importance-weighted bound of `importance_samples`; where that is not of float32 and all
    words, iw_rec_error, the error of the mean rec behind it; active_units; of Gaussian posteriors
    mi_batch and mi_aggregate, and of a split of few sentences code_purity; n_examples and n_targets
    (words and end markers); where the corpus has a floor, floor_nll, nll_above_floor and
    iw_nll_above_floor. Of a conditional model information, units and purity are those of z relative
    to its prior (`DiagonalGaussian.relative_to`). Arrays `<split>/<name>`, one row a sentence:
    index (line of the source), n_targets, rec, kl, iw_nll, iw_rec_error where that is measured, mu,
    logvar and, of a conditional model, prior_mu, prior_logvar. An autoencoder has no KL, no bound
    and no logvar: of it there are rec, active_units, the counts, and mu. All but mi_batch are
    independent of `batch_size` up to float rounding. Raises InputError when a number is not finite.
    """
    model = model.to(device).eval()
    metrics, arrays = {}, {}
    for name in settings["splits"]:
        split = getattr(corpus, name)
        found = _sentences(model, split, settings, seed, device, _Pace(name, progress))
        batches, gaussian = split.batches(settings["batch_size"]), _gaussian(model, split, device)
        numbers = summarise(found, batches, settings, seed, gaussian)
        if not getattr(model, "given_acts", False):  # the floor is not given them
            numbers |= _floor(numbers, corpus.attributes, name)
        metrics |= {f"{name}_{key}": value for key, value in numbers.items()}
        arrays |= {f"{name}/{key}": value for key, value in found.items()}
    _refuse_non_finite(metrics)
    return metrics, arrays


def summarise(
    found: Mapping[str, np.ndarray],
    batches: list[Batch],
    settings: Mapping[str, Any],
    seed: int = 0,
    gaussian: bool = True,
) -> dict[str, float]:
    """Return the metrics of one split from its arrays, rows in the order of `batches`.

    `gaussian` says whether the posteriors are the Gaussians of mu and logvar.
    """
    has_bounds = "kl" in found
    latent = _latent(found) if has_bounds else DiagonalGaussian(torch.from_numpy(found["mu"]), None)
    return {
        "rec": float(found["rec"].mean()),
        **(_bounds(found) if has_bounds else {}),
        **(_information(latent, found["index"], batches, seed) if gaussian else {}),
        "active_units": active_units(latent.mu.numpy(), settings["active_unit_threshold"]),
        **_perplexities(found),
        "n_examples": len(found["rec"]),
    }


def _bounds(found: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return KL and bounds on the likelihood, and what is known of the error of iw_nll."""
    means = {key: float(found[key].mean()) for key in PER_SENTENCE if key in found}
    nll = means.pop("rec") + means["kl"]
    return {**means, "elbo": -nll, "nll": nll}


def _perplexities(found: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return what is told per predicted token, and how many there are, where there are tokens."""
    if "n_targets" not in found:
        return {}
    targets = int(found["n_targets"].sum())
    if "kl" not in found:
        return {"n_targets": targets}
    return {
        "ppl": perplexity((found["rec"] + found["kl"]).sum(), targets),
        "iw_ppl": perplexity(found["iw_nll"].sum(), targets),
        "n_targets": targets,
    }


@torch.no_grad()
def _gaussian(model: SentenceModel, split: AnySplit, device: torch.device | str) -> bool:
    """Return whether the model's posteriors are Gaussians, as its first sentence shows."""
    first = moved(split.examples(split.batches(1)[0]), device)
    return isinstance(model.encode(model.conditioned(first)), DiagonalGaussian)


def _latent(found: Mapping[str, np.ndarray]) -> DiagonalGaussian:
    """Return the posteriors [N, D], relative to the prior of each where it has its own."""
    posterior = DiagonalGaussian(*(torch.from_numpy(found[key]) for key in ("mu", "logvar")))
    if "prior_mu" not in found:
        return posterior
    prior = (torch.from_numpy(found[key]) for key in ("prior_mu", "prior_logvar"))
    return posterior.relative_to(DiagonalGaussian(*prior))


def _information(
    latent: DiagonalGaussian, index: np.ndarray, batches: list[Batch], seed: int
) -> dict[str, float]:
    """Return what draws from Gaussian posteriors tell: mutual information and purity."""
    codes = _codes(latent, index, seed)
    drawn = *(part.numpy() for part in latent), codes
    return {
        "mi_batch": mi_batch(*drawn, [batch.size for batch in batches]),
        "mi_aggregate": mi_aggregate(*drawn),
        **_code_purity(codes),
    }


def _sentences(
    model: SentenceModel,
    split: AnySplit,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device | str,
    pace: "_Pace",
) -> dict[str, np.ndarray]:
    """Return the per-sentence arrays of one split, rows in its own order."""
    parts = []
    for batch in split.batches(_rows(model, settings)):
        tokens = moved(split.examples(batch), device)
        noise = _noise(model, split.index[batch.rows], settings, seed).to(device)
        parts.append(_batch(model, tokens, noise, settings))
        pace.advance(batch.size, split.n_examples)
    found = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    counts = {"n_targets": split.targets} if split.n_targets else {}
    return {"index": split.index, **counts, **found}


def _rows(model: SentenceModel, settings: Mapping[str, Any]) -> int:
    """Return how many sentences are measured at once: posteriors that depend on it say how many."""
    return getattr(model, "batch_size", settings["batch_size"])


def _noise(
    model: SentenceModel, lines: np.ndarray, settings: Mapping[str, Any], seed: int
) -> torch.Tensor:
    """Return noise for the larger number of samples; a language model needs none, so one."""
    samples = max(settings["posterior_samples"], settings["importance_samples"])
    return sentence_noise(seed, lines, samples if model.latent_dim else 1, model.latent_dim)


@torch.no_grad()
def _batch(
    model: SentenceModel, tokens: Examples, noise: torch.Tensor, settings: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Return `PER_SENTENCE` [B] (float64) and mu, logvar [B, D]; noise [max(S, K), B, D]."""
    counts = (settings["posterior_samples"], settings["importance_samples"])
    terms = bounds(model, tokens, noise, *counts, settings["precision"], settings["words"])
    wide = {key: terms[key].double() for key in PER_SENTENCE if key in terms}
    return {key: value.cpu().numpy() for key, value in (terms | wide).items()}


def _codes(posterior: DiagonalGaussian, index: np.ndarray, seed: int) -> np.ndarray:
    """Return draws from each sentence's posterior [S, N, D]: about `CODES` in all, at least one."""
    number, latent_dim = posterior.mu.shape
    noise = sentence_noise(seed, index, max(1, CODES // number), latent_dim)
    return posterior.draw(noise).z.numpy()


def _code_purity(codes: np.ndarray) -> dict[str, float]:
    """Return the purity of codes [S, N, D], where each sentence has enough of them."""
    draws, sentences, latent_dim = codes.shape
    if draws <= NEIGHBOURS or not latent_dim:
        return {}
    label = torch.arange(sentences).repeat(draws)
    z = torch.from_numpy(codes).flatten(0, 1)
    return {"code_purity": neighbour_purity(z, label, NEIGHBOURS)}


def _floor(
    numbers: Mapping[str, float], attributes: Mapping[str, Any], split: str
) -> dict[str, float]:
    """Return the true model's nll of the split, or its entropy, and the bounds' distance to it."""
    floor = attributes.get(f"floor_nll_{split}", attributes.get("floor_nll"))
    if floor is None or "nll" not in numbers:
        return {}
    above = {f"{key}_above_floor": numbers[key] - floor for key in ("nll", "iw_nll")}
    return {"floor_nll": float(floor), **above}


def _refuse_non_finite(metrics: Mapping[str, float]) -> None:
    wrong = [f"{name} = {value}" for name, value in metrics.items() if not math.isfinite(value)]
    if wrong:
        raise InputError(
            f"the model's numbers are not finite ({', '.join(wrong)}): the training diverged; "
            "lower training.learning_rate or training.gradient_clip and train again"
        )


class _Pace:
    """Tells now and then how many sentences are done, and how fast."""

    def __init__(self, split: str, progress: Callable[[str], None]):
        self.split, self.progress, self.done = split, progress, 0
        self.started = self.reported = time.monotonic()

    def advance(self, sentences: int, of: int) -> None:
        """Count sentences; report every half minute and at the end."""
        self.done += sentences
        now = time.monotonic()
        if self.done == of or now - self.reported > _REPORT_SECONDS:
            self.reported = now
            speed = self.done / max(now - self.started, 1e-9)
            self.progress(f"{self.split}: {self.done}/{of} sentences, {speed:.1f} a second")
