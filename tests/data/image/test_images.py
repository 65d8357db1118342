import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from scipy.sparse import csc_matrix

from kl_annealing.data import ImageSet, ImageSplit, read_corpus
from kl_annealing.data.checksums import FileEntry
from kl_annealing.data.image import chardata, omniglot
from kl_annealing.data.image.prepare import build_splits, prepare_images
from kl_annealing.data.image.store import write_images
from kl_annealing.errors import InputError

DIGITS = {"kind": "digits", "validation": 250}


@pytest.fixture
def grey():
    return np.random.default_rng(0).random((40, 28, 28)).astype(np.float32)


def as_matrix(images):
    """Columns of pixels, each image column by column, as the published file has them."""
    return images.transpose(0, 2, 1).reshape(len(images), -1).T


def read_mat(path, **variables):
    savemat(path, variables)
    return chardata.read({"chardata.mat": path}, {})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (np.full((784, 3), {}, dtype=object), "object"),
        (np.full((784, 3), "ink"), "<U"),
        (np.full((784, 3), 1j), "complex128"),
        (csc_matrix(np.eye(784)), "csc_"),
    ],
)
def test_chardata_of_no_real_numbers_is_refused(tmp_path, data, kind):
    with pytest.raises(InputError, match=rf"a\.mat: data is of type .*{kind}.*; it must be a mat"):
        read_mat(tmp_path / "a.mat", data=data, testdata=np.zeros((784, 2)))


def test_chardata_is_read_column_by_column(tmp_path, grey):
    pool, test = read_mat(
        tmp_path / "a.mat", data=as_matrix(grey[:30]), testdata=as_matrix(grey[30:])
    )
    assert np.array_equal(pool, grey[:30]) and np.array_equal(test, grey[30:])


@pytest.mark.parametrize("kind", [">f8", "<f4", "u1", "?"])
def test_real_numbers_of_any_type_and_byte_order_are_taken(tmp_path, monkeypatch, kind):
    drawn = np.eye(784, 3).astype(kind)
    monkeypatch.setattr(chardata, "loadmat", lambda *_, **__: {"data": drawn, "testdata": drawn})
    pool, _ = chardata.read({"chardata.mat": tmp_path / "a.mat"}, {})
    assert pool.shape == (3, 28, 28) and pool[1, 1, 0] == 1


def test_damaged_and_wrong_files_are_named(tmp_path, grey):
    matrix = as_matrix(grey)
    path = tmp_path / "a.mat"
    with pytest.raises(InputError, match=r"a\.mat: data is 100 x 40; it must have 784 rows"):
        read_mat(path, data=matrix[:100], testdata=matrix)
    with pytest.raises(InputError, match=r"a\.mat: has no variable 'testdata'"):
        read_mat(path, data=matrix)
    for damage in (path.read_bytes()[:300], b"not a file of MATLAB at all" * 20, b""):
        path.write_bytes(damage)
        with pytest.raises(InputError, match=r"a\.mat: not a whole MATLAB file .*fetch it again"):
            chardata.read({"chardata.mat": path}, {})


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan])
def test_values_outside_zero_and_one_are_refused(grey, value):
    grey[3, 2, 1] = value
    with pytest.raises(InputError, match=r"dataset mine: its images have values from .* 0 to 1"):
        build_splits("mine", grey, None, validation=5, shuffle_seed=0)


def test_too_much_validation_is_refused(grey):
    with pytest.raises(InputError, match=r"datasets.mine.validation = 39: of 40 images too few"):
        build_splits("mine", grey, grey, validation=39, shuffle_seed=0)


