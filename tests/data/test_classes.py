import pytest

from kl_annealing.data.classes import with_classes
from kl_annealing.data.corpora import Sentences, read_sentences
from kl_annealing.errors import InputError


def split(*labels):
    words = [["a"] for _ in labels]
    return Sentences(words, list(range(len(labels))), first_words=list(labels))


def test_classes_are_the_labels_of_training_in_order():
    splits = {
        "train": split("no", "yes", "no"),
        "valid": split("yes", "no"),
        "test": split("no", "yes"),
    }
    numbered, names = with_classes(splits, "mine")
    assert names == ["no", "yes"]
    assert [numbered[name].labels for name in splits] == [[0, 1, 0], [1, 0], [0, 1]]


def test_labels_that_are_numbers_are_in_their_order():
    _, names = with_classes({"train": split("10", "9", "1")}, "mine")
    assert names == ["1", "9", "10"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["a"], "begin with 1 different words"),
        ([f"w{number}" for number in range(101)], "begin with 101 different words"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, said):
    with pytest.raises(InputError, match=f"dataset mine: .*{said}.*2 to 100, or no labelled"):
        with_classes({"train": split(*labels)}, "mine")


def test_a_label_that_training_lacks_is_refused():
    splits = {"train": split("no", "yes"), "valid": split("yes"), "test": split("maybe")}
    with pytest.raises(InputError, match="test has the label 'maybe', which no training line has"):
        with_classes(splits, "mine")


def test_a_class_that_a_split_lacks_is_refused():
    splits = {"train": split("no", "yes"), "valid": split("yes", "yes"), "test": split("no", "yes")}
    with pytest.raises(
        InputError, match="dataset mine: no sentence of valid is labelled no; every"
    ):
        with_classes(splits, "mine")


def test_labels_are_those_of_the_lines_that_are_kept(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("yes a b c\nno\n\nno a\n")
    sentences = read_sentences(path, maximum_length=2, labelled=True)
    assert (sentences.words, sentences.first_words) == ([["a"]], ["no"])
    assert (sentences.too_long, sentences.blank_lines) == (1, 2)
