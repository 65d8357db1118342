"""Embedding scores against loops over words, and by hand."""

import math

import numpy as np
import pytest

from kl_annealing.errors import InputError
from kl_annealing.evaluation.overlap.embedding_overlap import embedding_scores
from kl_annealing.evaluation.overlap.embeddings import (
    Packed,
    WordVectors,
    averages,
    cosines,
    extrema,
    greedy,
)

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
PLANE = WordVectors.of_words(
    ["<pad>", "<unk>", "<s>", "</s>", "east", "north", "west"],
    np.array([[9.0, 9.0]] * 4 + [EAST, NORTH, WEST]),
)


def cosine(first, second):
    norms = math.sqrt(sum(a * a for a in first)) * math.sqrt(sum(b * b for b in second))
    return sum(a * b for a, b in zip(first, second, strict=True)) / norms


def one_way(first, second):
    return sum(max(cosine(a, b) for b in second) for a in first) / len(first)


def extreme(column):
    return max(column) if abs(min(column)) <= max(column) else min(column)


@pytest.fixture
def groups():
    generator = np.random.default_rng(0)
    return [
        [generator.standard_normal((length, 6)) for length in lengths]
        for lengths in ((1, 4, 2), (3, 1, 5, 2))
    ]


def test_scores_are_those_of_loops_over_words(groups):
    first, second = map(Packed.of, groups)
    means = [[cosine(a.mean(0), b.mean(0)) for b in groups[1]] for a in groups[0]]
    np.testing.assert_allclose(cosines(averages(first), averages(second)), means)
    for row, sentence in zip(extrema(second), groups[1], strict=True):
        np.testing.assert_array_equal(row, [extreme(column) for column in sentence.T])
    both = [[(one_way(a, b) + one_way(b, a)) / 2 for b in groups[1]] for a in groups[0]]
    np.testing.assert_allclose(greedy(first, second), both)


def test_extrema_take_the_larger_one_of_two_as_far_from_zero():
    assert extrema(Packed.of([np.array([[-2.0, -3.0], [2.0, 1.0]])])).tolist() == [[2.0, -3.0]]


def test_scores_by_hand():
    found = embedding_scores([["east"]], [["east"], ["north"], ["west"], ["east", "north"]], PLANE)
    half = math.sqrt(0.5)
    expected = [
        [1, 1, 1],
        [0.5, 0.5, 0],
        [0, 0, -1],
        [(1 + half) / 2, (1 + half) / 2, (1 + (1 + 0) / 2) / 2],
    ]
    np.testing.assert_allclose(found[0], expected, atol=1e-12)


def test_markers_and_unknown_words_do_not_count():
    plain = embedding_scores([["east", "north"]], [["west", "north"]], PLANE)
    noisy = embedding_scores(
        [["<s>", "east", "qqq", "north", "</s>"]], [["<unk>", "west", "north", "<pad>"]], PLANE
    )
    np.testing.assert_array_equal(plain, noisy)


def test_a_hypothesis_without_known_words_has_0_and_such_a_reference_is_left_out():
    found = embedding_scores([["qqq"], ["east"], []], [["east"], ["qqq"], []], PLANE)
    assert found.tolist() == [[[0, 0, 0]], [[1, 1, 1]], [[0, 0, 0]]]
    assert embedding_scores([["qqq"]], [["east"]], PLANE).tolist() == [[[0, 0, 0]]]
    assert embedding_scores([["east"]], [["qqq"]], PLANE).shape == (1, 0, 3)


@pytest.mark.parametrize(
    ("vectors", "message"), [([EAST], "1 rows for 2 words"), ([EAST, [0, np.nan]], "1 numbers not")]
)
def test_vectors_that_do_not_fit_their_words_are_refused(vectors, message):
    with pytest.raises(InputError, match=message):
        WordVectors.of_words(["east", "north"], np.array(vectors))


def test_a_vector_of_zeros_has_cosine_0_with_all():
    words = WordVectors({7: 0, 8: 1}, np.array([[0.0, 0.0], EAST], np.float32))
    np.testing.assert_array_equal(embedding_scores([[7]], [[8]], words)[0, 0], [0.5, 0.5, 0])
