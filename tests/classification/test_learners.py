"""The classifiers against scikit-learn, torch's own optimiser, and separable data."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional

from kl_annealing.classification.features import Features, standardised
from kl_annealing.classification.learners import Task
from kl_annealing.classification.logistic import STRENGTHS, logistic_regression
from kl_annealing.classification.optimised import published

SETTINGS = {"epochs": 12, "maximum_steps": None, "learning_rate": 0.02, "batch_size": 4}
CPU = torch.device("cpu")


def data(classes=2, sentences=60, width=3):
    generator = np.random.default_rng(0)
    labels = [generator.integers(0, classes, sentences) for _ in range(3)]
    centres = 2 * generator.standard_normal((classes, width))
    parts = [centres[each] + generator.standard_normal((sentences, width)) for each in labels]
    return Features(*parts), labels


def reference(features, rows, labels, valid_labels, settings, orders):
    """Train one classifier by autograd and a plain loop; the first class has the logit 0."""
    classes = labels.max() + 1
    head = torch.nn.Linear(features.train.shape[1], classes - 1)
    torch.nn.init.zeros_(head.weight), torch.nn.init.zeros_(head.bias)
    optimiser = torch.optim.Adam(head.parameters(), settings["learning_rate"])
    x, valid = (torch.from_numpy(part).float() for part in (features.train, features.valid))
    y, truth, best = torch.from_numpy(labels), torch.from_numpy(valid_labels), (-1.0, None, None)
    batches = -(-len(rows) // settings["batch_size"])
    for epoch, order in enumerate(orders):
        for number, batch in enumerate(torch.from_numpy(rows)[order].split(settings["batch_size"])):
            for group in optimiser.param_groups:
                passed = epoch + number / batches  # epochs
                group["lr"] = settings["learning_rate"] * 0.99 ** (passed / 100)
            loss = functional.cross_entropy(functional.pad(head(x[batch]), (1, 0)), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            found = functional.pad(head(valid), (1, 0)).softmax(-1)
        accuracy = (found.argmax(-1) == truth).float().mean().item()
        if accuracy > best[0]:
            best = accuracy, found.numpy(), epoch + 1
    return best


@pytest.mark.parametrize("classes", [2, 3])
def test_all_draws_at_once_are_each_trained_as_alone(classes):
    features, (labels, valid_labels, _) = data(classes)
    draws = [np.random.default_rng(number).permutation(60)[:30] for number in range(3)]
    found = published(features, draws, labels, valid_labels, SETTINGS, 5, CPU)
    generator = torch.Generator().manual_seed(5)
    orders = [torch.rand(3, 30, generator=generator).argsort(1) for _ in range(SETTINGS["epochs"])]
    for number, fitted in enumerate(found):
        own = [order[number] for order in orders]
        _, expected, epoch = reference(features, draws[number], labels, valid_labels, SETTINGS, own)
        assert fitted.chosen == epoch
        np.testing.assert_allclose(fitted.valid, expected, atol=2e-5)


def test_the_learning_rate_decays_over_each_hundred_epochs():
    features, (labels, valid_labels, _) = data(sentences=8)
    settings = {**SETTINGS, "epochs": 205, "batch_size": 8}
    (fitted,) = published(features, [np.arange(8)], labels, valid_labels, settings, 0, CPU)
    orders = [torch.arange(8)] * 205  # of one batch the order is only rounding
    rows = np.arange(8)
    _, expected, epoch = reference(features, rows, labels, valid_labels, settings, orders)
    assert fitted.chosen == epoch
    np.testing.assert_allclose(fitted.valid, expected, atol=1e-4)


def test_the_most_steps_end_the_training():
    features, (labels, valid_labels, _) = data()
    draws = [np.arange(40)]
    limits = ({"epochs": 2}, {"epochs": 9, "maximum_steps": 20})  # ten batches an epoch
    found = [
        published(features, draws, labels, valid_labels, SETTINGS | limit, 0, CPU)[0]
        for limit in limits
    ]
    np.testing.assert_array_equal(found[0].test, found[1].test)


def test_the_penalty_is_the_one_that_validation_likes_best():
    from sklearn.linear_model import LogisticRegression

    features, (labels, valid_labels, _) = data()
    rows = np.arange(20)
    fitted = logistic_regression(features, rows, labels[rows], valid_labels)
    losses = {}
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=1000)
        model.fit(features.train[rows], labels[rows])
        chances = model.predict_proba(features.valid)[np.arange(60), valid_labels]
        losses[strength] = -np.log(chances).mean()
    assert fitted.chosen == min(losses, key=losses.get)
    assert (fitted.test.argmax(1) == data()[1][2]).mean() > 0.8


def test_features_are_standardised_by_training_and_constants_vanish():
    features, _ = data()
    moved = Features(*(np.c_[3 + 5 * part, np.full(len(part), 7.0)] for part in features))
    found = standardised(moved)
    np.testing.assert_allclose(found.train.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(found.train.std(0), [1, 1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found.test[:, :3], standardised(features).test)
    assert not found.valid[:, 3].any()


def test_logistic_regression_is_the_same_in_every_unit():
    features, (labels, valid_labels, _) = data()
    moved = Features(*(part * [1, 100, 0.01] + 5 for part in features))
    splits = (SimpleNamespace(labels=each) for each in (labels, valid_labels))
    corpus = SimpleNamespace(**dict(zip(("train", "valid"), splits, strict=True)))
    expected, found = (
        Task(corpus, 2, each, None, {}, False, CPU).learn("logistic_regression", [np.arange(20)])[0]
        for each in (features, moved)
    )
    assert found.chosen == expected.chosen
    np.testing.assert_allclose(found.test, expected.test, atol=1e-6)
