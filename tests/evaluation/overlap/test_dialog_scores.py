"""The join: matching, averages over contexts, names."""

import numpy as np
import pytest

from kl_annealing.errors import InputError
from kl_annealing.evaluation.overlap.bleu import bleu
from kl_annealing.evaluation.overlap.counts import pair_counts
from kl_annealing.evaluation.overlap.dialog_scores import context_scores, dialog_scores
from kl_annealing.evaluation.overlap.embeddings import WordVectors
from kl_annealing.evaluation.overlap.matching import f1, matching
from kl_annealing.reporting.quantities import QUANTITIES

WORDS = WordVectors({number: number for number in range(20)}, np.eye(20))
SAMPLES = [[[1, 2, 3], [4, 5]], [[6], [7, 8, 9, 10, 11]]]
REFERENCES = [[[1, 2, 3]], [[7, 8, 9, 10, 12], [6], [13]]]


def test_precision_asks_each_hypothesis_and_recall_each_reference():
    scores = np.array([[0.9, 0.1, 0.3], [0.2, 0.1, 0.4]])  # 2 hypotheses, 3 references
    found = matching(scores)
    assert found.precision == pytest.approx((0.9 + 0.4) / 2)
    assert found.recall == pytest.approx((0.9 + 0.1 + 0.4) / 3)


def test_f1_is_the_harmonic_mean_and_0_of_zeros():
    assert f1(0.5, 0.25) == pytest.approx(1 / 3)
    assert f1(0.0, 0.0) == 0


def test_scores_are_averages_over_contexts_and_f1_is_of_the_averages():
    found = dialog_scores(SAMPLES, REFERENCES, WORDS)
    pairs = [bleu(pair_counts(*pair))[..., 3] for pair in zip(SAMPLES, REFERENCES, strict=True)]
    precision = np.mean([scores.max(1).mean() for scores in pairs])
    recall = np.mean([scores.max(0).mean() for scores in pairs])
    assert found["bleu4_precision"] == pytest.approx(precision)
    assert found["bleu4_recall"] == pytest.approx(recall)
    assert found["bleu4_f1"] == pytest.approx(2 * precision * recall / (precision + recall))
    # context 1: (1 + 0) / 2; context 2: [6] has its copy, the other 4 of 5 words both ways
    assert found["greedy_precision"] == pytest.approx((0.5 + (1 + 0.8) / 2) / 2)
    assert found["distinct1"] == 1
    assert found["n_contexts"] == 2


def test_corpus_bleu_is_of_all_references_of_a_context():
    found = dialog_scores([[[1, 2, 3, 4]]], [[[5], [1, 2, 3, 4]]], WORDS)
    assert found["corpus_bleu4"] == pytest.approx(1)


def test_distinct_over_the_corpus_and_within_contexts():
    found = dialog_scores([[[1], [1]], [[1], [2]]], [[[1]], [[1]]], WORDS)
    assert found["distinct1"] == 2 / 4
    assert found["distinct1_intra"] == (1 / 2 + 1) / 2
    assert found["self_bleu4"] == (1 + 0) / 2


def test_contexts_that_have_no_score_are_left_out_of_its_average():
    by_context = context_scores([[[1]], [[2], [3]]], [[[99]], [[2]]], WORDS)
    assert np.isnan(by_context["greedy_recall"]).tolist() == [True, False]
    assert np.isnan(by_context["self_bleu4"]).tolist() == [True, False]
    found = dialog_scores([[[1]], [[2], [3]]], [[[99]], [[2]]], WORDS)
    assert found["greedy_recall"] == pytest.approx(1)
    assert "self_bleu4" not in dialog_scores([[[1]]], [[[1]]], WORDS)


def test_every_score_is_finite_and_has_a_title():
    found = dialog_scores(SAMPLES, REFERENCES, WORDS)
    assert len(found) == 3 * (4 + 4 + 3) + 1 + 4 + 1 + 1
    assert all(np.isfinite(value) for value in found.values())
    assert set(found) - {"n_contexts"} <= set(QUANTITIES)


@pytest.mark.parametrize(
    ("samples", "references", "message"),
    [
        ([], [], "no contexts"),
        ([[[1]], []], [[[1]], [[1]]], "context 1 has no samples"),
        ([[[1]]], [[]], "context 0 has no references"),
        ([[[1]]], [[[99]]], "no reference has a word with a vector"),
    ],
)
def test_what_cannot_be_scored_is_refused(samples, references, message):
    with pytest.raises(InputError, match=message):
        dialog_scores(samples, references, WORDS)
