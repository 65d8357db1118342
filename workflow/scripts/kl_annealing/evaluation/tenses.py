"""What is measured of a model of tenses beside its bounds: conversions, and verbs drawn from z."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import TENSES, TenseSet
from kl_annealing.data.tense.splits import TenseSplit, Verb
from kl_annealing.evaluation.gaussian_score import distinct_tuples, gaussian_score, latent_draws
from kl_annealing.evaluation.likelihood import sentence_noise
from kl_annealing.evaluation.overlap.character_bleu import character_bleu4
from kl_annealing.examples import moved
from kl_annealing.generation.decoding import greedy
from kl_annealing.models.tense_vae import TenseVAE
from kl_annealing.schema import completed
from kl_annealing.training.validation import evaluating

MARGIN = 2  # letters that a decoded word may have beyond the longest one that is trained on
STREAM = 5  # of the draws of z: not that of other noise (0 to 4)

Found = tuple[dict[str, float], dict[str, np.ndarray]]


class Conversions(NamedTuple):
    """Of each conversion the source, the target and what the model says, as words."""

    sources: list[str]
    targets: list[str]
    predictions: list[str]

    @property
    def bleu4(self) -> np.ndarray:
        """BLEU-4 [P] of each prediction."""
        pairs = zip(self.predictions, self.targets, strict=True)
        return np.array([character_bleu4(*pair) for pair in pairs])

    def scores(self) -> dict[str, float]:
        """Return the mean BLEU-4 and the share of predictions that are the target."""
        exact = np.mean(np.array(self.predictions) == np.array(self.targets))
        return {"bleu4": float(self.bleu4.mean()), "exact_conversions": float(exact)}


class Scores:
    """Further columns of each validation: `bleu4`, `exact_conversions`, `gaussian_score`, ...

    The draws of z are others at each step and follow from the seed and the step alone. A training
    knows nothing of a study's `evaluation`: the Gaussian score is the one by default.
    """

    def __init__(self, run: Mapping[str, Any], corpus: TenseSet, device: torch.device) -> None:
        self.seed, self.corpus, self.device = run["seed"], corpus, device
        self.settings = completed({}, "evaluation")["gaussian_score"]

    def __call__(self, model: TenseVAE, step: int) -> dict[str, float]:
        """Return the scores of the model after some steps."""
        generator = np.random.default_rng([self.seed, step, STREAM])
        with evaluating(model):
            converted = conversions(model, self.corpus, self.device)
            drawn = tuples(model, self.corpus, self.settings, generator, self.device)
        return converted.scores() | scores_of(drawn, self.corpus, self.settings)


@torch.no_grad()
def measure(
    model: TenseVAE,
    corpus: TenseSet,
    settings: Mapping[str, Any],
    run: Mapping[str, Any],
    device: torch.device,
    measured: Mapping[str, float],
) -> Found:
    """Return metrics and arrays of the conversions and of verbs drawn, where `test` is measured.

    `test_bleu4` and `test_exact_conversions`, means over the conversions; `test_gaussian_score` as
    `settings` ask for it, `test_distinct_tuples`; of an LSTM `test_kl_hidden` and `test_kl_cell`,
    in nats per word. Arrays `test/conversions/...` (source, target,
    their tenses, prediction, bleu4) and `test/tuples/...` (words [N, 4], exact).
    """
    if "test" not in settings["splits"]:
        return {}, {}
    options = settings["gaussian_score"]
    generator = np.random.default_rng([settings["seed"], STREAM])
    converted = conversions(model, corpus, device)
    drawn = tuples(model, corpus, options, generator, device)
    numbers = converted.scores() | scores_of(drawn, corpus, options)
    numbers |= kl_of_each_state(model, corpus.test, settings["seed"], device)
    metrics = {f"test_{name}": number for name, number in numbers.items()}
    arrays = _conversion_arrays(converted, corpus) | _tuple_arrays(drawn, corpus)
    return metrics, {f"test/{name}": array for name, array in arrays.items()}


def conversions(model: TenseVAE, corpus: TenseSet, device: torch.device) -> Conversions:
    """Encode each source in its own tense; decode the posterior's mean in that of the target."""
    sources, targets = corpus.conversions
    z = model.encode(moved(sources.forms, device)).mu
    predictions = _decoded(model, corpus, z, moved(targets.forms, device).tenses)
    return Conversions(corpus.words(sources.tokens), corpus.words(targets.tokens), predictions)


def kl_of_each_state(
    model: TenseVAE, split: TenseSplit, seed: int, device: torch.device
) -> dict[str, float]:
    """Return the mean KL (nats per word) of each of two latent variables, nothing of one alone."""
    noise = sentence_noise(seed, split.index, 1, model.latent_dim)[0].to(device)
    extras = model.terms(moved(split.forms, device), noise).extras
    return {name: float(kl.double().mean()) for name, kl in extras.items()}


def tuples(
    model: TenseVAE,
    corpus: TenseSet,
    settings: Mapping[str, Any],
    generator: np.random.Generator,
    device: torch.device,
) -> list[Verb]:
    """Draw z and decode each in the four tenses; `settings` are those of `gaussian_score`."""
    draws = settings["draws"]
    z = latent_draws(draws, model.latent_dim, settings["latent"], generator)
    every = torch.from_numpy(z).to(device).repeat_interleave(len(TENSES), dim=0)
    tenses = torch.arange(len(TENSES), device=device).repeat(draws)
    words = _decoded(model, corpus, every, tenses)
    return [tuple(words[row : row + len(TENSES)]) for row in range(0, len(words), len(TENSES))]


def scores_of(drawn: list[Verb], corpus: TenseSet, settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the Gaussian score of tuples and how many different training verbs they are."""
    return {
        "gaussian_score": gaussian_score(drawn, corpus.verbs, settings["duplicates"]),
        "distinct_tuples": distinct_tuples(drawn, corpus.verbs),
    }


def _decoded(model: TenseVAE, corpus: TenseSet, z: Tensor, tenses: Tensor) -> list[str]:
    """Return the likeliest letters, one after the other, for z [N, D] and tenses [N]."""
    length = corpus.longest - 2 + MARGIN  # the longest form, without its two markers
    tokens = greedy(model.decoder, model.codes(tenses, z), length).tokens
    return corpus.words(tokens.cpu().numpy())


def _conversion_arrays(converted: Conversions, corpus: TenseSet) -> dict[str, np.ndarray]:
    names = np.array(list(TENSES.values()))
    before, after = (names[split.tenses] for split in corpus.conversions)
    return {
        "conversions/source": _texts(converted.sources),
        "conversions/source_tense": _texts(before),
        "conversions/target": _texts(converted.targets),
        "conversions/target_tense": _texts(after),
        "conversions/prediction": _texts(converted.predictions),
        "conversions/bleu4": converted.bleu4,
    }


def _tuple_arrays(drawn: list[Verb], corpus: TenseSet) -> dict[str, np.ndarray]:
    known = set(corpus.verbs)
    return {
        "tuples/words": _texts(drawn),
        "tuples/exact": np.array([each in known for each in drawn]),
    }


def _texts(texts: Any) -> np.ndarray:
    return np.array(texts, dtype=h5py.string_dtype())
