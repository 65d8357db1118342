"""Means over batches, which are not means over responses."""

import numpy as np
import pytest

from kl_annealing.evaluation.published_batches import mean_of_batches


def test_each_batch_counts_once_however_large_it_is():
    rec, kl = np.array([12.0, 5.0]), np.array([6.0, 1.0])
    found = mean_of_batches(rec, kl, np.array([3, 1]), np.array([6, 10]))
    assert found["rec"] == pytest.approx((12 / 3 + 5 / 1) / 2)
    assert found["kl"] == pytest.approx((6 / 3 + 1 / 1) / 2)
    assert found["nll"] == pytest.approx(4.5 + 1.5)
    assert found["rec_ppl"] == pytest.approx((np.exp(12 / 6) + np.exp(5 / 10)) / 2)


def test_one_batch_has_the_perplexity_of_its_words():
    found = mean_of_batches(*(np.array([number]) for number in (8 * np.log(7.0), 0.0, 4, 8)))
    assert found["rec_ppl"] == pytest.approx(7)
    assert found["nll"] == found["rec"] == pytest.approx(2 * np.log(7))


def test_the_mean_of_perplexities_is_above_the_perplexity_of_the_mean():
    rec, targets = np.array([10.0, 30.0]), np.array([10, 10])
    found = mean_of_batches(rec, np.zeros(2), np.array([2, 2]), targets)
    assert found["rec_ppl"] > np.exp(rec.sum() / targets.sum())
