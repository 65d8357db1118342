"""Clusters taken for classes, by hand and on clouds that lie apart."""

import itertools

import numpy as np
import pytest

from kl_annealing.classification.clustering import cluster_accuracies, nearest_labels, one_to_one
from kl_annealing.classification.features import Features

SETTINGS = {"components": 2, "covariance": "full", "sentences": None}


def test_one_to_one_is_the_best_of_all_assignments():
    generator = np.random.default_rng(0)
    clusters, labels = generator.integers(0, 4, 200), generator.integers(0, 3, 200)
    taken = one_to_one(clusters, labels, 4)
    hits = (taken[clusters] == labels).sum()
    every = itertools.permutations([0, 1, 2, -1])
    assert hits == max((np.array(way)[clusters] == labels).sum() for way in every)
    assert sorted(taken) == [-1, 0, 1, 2]


def test_the_surest_item_names_its_cluster():
    posteriors = np.array([[0.9, 0.1, 0.0], [0.95, 0.05, 0.0], [0.1, 0.2, 0.7]])
    assert nearest_labels(posteriors, np.array([1, 0, 1])).tolist() == [0, 1, 1]


def clouds(sentences=300, apart=10.0, classes=2):
    generator = np.random.default_rng(1)
    labels = [generator.integers(0, classes, sentences) for _ in range(3)]
    parts = [
        apart * each[:, None] * np.ones(2) + generator.standard_normal((sentences, 2))
        for each in labels
    ]
    return Features(*parts), labels


def test_clouds_that_lie_apart_are_the_classes():
    features, (_, valid, test) = clouds()
    found = cluster_accuracies(features, valid, test, SETTINGS, 0)
    names = ("cluster_accuracy", "cluster_accuracy_nearest", "cluster_accuracy_classes")
    assert found == dict.fromkeys(names, 1.0)


def test_more_clusters_than_classes_leave_some_without_one():
    features, (_, valid, test) = clouds()
    found = cluster_accuracies(features, valid, test, SETTINGS | {"components": 6}, 0)
    assert found["cluster_accuracy"] < 0.8 and found["cluster_accuracy_nearest"] == 1.0
    assert found["cluster_accuracy_classes"] == 1.0


def test_three_classes_have_three_clusters():
    features, (_, valid, test) = clouds(classes=3)
    found = cluster_accuracies(features, valid, test, SETTINGS, 0)
    assert found["cluster_accuracy"] < 0.8  # of two components
    assert found["cluster_accuracy_classes"] == 1.0


@pytest.mark.parametrize("covariance", ["full", "diag"])
def test_a_collapsed_posterior_is_one_cluster(covariance):
    _, (_, valid, test) = clouds()
    features = Features(*(np.zeros((300, 2)) for _ in range(3)))
    settings = SETTINGS | {"components": 10, "covariance": covariance, "sentences": 50}
    found = cluster_accuracies(features, valid, test, settings, 0)
    assert all(0.4 < accuracy < 0.6 for accuracy in found.values())
