import h5py
import numpy as np
import pytest
from damage import spoil_chunk

from kl_annealing.data.corpora import SPLITS, Sentences, build_corpus
from kl_annealing.data.prepared import vocabulary_path
from kl_annealing.data.store import read_corpus, write_corpus
from kl_annealing.errors import InputError


@pytest.fixture
def corpus():
    generator = np.random.default_rng(0)
    text = [
        [f"w{word}é" for word in generator.integers(50, size=generator.integers(1, 12))]
        for _ in range(300)
    ]
    splits = {"train": Sentences.of(text), "valid": Sentences([["w1é"]], [7])}
    attributes = {"floor_nll": 1.5, "stand_in_for": None, "sums": {"a.txt": "sha256:0"}}
    return build_corpus(
        "tiny", {**splits, "test": splits["valid"]}, maximum_length=20, attributes=attributes
    )


def test_round_trip(tmp_path, corpus):
    path = tmp_path / "tiny.h5"
    write_corpus(path, corpus)
    read = read_corpus(path)
    assert (read.name, read.vocabulary) == ("tiny", corpus.vocabulary)
    for name in SPLITS:
        for array in ("tokens", "lengths", "index"):
            found, expected = (getattr(getattr(c, name), array) for c in (read, corpus))
            np.testing.assert_array_equal(found, expected)
    assert read.attributes["floor_nll"] == 1.5
    assert read.attributes["stand_in_for"] is None
    assert read.attributes["sums"] == {"a.txt": "sha256:0"}
    assert read.valid.index.tolist() == [7]
    assert vocabulary_path(path).read_text() == corpus.vocabulary.to_text()


def test_labels_are_there_where_the_source_has_them(tmp_path, corpus):
    labelled = Sentences([["a"], ["b", "a"], ["c"]], [0, 1, 2], labels=[1, 0, 1])
    splits = dict.fromkeys(SPLITS, labelled)
    for number, one in enumerate((corpus, build_corpus("labelled", splits))):
        write_corpus(tmp_path / f"{number}.h5", one)
    assert read_corpus(tmp_path / "0.h5").train.labels is None
    train = read_corpus(tmp_path / "1.h5").train
    assert train.labels.tolist() == [[1, 0, 1][line] for line in train.index]


def test_layout_is_the_published_one(tmp_path, corpus):
    path = tmp_path / "tiny.h5"
    write_corpus(path, corpus, batch_size=32)
    with h5py.File(path) as file:
        stored = zip(
            *(file["train"][key] for key in ("batch_idx", "batch_l", "source_l")), strict=True
        )
        assert list(stored) == corpus.train.batches(32)
        assert file["train/source"].shape == (300, 22)
        assert file["vocab_size"][:].tolist() == [len(corpus.vocabulary)]
        source, lengths = file["train/source"][:], file["train/sents_l"][:]
        np.testing.assert_array_equal((source != 0).sum(axis=1), lengths)
        assert file["train/batch_l"][:].sum() == 300


def test_same_corpus_same_bytes(tmp_path, corpus):
    for name in ("a.h5", "b.h5"):
        write_corpus(tmp_path / name, corpus)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no such prepared corpus"):
        read_corpus(tmp_path / "none.h5")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.98])
def test_truncated_file_is_one_line(tmp_path, corpus, kept):
    path = tmp_path / "tiny.h5"
    write_corpus(path, corpus)
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if kept > 1 else int(kept * len(whole))])
    with pytest.raises(InputError, match="not a whole prepared corpus") as caught:
        read_corpus(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dataset", ["train/source", "test/sents_l", "valid/index"])
def test_damaged_chunk_is_found(tmp_path, corpus, dataset):
    path = tmp_path / "tiny.h5"
    write_corpus(path, corpus)
    spoil_chunk(path, dataset)
    with pytest.raises(InputError, match="not a whole prepared corpus"):
        read_corpus(path)


def test_damaged_vocabulary_is_found(tmp_path, corpus):
    path = tmp_path / "tiny.h5"
    write_corpus(path, corpus)
    word = corpus.vocabulary.words[4].encode()
    path.write_bytes(path.read_bytes().replace(word, b"x" * len(word)))
    with pytest.raises(InputError, match="checksum"):
        read_corpus(path)


def test_another_hdf5_file_is_refused(tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["numbers"] = [1, 2]
    with pytest.raises(InputError, match="not a whole prepared corpus"):
        read_corpus(path)


def test_a_word_beyond_the_vocabulary_is_refused(tmp_path, corpus):
    path = tmp_path / "tiny.h5"
    write_corpus(path, corpus)
    with h5py.File(path, "a") as file:
        file["train/source"][0, 1] = 10_000
    with pytest.raises(InputError, match="does not fit its vocabulary"):
        read_corpus(path)