def test_splits_are_disjoint_and_drawn_once(grey):
    first, again = (build_splits("a", grey, None, validation=5, shuffle_seed=1) for _ in range(2))
    sizes = {name: split.n_examples for name, split in first.items()}
    assert sizes == {"train": 30, "valid": 5, "test": 5}
    assert sorted(np.concatenate([split.index for split in first.values()])) == list(range(40))
    for name, split in first.items():
        assert np.array_equal(split.images, again[name].images)
        assert set(np.unique(split.images)) == {0, 1}
        assert abs(split.images.mean() - 0.5) < 0.02  # the mean of what they were drawn from
    assert np.array_equal(first["train"].grey, grey[first["train"].index])
    assert first["valid"].grey is None


def drawing(side=105, dot=None):
    image = Image.new("1", (side, side), 1)
    if dot:
        image.paste(0, dot)
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


def archive(path, members):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return {path.name: path}, {path.name: FileEntry("o", path.name, unpacked_size=10**6)}


def test_drawings_become_small_images_divided_by_drawer(tmp_path):
    ink = drawing(dot=(0, 0, 30, 15))  # 30 wide, 15 high: 8 x 4 small pixels
    members = {f"set/Greek/character01/0001_{drawer:02}.png": ink for drawer in range(1, 21)}
    pool, test = omniglot.read(*archive(tmp_path / "a.zip", members))
    assert pool.shape == (15, 28, 28) and test.shape == (5, 28, 28)
    expected = np.zeros((28, 28))
    expected[:4, :8] = 1
    assert np.abs(pool[0] - expected).max() < 0.01


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (drawing(side=64), r"a\.zip: 0001_01\.png is 64 x 64; a drawing has 105 x 105 pixels"),
        (b"nothing", r"a\.zip: 0001_01\.png is no whole image"),
        (drawing()[:60], r"a\.zip: 0001_01\.png is no whole image"),
    ],
)
def test_wrong_drawings_are_named(tmp_path, content, line):
    files = archive(tmp_path / "a.zip", {"set/Greek/character01/0001_01.png": content})
    with pytest.raises(InputError, match=line):
        omniglot.read(*files)


def test_a_damaged_or_empty_archive_is_named(tmp_path):
    files, entries = archive(tmp_path / "a.zip", {"readme.txt": b"hello"})
    with pytest.raises(InputError, match="there must be drawings of at least 16 drawers"):
        omniglot.read(files, entries)
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 damaged")
    with pytest.raises(InputError, match="not a whole zip or tar archive"):
        omniglot.read(files, entries)


def test_digits_are_prepared_and_read_back(tmp_path):
    for name in ("a.h5", "b.h5"):
        prepare_images("digits", DIGITS, {}, tmp_path / name)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    digits = read_corpus(tmp_path / "a.h5")
    assert isinstance(digits, ImageSet) and digits.size == (8, 8) and digits.name == "digits"
    counts = [split.n_examples for split in (digits.train, digits.valid, digits.test)]
    assert counts == [1297, 250, 250]
    assert digits.train.grey.max() == 1 and digits.test.grey is None
    assert digits.attributes["stand_in_for"] is None and digits.attributes["sums"] == {}


def test_a_damaged_store_is_named(tmp_path):
    images = np.zeros((4, 8, 8), np.uint8)
    splits = [ImageSplit(images, np.arange(4)), ImageSplit(images, np.arange(4))]
    odd = ImageSplit(np.zeros((4, 7, 8), np.uint8), np.arange(4))
    write_images(tmp_path / "a.h5", ImageSet("a", *splits, odd))
    with pytest.raises(InputError, match="not a whole prepared corpus .*different sizes"):
        read_corpus(tmp_path / "a.h5")


def test_batches_hold_each_image_once_and_no_image_alone():
    split = ImageSplit(np.zeros((41, 8, 8), np.uint8), np.arange(41))
    assert [batch.size for batch in split.batches(8)] == [8, 8, 8, 8, 9]
    assert [batch.size for batch in split.batches(10)] == [10, 10, 10, 11]
    assert [batch.size for batch in split.batches(100)] == [41]
    assert sum(batch.targets for batch in split.batches(8)) == split.n_targets == 0
    assert split.examples(split.batches(8)[-1]).shape == (9, 8, 8)
