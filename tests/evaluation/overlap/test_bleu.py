"""BLEU of sentences against NLTK's and sacrebleu's own, and the published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from sacrebleu.metrics import BLEU

from kl_annealing.evaluation.overlap.bleu import bleu, published_bleu
from kl_annealing.evaluation.overlap.counts import counts, pair_counts

ORDERS = range(1, 5)
# few words, so that hypotheses and references share n-grams of every order
sentences = st.lists(st.integers(0, 3), max_size=8)
references = st.lists(sentences, min_size=1, max_size=3)


def of_pair(score, hypothesis, reference):
    return score(pair_counts([hypothesis], [reference]))[0, 0]


def by_nltk(given_references, hypothesis, method, weights):
    return sentence_bleu(
        given_references, hypothesis, weights, getattr(SmoothingFunction(), method)
    )


@given(sentences, references)
def test_bleu_is_nltk_with_method_3_up_to_the_orders_that_the_hypothesis_has(hypothesis, given_):
    found = bleu(counts([hypothesis], [given_]))[0]
    for order in ORDERS:
        exist = max(1, min(order, len(hypothesis)))
        weights = (1 / exist,) * exist
        expected = by_nltk(given_, hypothesis, "method3", weights)
        assert found[order - 1] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@given(sentences.filter(len), references)
def test_bleu_is_the_sentence_score_of_sacrebleu(hypothesis, given_):
    found = bleu(counts([hypothesis], [given_]))[0]
    lines = [" ".join(map(str, sentence)) for sentence in (hypothesis, *given_)]
    for order in ORDERS:
        metric = BLEU(tokenize="none", effective_order=True, max_ngram_order=order)
        score = metric.sentence_score(lines[0], lines[1:]).score / 100
        assert found[order - 1] == pytest.approx(score, rel=1e-9, abs=1e-12)


@given(sentences, references)
def test_bleu_is_between_0_and_1_and_exactly_1_of_the_sentence_itself(hypothesis, given_):
    found = bleu(counts([hypothesis], [given_]))
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    itself = of_pair(bleu, hypothesis, hypothesis)
    assert itself == pytest.approx([1.0 if hypothesis else 0.0] * 4)


def test_bleu_of_a_hypothesis_without_common_words_or_without_words_is_0():
    for hypothesis in (["a", "b", "c", "d", "e"], []):
        for score in (bleu, published_bleu):
            assert not of_pair(score, hypothesis, ["v", "w", "x", "y", "z"]).any()


def test_bleu_by_hand_of_letters():
    # abcab against abab: 4 of 5 letters; ab twice, of bigrams ab bc ca ab; nothing longer in
    # common: abc bca cab count 1/2 of 3, abca bcab 1/4 of 2; not shorter
    expected = [4 / 5, 4 / 5 * 2 / 4, 4 / 5 * 2 / 4 / 6, 4 / 5 * 2 / 4 / 6 / 8]
    found = of_pair(bleu, list("abcab"), list("abab"))
    assert found == pytest.approx([p ** (1 / n) for n, p in enumerate(expected, 1)])


def test_bleu_of_a_shorter_hypothesis_has_the_brevity_penalty():
    assert of_pair(bleu, [1, 2], [1, 2, 3]) == pytest.approx([np.exp(1 - 3 / 2)] * 4)


@given(sentences, references)
def test_published_bleu_is_nltk_with_method_7(hypothesis, given_):
    found = published_bleu(counts([hypothesis], [given_]))[0]
    for order in ORDERS:
        weights = [1 / order] * order + [0.0] * (4 - order)
        expected = by_nltk(given_, hypothesis, "method7", weights)
        assert found[order - 1] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [(4, [1.333, 1.217, 1.154, 1.011]), (1, [1.0, 0.577, 0.333, 0.192])],
)
def test_published_bleu_of_identical_sentences_has_the_pinned_values(tokens, expected):
    sentence = list(range(tokens))
    assert of_pair(published_bleu, sentence, sentence) == pytest.approx(expected, abs=5e-4)


@given(st.lists(sentences, min_size=1, max_size=3), references)
def test_pairs_are_counted_as_each_alone(hypotheses, given_):
    pairs = pair_counts(hypotheses, given_)
    assert pairs.matched.shape == (len(hypotheses), len(given_), 5)
    for row, hypothesis in enumerate(hypotheses):
        for column, reference in enumerate(given_):
            alone = counts([hypothesis], [[reference]])
            for part, expected in zip(pairs, alone, strict=True):
                np.testing.assert_array_equal(part[row, column], expected[0])
