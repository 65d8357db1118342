"""How far clusters of the latents, found without labels, are the classes (Li et al. 2019)."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from kl_annealing.classification.features import Features

TOLERANCE, ITERATIONS = 1e-3, 200  # as published
NO_CLASS = -1


def cluster_accuracies(
    features: Features,
    valid_labels: np.ndarray,
    test_labels: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
) -> dict[str, float]:
    """Return the test accuracy of clusters taken for classes, in three ways.

    Mixtures of Gaussians are fitted to the training means, and `settings` is the block
    `classification.clustering`. Validation says which class a cluster is: `cluster_accuracy` by the
    one-to-one assignment with most hits (`one_to_one`), `cluster_accuracy_nearest` by the sentence
    most surely in it (`nearest_labels`). As published both have `components` clusters, however few
    the classes are; `cluster_accuracy_classes` is one-to-one with as many clusters as classes.
    """
    classes = len(np.unique(valid_labels))
    valid, test = _posteriors(features, settings, seed)
    ways = {
        "cluster_accuracy": one_to_one(valid.argmax(1), valid_labels, valid.shape[1]),
        "cluster_accuracy_nearest": nearest_labels(valid, valid_labels),
    }
    found = {name: _accuracy(taken, test, test_labels) for name, taken in ways.items()}
    valid, test = _posteriors(features, {**settings, "components": classes}, seed)
    taken = one_to_one(valid.argmax(1), valid_labels, valid.shape[1])
    return found | {"cluster_accuracy_classes": _accuracy(taken, test, test_labels)}


def _posteriors(
    features: Features, settings: Mapping[str, Any], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return p(cluster | item) [N, C] on validation and test."""
    mixture = _mixture(features.train, settings, seed)
    return mixture.predict_proba(features.valid), mixture.predict_proba(features.test)


def _accuracy(taken: np.ndarray, posteriors: np.ndarray, labels: np.ndarray) -> float:
    return float((taken[posteriors.argmax(1)] == labels).mean())


def one_to_one(clusters: np.ndarray, labels: np.ndarray, components: int) -> np.ndarray:
    """Return the class of each cluster [C], each class given to one cluster at most.

    The assignment has the most hits of all (Kuhn 1955); clusters beyond it are of no class, -1, and
    so never right.
    """
    hits = np.zeros((components, int(labels.max()) + 1), dtype=np.int64)
    np.add.at(hits, (clusters, labels), 1)
    taken = np.full(components, NO_CLASS)
    rows, classes = linear_sum_assignment(hits, maximize=True)
    taken[rows] = classes
    return taken


def nearest_labels(posteriors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the class of each cluster [C]: that of the item with the highest p(cluster | item).

    `posteriors` [N, C].
    """
    return labels[posteriors.argmax(0)]


def _mixture(means: np.ndarray, settings: Mapping[str, Any], seed: int) -> GaussianMixture:
    """Fit the mixture; of posteriors that are all one point it is that point."""
    if settings["sentences"] is not None:
        order = np.random.default_rng(seed).permutation(len(means))
        means = means[order[: settings["sentences"]]]
    mixture = GaussianMixture(
        min(settings["components"], len(means)),
        covariance_type=settings["covariance"],
        tol=TOLERANCE,
        max_iter=ITERATIONS,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is said by what is measured
        return mixture.fit(means)
