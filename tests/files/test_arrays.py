"""HDF5 files grow in memory and come to the disk at once, the same bytes each time."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from kl_annealing.files.arrays import new_arrays

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
# What crashed the process as long as HDF5 itself wrote to the disk.
FULL = """
import resource, signal, sys
import numpy as np
from kl_annealing.files.arrays import new_arrays
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
noise = np.random.default_rng(0).integers(0, 99, 400_000)
try:
    with new_arrays(sys.argv[1]) as file:
        file.create_dataset("a", data=noise, compression="gzip", fletcher32=True)
        file.attrs["name"] = "x"
except OSError as error:
    print(error.errno)
"""


def filled(path):
    with new_arrays(path) as file:
        file.create_dataset("group/a", data=np.arange(5000.0), compression="gzip")
        file.attrs["step"] = 3
    return path


def test_arrays_come_back_and_equal_contents_are_equal_bytes(tmp_path):
    one, other = filled(tmp_path / "a.h5"), filled(tmp_path / "deep" / "b.h5")
    assert one.read_bytes() == other.read_bytes()
    with h5py.File(one) as file:
        assert file["group/a"][-1] == 4999 and file.attrs["step"] == 3


def test_nothing_is_written_of_what_fails(tmp_path):
    with pytest.raises(RuntimeError), new_arrays(tmp_path / "a.h5") as file:
        file["a"] = 1
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_is_an_error_and_no_crash(tmp_path):
    command = [sys.executable, "-c", FULL, tmp_path / "a.h5"]
    outcome = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert (outcome.returncode, outcome.stdout.strip()) == (0, "27"), outcome.stderr
    assert not list(tmp_path.iterdir())
