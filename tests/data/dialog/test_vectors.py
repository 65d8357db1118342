import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from kl_annealing.data.dialog.vectors import (
    corpus_vectors,
    glove_vectors,
    make_vectors,
    neighbours,
    positive_information,
)
from kl_annealing.errors import InputError

WORDS = ["<pad>", "<unk>", "<s>", "</s>", "uh", "huh"]
MEMBER = "glove.twitter.27B.200d.txt"


def cosine(one, other):
    return one @ other / np.sqrt(one @ one * (other @ other))


def test_neighbours_are_counted_within_five_words_and_not_across_padding():
    tokens = np.array([[1, 2, 3, 1, 1, 1, 2, 0], [3, 2, 0, 0, 0, 0, 0, 0]])
    expected = np.zeros((4, 4))
    for row in tokens:
        said = [word for word in row if word]
        for place, word in enumerate(said):
            for other in range(len(said)):
                if other != place and abs(other - place) <= 5:
                    expected[word, said[other]] += 1
    np.testing.assert_array_equal(neighbours(tokens, 4).toarray(), expected)


def test_information_is_that_of_a_table_of_counts():
    counts = np.array([[0.0, 8, 2], [8, 0, 0], [2, 0, 4]])
    joint = counts / counts.sum()
    with np.errstate(divide="ignore"):
        expected = np.log(joint / np.outer(joint.sum(0), joint.sum(1)))
    found = positive_information(csr_array(counts)).toarray()
    np.testing.assert_allclose(found, np.maximum(expected, 0))


def utterances(rng):
    """Words 4 and 5 stand before the same words, as 6 and 7 do before others."""
    rows = [
        [2, head, rng.choice([8, 9] if head < 6 else [10, 11]), 3] for head in (4, 5, 6, 7) * 50
    ]
    return np.array(rows)


def test_words_of_like_contexts_are_near():
    tokens = utterances(np.random.default_rng(0))
    vectors = corpus_vectors(tokens, 12, 4)
    assert cosine(vectors[4], vectors[5]) > 0.9 > 0.5 > cosine(vectors[4], vectors[6])
    assert cosine(vectors[6], vectors[7]) > 0.9
    assert np.sqrt(np.mean(vectors**2)) == pytest.approx(0.1)


def test_vectors_are_u_times_the_root_of_s():
    tokens = utterances(np.random.default_rng(0))
    information = positive_information(neighbours(tokens, 12)).toarray()
    u, s, _ = np.linalg.svd(information)
    whole = u[:, :4] * np.sqrt(s[:4])
    expected = whole * 0.1 / np.sqrt(np.mean(whole**2))
    found = corpus_vectors(tokens, 12, 4)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-6)


def test_vectors_do_not_depend_on_the_number_of_threads():
    tokens = np.random.default_rng(0).integers(4, 3000, (4000, 12))
    made = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            made.append(corpus_vectors(tokens, 3000, 20))
    np.testing.assert_array_equal(*made)


def test_vectors_are_the_same_each_time_and_padding_is_0():
    tokens = utterances(np.random.default_rng(0))
    words = [*WORDS[:4], *"abcdefgh", "never"]
    settings = {"kind": "corpus", "dimension": 4}
    made = [make_vectors(settings, words, tokens, None, seed) for seed in (0, 0, 1)]
    one, again, other = (found.vectors for found in made)
    np.testing.assert_array_equal(one, again)
    assert one.dtype == np.float32 and not one[0].any()
    np.testing.assert_array_equal(one[2:12], other[2:12])
    assert one[12].any() and (one[12] != other[12]).all()  # a word that training never says
    assert made[0].known is None and made[0].counts == {}
    assert make_vectors({"kind": "none"}, words, tokens, None, 0) is None


def test_more_dimensions_than_words_are_refused():
    with pytest.raises(
        InputError, match=r"vectors\.dimension = 12: the training text has 12 words"
    ):
        corpus_vectors(utterances(np.random.default_rng(0)), 12, 12)


@pytest.fixture(params=["text", "archive"])
def glove(request, tmp_path):
    """Return a function that writes a file of GloVe, as a text or in an archive."""

    def write(text):
        path = tmp_path / "glove"
        if request.param == "text":
            path.write_text(text, encoding="utf-8")
        else:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("glove.twitter.27B.25d.txt", "other 1\n")
                archive.writestr(MEMBER, text)
        return path

    return write


def test_glove_vectors_are_those_of_the_file(glove):
    path = glove("uh 1 -2.5\n\u0085 7 7\nother 0 0\nhuh 3e-1 4\n")
    found = glove_vectors(path, MEMBER, WORDS)
    assert found.vectors.tolist() == [[0, 0]] * 4 + [[1, -2.5], [0.3, 4]]
    assert found.known.tolist() == [False] * 4 + [True] * 2
    assert found.counts == {"vectors_known": 2, "vectors_skipped": 0}


def test_a_word_that_glove_lacks_gets_small_noise(glove):
    settings = {"kind": "glove", "member": MEMBER}
    path = glove("uh 1 2\n")
    words = [*WORDS, *(f"w{number}" for number in range(2000))]
    found = make_vectors(settings, words, np.zeros((1, 1), int), path, 3)
    assert found.vectors[4].tolist() == [1, 2] and not found.vectors[0].any()
    assert found.vectors[5:].std() == pytest.approx(0.1, rel=0.05)
    assert np.flatnonzero(found.known).tolist() == [4]
    zeros = make_vectors(settings, words, np.zeros((1, 1), int), glove("uh 0 0\n"), 3)
    assert zeros.known[4] and zeros.vectors[4].tolist() == [0, 0]  # as GloVe has it


@pytest.mark.parametrize("line", ["huh 1", "huh", "huh 1 x", "huh nan 2", "huh 1 -inf", ". . 1 2"])
def test_a_line_that_is_no_vector_is_skipped_and_counted(glove, line, caplog):
    found = glove_vectors(glove(f"other 1 2\n{line}\nuh 1 2\n"), MEMBER, WORDS)
    assert found.vectors.tolist() == [[0, 0]] * 4 + [[1, 2], [0, 0]]
    assert found.known.tolist() == [False] * 4 + [True, False]
    assert found.skipped == 1 and "1 lines are not a word and as many" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has none of the 6 words, and 0 lines"),
        ("other 1 2\n", "has none of the 6 words, and 0 lines"),
        ("uh\n", "has none of the 6 words, and 1 lines"),
        ("2 2\nuh 1 2\nhuh 1 2\n", "has none of the 6 words, and 2 lines"),
    ],
)
def test_another_text_is_refused(glove, text, said):
    with pytest.raises(InputError) as caught:
        glove_vectors(glove(text), MEMBER, WORDS)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "bytes").write_bytes(b"uh \xff\xfe\n")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "uh 1\n")
    for name, said in (
        ("bytes", "not a readable file"),
        ("other.zip", "no member .* it has a.txt"),
    ):
        with pytest.raises(InputError, match=said):
            glove_vectors(tmp_path / name, MEMBER, WORDS)
    with pytest.raises(InputError, match="not a readable file"):
        glove_vectors(tmp_path / "none", MEMBER, WORDS)
