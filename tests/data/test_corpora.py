import pytest

from kl_annealing.data.corpora import Sentences, build_corpus, read_sentences
from kl_annealing.errors import InputError


def written(folder, content: bytes):
    path = folder / "corpus.txt"
    path.write_bytes(content)
    return path


def test_lines_are_kept_within_the_limit_and_counted(tmp_path):
    path = written(tmp_path, b" a b \n\n c\td\r\ne f g h\n   \nlast line")
    read = read_sentences(path, maximum_length=3)
    assert read.words == [["a", "b"], ["c", "d"], ["last", "line"]]
    assert (read.index, read.blank_lines, read.too_long) == ([0, 2, 5], 2, 1)


def test_only_a_newline_ends_a_line(tmp_path):
    path = written(tmp_path, "\ufeffa\u2028b c\x0bd\n".encode())
    assert read_sentences(path).words == [["a", "b", "c", "d"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "2 blank lines and no sentence"),
        (b"a b\nc \xff d\n", "line 2: byte 3 is not UTF-8"),
        (b"a b\nc\0d\n", "line 2: a NUL byte"),
        (b"a b\rc d\re f\r", "line 1: a line ends with CR alone; convert the line ends"),
        (b"a b c d\n", "no sentence of 1 to 3 words"),
        (b"<s> a b </s>\n", "line 1: the marker </s> is reserved"),
    ],
)
def test_unusable_text_gives_one_line_with_the_file(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_sentences(path, maximum_length=3)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_sentences(path)


def test_the_vocabulary_is_that_of_the_training_split():
    train = Sentences.of([["a", "b"], ["a"]])
    other = Sentences.of([["a", "z"]])
    corpus = build_corpus("tiny", {"train": train, "valid": other, "test": other})
    assert corpus.vocabulary.words[4:] == ["a", "b"]
    assert corpus.valid.tokens.tolist() == [[2, 4, 1, 3]]
    assert corpus.attributes["train_blank_lines"] == 0


def test_arithmetic_of_a_small_corpus():
    """65 sentences of two words, 33 of three, one of nine: 3 + 2 + 1 batches of 32."""
    text = [["a", "b"]] * 65 + [["a", "b", "c"]] * 33 + [["d"] * 9]
    corpus = build_corpus("tiny", dict.fromkeys(("train", "valid", "test"), Sentences.of(text)))
    assert len(corpus.vocabulary) == 4 + 4
    assert len(corpus.train.batches(32)) == 3 + 2 + 1
    assert corpus.test.n_examples == 99
    assert corpus.test.n_targets == 65 * 3 + 33 * 4 + 10
