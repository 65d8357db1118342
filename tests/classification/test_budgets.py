"""The published classifier's budget, of which an autoencoder may have a third."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kl_annealing.classification.features import Features
from kl_annealing.classification.learners import Task
from kl_annealing.classification.optimised import published

SENTENCES = 60
DRAWS = [np.arange(40)]  # ten batches an epoch


def learnt(limits, point):
    """Return what the published classifier predicts of the test sentences."""
    generator = np.random.default_rng(0)
    features = Features(*(generator.standard_normal((SENTENCES, 3)) for _ in range(3)))
    split = SimpleNamespace(labels=(features.train[:, 0] > 0).astype(int))
    corpus = SimpleNamespace(train=split, valid=split)
    settings = {"learning_rate": 0.02, "batch_size": 4, "maximum_steps": None, **limits}
    block = {"published": settings, "seed": 5}
    task = Task(corpus, 2, features, None, block, point, torch.device("cpu"))
    (fitted,) = task.learn("published", DRAWS)
    place = settings, 5, torch.device("cpu")
    (alone,) = published(features, DRAWS, split.labels, split.labels, *place)
    return fitted.test, alone.test


@pytest.mark.parametrize(
    ("limits", "third"),
    [
        ({"epochs": 9}, {"epochs": 3}),
        ({"epochs": 90, "maximum_steps": 60}, {"epochs": 90, "maximum_steps": 20}),
        ({"epochs": 2}, {"epochs": 1}),
    ],
    ids=["epochs", "the most updates", "at least one epoch"],
)
def test_an_autoencoder_has_a_third_of_an_unequal_budget(limits, third):
    unequal, _ = learnt({**limits, "budget": "published"}, point=True)
    _, expected = learnt({**third, "budget": "published"}, point=True)
    np.testing.assert_array_equal(unequal, expected)


@pytest.mark.parametrize(("budget", "point"), [("published", False), ("equal", True)])
def test_all_others_have_the_whole_budget(budget, point):
    found, whole = learnt({"epochs": 9, "budget": budget}, point)
    np.testing.assert_array_equal(found, whole)
