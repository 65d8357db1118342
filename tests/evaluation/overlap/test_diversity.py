"""Diversity by hand, and of samples that are all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.evaluation.overlap.diversity import distinct, self_bleu4

sentences = st.lists(st.integers(0, 3), max_size=6)


def test_distinct_counts_different_n_grams_per_token():
    samples = [list("abab"), list("ab"), []]
    assert distinct(samples, 1) == pytest.approx(2 / 6)
    assert distinct(samples, 2) == pytest.approx(2 / 6)  # ab, ba; none across two sentences
    assert distinct([[]], 1) == 0


def test_self_bleu_is_1_of_equal_sentences_of_any_length_and_0_of_unlike_ones():
    for length in range(6):
        assert self_bleu4([list(range(length))] * 3) == pytest.approx(1)
    assert self_bleu4([[1, 2], [3], [4, 5, 6, 7], []]) == 0


def test_self_bleu_is_the_mean_over_sentences():
    # [1, 2] has its copy; [3] has nothing
    assert self_bleu4([[1, 2], [1, 2], [3]]) == pytest.approx(2 / 3)
    assert self_bleu4([[], [], [3]]) == pytest.approx(2 / 3)


def test_self_bleu_counts_all_four_orders():
    # of either 4, 3, 2, 1 of 5, 4, 3, 2 n-grams are in the other
    assert self_bleu4([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6]]) == pytest.approx(0.2**0.25)


@given(st.lists(sentences, min_size=2, max_size=4))
def test_all_are_between_0_and_1(samples):
    for value in (distinct(samples, 1), distinct(samples, 2), self_bleu4(samples)):
        assert 0 <= value <= 1 + 1e-12
