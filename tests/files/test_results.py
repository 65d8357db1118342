"""A results file that is not whole is named in one line, whatever is wrong with it."""

import errno
import os

import h5py
import numpy as np
import pytest

from kl_annealing.errors import InputError
from kl_annealing.evaluation.arrays import write_arrays
from kl_annealing.files.results import open_arrays, read_result


def refused(path, read):
    with pytest.raises(InputError) as told:
        read()
    line = str(told.value)
    assert line.startswith(f"{path}: not a whole results file (") and "delete it" in line
    assert "\n" not in line


def read_all(path):
    with open_arrays(path) as file:
        return file["last/test/mu"][:]


@pytest.fixture
def arrays(tmp_path):
    path = tmp_path / "evaluation.h5"
    write_arrays(path, {"last/test": {"mu": np.arange(3000.0)}})
    return path


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_truncated_arrays(arrays, kept):
    assert len(read_all(arrays)) == 3000
    whole = arrays.read_bytes()
    arrays.write_bytes(whole[: kept if kept >= 1 else int(kept * len(whole))])
    refused(arrays, lambda: read_all(arrays))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_read_may_be_whole(arrays, monkeypatch, number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number), str(arrays))

    monkeypatch.setattr("kl_annealing.files.results.read_json", fail)
    monkeypatch.setattr(h5py, "File", fail)
    for read in (lambda: read_result(arrays), lambda: read_all(arrays)):
        with pytest.raises(InputError, match=f"^{arrays}: .*give the same command again") as told:
            read()
        assert "delete" not in str(told.value)


def test_absent_files_and_arrays(arrays, tmp_path):
    refused(tmp_path / "none.h5", lambda: read_all(tmp_path / "none.h5"))
    with h5py.File(arrays, "w") as file:
        file["last/test/logvar"] = [1.0]
    refused(arrays, lambda: read_all(arrays))


def test_what_a_reader_says_of_the_content_is_kept(arrays):
    with pytest.raises(InputError, match="^no responses$"), open_arrays(arrays):
        raise InputError("no responses")


@pytest.mark.parametrize("content", ["", '{"last_test_kl": 1', "kl = 1", None])
def test_damaged_and_absent_metrics(tmp_path, content):
    path = tmp_path / "metrics.json"
    if content is not None:
        path.write_text(content)
    refused(path, lambda: read_result(path))
