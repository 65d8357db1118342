"""Draws of labels, and test sentences that training has too."""

import numpy as np
import pytest

from kl_annealing.classification.labels import (
    class_names,
    draw_labelled,
    label_count,
    seen_in_training,
)
from kl_annealing.data import Corpus, Split, Vocabulary
from kl_annealing.errors import InputError

NAMES = ("negative", "positive")
LABELS = np.array([0] * 30 + [1] * 70)


def draw(fraction, sampling="uniform", seed=0, number=0, labels=LABELS):
    return draw_labelled(labels, fraction, sampling, NAMES, seed, number)


def split(*sentences, labels=None):
    tokens = np.zeros((len(sentences), 6), np.int32)
    for row, words in enumerate(sentences):
        tokens[row, : len(words) + 2] = [2, *words, 3]
    lengths = np.array([len(words) + 2 for words in sentences], np.int32)
    return Split(tokens, lengths, np.arange(len(sentences)), labels)


@pytest.mark.parametrize(("fraction", "count"), [(0.1, 4440), (0.01, 444), (0.001, 44), (1, 44409)])
def test_published_numbers_of_labels(fraction, count):
    assert label_count(fraction, 44409) == count


@pytest.mark.parametrize("count", range(1, 101))
def test_a_whole_number_of_labels_is_that_number(count):
    assert label_count(count / 100, 100) == count


@pytest.mark.parametrize("sampling", ["uniform", "balanced"])
def test_a_smaller_draw_is_part_of_a_larger_one_and_no_row_comes_twice(sampling):
    small, large = draw(0.2, sampling), draw(0.5, sampling)
    assert len(small) == 20 and len(large) == 50 and set(small) < set(large)
    assert len(set(large)) == 50
    assert set(draw(0.2, sampling, number=1)) != set(small) != set(draw(0.2, sampling, seed=1))


def test_balanced_labels_are_of_each_class_as_many():
    assert np.bincount(LABELS[draw(0.5, "balanced")]).tolist() == [25, 25]
    assert np.bincount(LABELS[draw(0.15, "balanced")]).tolist() == [8, 7]


def test_uniform_labels_have_the_shares_of_the_classes_on_average():
    shares = [LABELS[draw(0.2, number=number)].mean() for number in range(200)]
    assert np.mean(shares) == pytest.approx(0.7, abs=0.02)


def test_an_empty_class_gives_one_line():
    with pytest.raises(InputError) as caught:
        draw(0.01)
    line = str(caught.value)
    assert line.startswith(
        "classification.fractions: 0.01 of 100 sentences is 1 labels, and draw 1"
    )
    assert "none of class" in line and "samplings [balanced]" in line and "\n" not in line


def test_more_balanced_labels_than_a_class_has_give_one_line():
    with pytest.raises(
        InputError, match="80 balanced labels are 40 of class negative, which has 30"
    ):
        draw(0.8, "balanced")
    assert len(draw(0.6, "balanced")) == 60  # the largest that the line allows


def test_a_sentence_is_seen_if_all_its_words_are_in_order():
    train, test = split([5], [5, 6], [6, 5, 7]), split([5, 6], [6, 5], [5, 6, 7], [6, 5, 7], [5])
    assert seen_in_training(test, train).tolist() == [True, False, False, True, True]


def corpus(attributes, *labels):
    parts = [split([5], [6], labels=None if each is None else np.array(each)) for each in labels]
    words = ["<pad>", "<unk>", "<s>", "</s>", *"abcd"]
    return Corpus("tiny", Vocabulary(words), *parts, attributes=attributes)


def test_classes_of_a_corpus():
    attributes = {"class_names": "negative\npositive"}
    assert class_names(corpus(attributes, [0, 1], [1, 0], [0, 1])) == [*NAMES]
    with pytest.raises(InputError, match="no sentence of valid is labelled negative"):
        class_names(corpus(attributes, [0, 1], [1, 1], [0, 1]))
    with pytest.raises(InputError, match="dataset tiny: its sentences have no labels"):
        class_names(corpus({}, None, None, None))
