import h5py
import numpy as np
import pytest
from damage import spoil_chunk
from tiny_dialogs import built, long_talk, talk

from kl_annealing.data import read_corpus
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialog.references import packed
from kl_annealing.data.dialog.store import PUBLISHED, TABLE, WINDOWS, write_dialogs
from kl_annealing.errors import InputError


@pytest.fixture
def dialogs():
    """Return dialogs with everything that a file can hold."""
    made = built([long_talk(number, topic=f"t{number}") for number in (2, 6, 9)], [talk("é")] * 3)
    rows = [[(2, 4, 3), (2, 5, 6, 3)][: 1 + n % 2] for n in range(made.test.n_examples)]
    object.__setattr__(made.test, "references", packed(rows))
    object.__setattr__(made, "vectors", np.ones((len(made.vocabulary), 3), np.float32))
    object.__setattr__(made, "known", np.arange(len(made.vocabulary)) % 2 == 0)
    made.attributes.update(stand_in_for=None, sums={"a": "sha256:0"}, windows="complete")
    made.attributes["published_block"] = {"train": 2}
    return made


def test_round_trip(tmp_path, dialogs):
    path = tmp_path / "tiny.h5"
    write_dialogs(path, dialogs)
    read = read_corpus(path)
    assert (read.name, read.vocabulary) == ("tiny", dialogs.vocabulary)
    assert (read.topics, read.acts) == (dialogs.topics, dialogs.acts)
    assert read.valid_published is None
    for name in (*SPLITS, "test_published"):
        found, expected = getattr(read, name), getattr(dialogs, name)
        for key in WINDOWS:
            np.testing.assert_array_equal(getattr(found, key), getattr(expected, key))
        for key in TABLE:
            np.testing.assert_array_equal(getattr(found.table, key), getattr(expected.table, key))
    assert read.test_published.table is read.test.table
    np.testing.assert_array_equal(read.vectors, dialogs.vectors)
    np.testing.assert_array_equal(read.known, dialogs.known)
    assert read.known.dtype == bool
    for found, expected in zip(read.test.references, dialogs.test.references, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert read.test.references.of(1).tolist() == [[2, 4, 3, 0], [2, 5, 6, 3]]
    assert read.test.references.of(2).tolist() == [[2, 4, 3, 0]]
    wanted = dialogs.attributes | {"floor_nll": None, "digest": None}
    assert {key: read.attributes[key] for key in wanted} == wanted
    assert b"".join(map(bytes, read.content())) == b"".join(map(bytes, dialogs.content()))


def test_a_file_of_an_earlier_version_is_read(tmp_path, dialogs):
    """It does not say which words have a vector, so all have, and its references have acts."""
    path = tmp_path / "tiny.h5"
    write_dialogs(path, dialogs)
    with h5py.File(path, "a") as file:
        del file["known"]
        file["references/acts"] = np.zeros(len(file["references/tokens"]))
    read = read_corpus(path)
    assert read.known is None
    np.testing.assert_array_equal(read.test.references.starts, dialogs.test.references.starts)
    assert b"".join(map(bytes, read.content())) == b"".join(map(bytes, dialogs.content()))


def test_same_dialogs_same_bytes(tmp_path, dialogs):
    for name in ("a.h5", "b.h5"):
        write_dialogs(tmp_path / name, dialogs)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.98])
def test_a_truncated_file_is_one_line(tmp_path, dialogs, kept):
    path = tmp_path / "tiny.h5"
    write_dialogs(path, dialogs)
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if kept > 1 else int(kept * len(whole))])
    with pytest.raises(InputError, match="not a whole prepared corpus") as caught:
        read_corpus(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "place",
    ["train/tokens", "valid/profiles", "test_published/first", "references/tokens", "vectors"],
)
def test_a_damaged_chunk_is_found(tmp_path, dialogs, place):
    path = tmp_path / "tiny.h5"
    write_dialogs(path, dialogs)
    spoil_chunk(path, place)
    with pytest.raises(InputError, match="not a whole prepared corpus"):
        read_corpus(path)


@pytest.mark.parametrize(
    ("place", "row", "value", "reason"),
    [
        ("train/tokens", (0, 1), 999, "does not fit its vocabulary"),
        ("train/acts", 0, 9, "does not fit its vocabulary"),
        ("valid/starts", -1, 7, "does not fit its vocabulary or itself"),
        ("test/response", 0, 999, "windows outside its dialogs"),
        ("test/first", 0, -1, "windows outside its dialogs"),
        ("test_published/sizes", 0, 3, "windows outside its dialogs"),
        ("vocabulary", 4, "other", "checksum"),
        ("topics", 1, "other", "checksum"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, dialogs, place, row, value, reason):
    path = tmp_path / "tiny.h5"
    write_dialogs(path, dialogs)
    with h5py.File(path, "a") as file:
        file[place][row] = value
    with pytest.raises(InputError, match=reason):
        read_corpus(path)


def test_a_file_without_a_split_is_refused(tmp_path, dialogs):
    path = tmp_path / "tiny.h5"
    write_dialogs(path, dialogs)
    for name in ("valid", "references"):
        with h5py.File(path, "a") as file:
            del file[name]
        with pytest.raises(InputError, match="not a whole prepared corpus"):
            read_corpus(path)
    assert set(PUBLISHED) == {"valid_published", "test_published"}
