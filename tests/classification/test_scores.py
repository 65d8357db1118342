"""Scores of predictions against hand computations and closed forms."""

import math

import numpy as np
import pytest

from kl_annealing.classification.scores import BINS, reliability, scores


def test_scores_of_four_predictions_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]])
    found = scores(probabilities, np.array([0, 1, 0, 1]))
    assert found["accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx(0.5)  # of each class: one hit, one miss, one wrong
    nll = -(math.log(0.9) + math.log(0.6) + math.log(0.3) + math.log(0.2)) / 4
    assert found["label_nll"] == pytest.approx(nll)
    assert found["brier"] == pytest.approx(2 * (0.01 + 0.16 + 0.49 + 0.64) / 4)
    # each in a bin of its own: hits 1, 1, 0, 0 at confidences 0.9, 0.6, 0.7, 0.8
    assert found["calibration_error"] == pytest.approx((0.1 + 0.4 + 0.7 + 0.8) / 4)


def test_f1_counts_a_class_that_is_never_predicted():
    probabilities = np.tile([0.7, 0.2, 0.1], (10, 1))
    found = scores(probabilities, np.array([0] * 6 + [1] * 3 + [2]))
    assert found["macro_f1"] == pytest.approx((2 * 0.6 / 1.6) / 3)


def test_true_probabilities_are_calibrated():
    generator = np.random.default_rng(0)
    p = generator.uniform(size=40_000)
    labels = (generator.uniform(size=p.size) < p).astype(int)
    found = scores(np.stack([1 - p, p], 1), labels)
    assert found["calibration_error"] < 0.01
    assert found["accuracy"] == pytest.approx(0.75, abs=0.01)  # E max(p, 1 - p)
    assert found["brier"] == pytest.approx(1 / 3, abs=0.01)  # 2 E p (1 - p)
    assert found["label_nll"] == pytest.approx(0.5, abs=0.01)  # the mean of a binary entropy


def test_bins_hold_their_upper_edge_and_every_prediction():
    confidence = np.array([0.5, 8 / 15, 0.99, 1.0])
    bins = reliability(np.stack([confidence, 1 - confidence], 1), np.array([0, 1, 0, 0]))
    assert bins["count"].sum() == 4 and len(bins["count"]) == BINS
    assert bins["count"][7] == 2 and bins["count"][14] == 2
    assert bins["hits"].tolist()[7] == 1 and bins["hits"][14] == 2
    assert bins["confidence"][14] == pytest.approx(1.99)


def test_a_certain_mistake_has_a_finite_likelihood():
    assert math.isfinite(scores(np.array([[1.0, 0.0]]), np.array([1]))["label_nll"])
