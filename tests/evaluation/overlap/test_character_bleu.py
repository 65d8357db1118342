"""BLEU-4 on letters, against the published scores of ten predictions."""

import math

import pytest

from kl_annealing.evaluation.overlap.character_bleu import character_bleu4

# Reference and prediction of each conversion, and its score, as the course report prints them.
PUBLISHED = [
    ("abandoned", "abandon", 0.75148),
    ("abetting", "abet", 0.36788),
    ("begins", "begins", 1),
    ("expends", "expends", 1),
    ("sends", "ents", 0.14644),
    ("splitting", "spilting", 0.38988),
    ("flare", "flared", 0.75984),
    ("function", "function", 1),
    ("functioned", "function", 0.77880),
    ("heals", "heals", 1),
]


@pytest.mark.parametrize(("reference", "word", "score"), PUBLISHED)
def test_each_published_score(reference, word, score):
    assert round(character_bleu4(word, reference), 5) == score


def test_the_published_total_to_the_last_digit():
    scores = [character_bleu4(word, reference) for reference, word, _ in PUBLISHED]
    assert sum(scores) / len(scores) == 0.7194311149760636


def test_three_letters_have_three_orders():
    """Of `set` for `sat`: 2 of 3 letters, 0.1 of 2 pairs, 0.1 of 1 triple; no brevity penalty."""
    expected = (2 / 3 * 0.1 / 2 * 0.1) ** 0.33
    assert character_bleu4("set", "sat") == pytest.approx(expected)
    assert character_bleu4("sat", "sat") == 1


@pytest.mark.parametrize("word", ["a", "go", "see", "went"])
def test_the_word_itself_scores_one(word):
    assert character_bleu4(word, word) == pytest.approx(1)
    assert character_bleu4(word + "x", word) < 1


def test_two_letters_have_two_orders():
    assert character_bleu4("ga", "go") == pytest.approx((0.5 * 0.1) ** 0.5)


def test_nothing_said_is_0():
    assert character_bleu4("", "said") == 0


def test_a_shorter_word_is_penalised():
    """All four orders match, so that the penalty exp(1 - 9/7) is all there is."""
    assert character_bleu4("abandon", "abandoned") == pytest.approx(math.exp(1 - 9 / 7))
