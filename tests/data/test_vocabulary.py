import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.data.vocabulary import MARKERS, PAD, START, STOP, UNK, Vocabulary
from kl_annealing.errors import InputError

words = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=6).filter(
    lambda word: word not in MARKERS and word.split() == [word]
)
sentences = st.lists(st.lists(words, min_size=1, max_size=8), min_size=1, max_size=8)


def test_words_are_ranked_by_count_and_ties_by_first_occurrence():
    vocabulary = Vocabulary.build([["b", "a", "c"], ["c", "a"], ["c", "d"]])
    assert vocabulary.words == ["<pad>", "<unk>", "<s>", "</s>", "c", "a", "b", "d"]
    assert [vocabulary.id(word) for word in ("c", "d", "e")] == [4, 7, UNK]


def test_literal_unknown_is_the_marker_and_not_a_word():
    vocabulary = Vocabulary.build([["<unk>", "<unk>", "a"]])
    assert len(vocabulary) == 5
    assert vocabulary.encode("a <unk>") == [4, UNK]


def test_minimum_count_and_maximum_size():
    text = [["a", "a", "a", "b", "b", "c", "c", "d"]]
    assert Vocabulary.build(text, minimum_count=2).words[4:] == ["a", "b", "c"]
    assert Vocabulary.build(text, maximum_size=2).words[4:] == ["a", "b"]
    assert Vocabulary.build(text, minimum_count=3, maximum_size=2).words[4:] == ["a"]


def test_typed_markers_cannot_end_or_pad_a_sentence():
    assert Vocabulary.build([["a"]]).encode("<s> a </s> <pad>") == [UNK, 4, UNK, UNK]


def test_decoding_stops_at_the_end_marker():
    vocabulary = Vocabulary.build([["a", "b"]])
    assert vocabulary.decode([START, 4, UNK, 5, STOP, 4, PAD]) == "a <unk> b"


def test_text_has_one_word_and_id_a_line():
    assert Vocabulary.build([["a"]]).to_text() == "<pad> 0\n<unk> 1\n<s> 2\n</s> 3\na 4\n"


@pytest.mark.parametrize("wrong", [["a"], [*MARKERS, "a", "a"]])
def test_words_without_markers_or_twice_are_refused(wrong):
    with pytest.raises(ValueError, match="every word once"):
        Vocabulary(wrong)


@given(sentences)
def test_round_trip(text):
    vocabulary = Vocabulary.build(text)
    for sentence in text:
        assert vocabulary.decode(vocabulary.encode(" ".join(sentence))) == " ".join(sentence)
    counts = [sum(s.count(word) for s in text) for word in vocabulary.words[4:]]
    assert counts == sorted(counts, reverse=True)
    assert [vocabulary.id(vocabulary.word(n)) for n in range(len(vocabulary))] == list(
        range(len(vocabulary))
    )


def test_a_vocabulary_without_words_is_refused():
    with pytest.raises(InputError, match="minimum_count = 9: no word .* at most 2, how often"):
        Vocabulary.build([["a", "b"], ["b"]], minimum_count=9)
