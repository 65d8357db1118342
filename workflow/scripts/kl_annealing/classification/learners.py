"""The classifiers by name: each learns from draws of labelled sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from kl_annealing.classification.features import Features, standardised
from kl_annealing.classification.fine_tuning import fine_tuned
from kl_annealing.classification.logistic import Fitted, logistic_regression
from kl_annealing.classification.optimised import published
from kl_annealing.data import Corpus

SHORTER = 3  # times, in the published unequal budgets: 1,000 epochs of an autoencoder for 3,000


@dataclass(frozen=True)
class Task:
    """What the classifiers of one iterate have in common.

    `reload` gives its model with fresh weights of the iterate, `settings` are those of
    `classification`, `point` says whether the run is an autoencoder.
    """

    corpus: Corpus
    classes: int
    features: Features
    reload: Callable[[], nn.Module]
    settings: Mapping[str, Any]
    point: bool
    device: torch.device

    def learn(self, classifier: str, draws: Sequence[np.ndarray]) -> list[Fitted]:
        """Return what a classifier predicts after each of the draws, equally many rows each."""
        return _LEARNERS[classifier](self, draws)


def _logistic(task: Task, draws: Sequence[np.ndarray]) -> list[Fitted]:
    features, (train, valid) = standardised(task.features), _labels(task)
    return [logistic_regression(features, rows, train[rows], valid) for rows in draws]


def _published(task: Task, draws: Sequence[np.ndarray]) -> list[Fitted]:
    settings = task.settings["published"]
    if settings["budget"] == "published" and task.point:
        settings = settings | _shorter(settings)
    place = settings, task.settings["seed"], task.device
    return published(task.features, draws, *_labels(task), *place)


def _shorter(settings: Mapping[str, Any]) -> dict[str, int]:
    """Return the lengths of training, where they are limited, each divided by `SHORTER`."""
    lengths = {name: settings[name] for name in ("epochs", "maximum_steps")}
    return {name: max(1, most // SHORTER) for name, most in lengths.items() if most is not None}


def _fine_tuned(task: Task, draws: Sequence[np.ndarray]) -> list[Fitted]:
    settings, seed = task.settings["fine_tuned"], task.settings["seed"]
    return [
        fine_tuned(task.reload(), task.corpus, rows, task.classes, settings, seed, task.device)
        for rows in draws[: settings["draws"]]
    ]


def _labels(task: Task) -> tuple[np.ndarray, np.ndarray]:
    return task.corpus.train.labels, task.corpus.valid.labels


_LEARNERS: Mapping[str, Callable[[Task, Sequence[np.ndarray]], list[Fitted]]] = {
    "logistic_regression": _logistic,
    "published": _published,
    "fine_tuned": _fine_tuned,
}
