"""A disk that is full or closed ends a job with one line, and keeps what was good."""

import errno
import os
import subprocess
import sys

import pytest

from kl_annealing.errors import InputError
from kl_annealing.jobs import storage
from kl_annealing.jobs.storage import closed_folder, require_space, storage_problem

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
JOB = """
import resource, signal, sys
import numpy as np, torch
from kl_annealing.evaluation.arrays import write_arrays
from kl_annealing.files.atomic import write_text
from kl_annealing.jobs.runtime import redirected
from kl_annealing.training.state import save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with redirected("logs/job.log"):
    limit = int(sys.argv[1])
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    eval(sys.argv[2])
"""
WRITES = {
    "text": "write_text('kept', 'x' * 300_000)",
    "arrays": "write_arrays('kept', {'a': {'b': np.ones(100_000)}})",
    "checkpoint": "save('kept', {'weights': torch.ones(100_000)})",
    "log": "print('x' * 300_000, flush=True)",
}


def job(folder, write, limit=0):
    command = [sys.executable, "-c", JOB, str(limit), write]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)


def one_line(outcome):
    """Return the only line that a failed job said."""
    assert outcome.returncode == 1 and outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    return line


@pytest.mark.parametrize("name", WRITES)
def test_a_disk_that_takes_no_more_is_one_line_keeps_what_was_and_a_rerun_heals(tmp_path, name):
    (tmp_path / "kept").write_text("whole")
    line = one_line(job(tmp_path, WRITES[name], limit=100_000))
    assert line.startswith("kl-annealing: ") and "may not grow as large" in line
    assert (tmp_path / "kept").read_text() == "whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "logs"]
    assert job(tmp_path, WRITES[name]).returncode == 0
    assert name == "log" or (tmp_path / "kept").stat().st_size > 100_000


def test_a_file_in_the_place_of_the_folder_of_logs_is_one_line(tmp_path):
    (tmp_path / "logs").touch()
    assert "logs: a file is where a folder must be" in one_line(job(tmp_path, "None"))
    (tmp_path / "logs").unlink()
    assert job(tmp_path, "None").returncode == 0


def test_a_folder_in_the_place_of_a_result_is_one_line_that_names_it(tmp_path):
    (tmp_path / "kept").mkdir()
    line = one_line(job(tmp_path, "write_text('kept', 'x')"))
    assert "kept" in line and "a folder is where a file must be" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "logs"]


def test_a_job_does_not_begin_on_a_disk_that_is_all_but_full(tmp_path, monkeypatch):
    require_space(tmp_path)
    monkeypatch.setattr(storage, "MINIMUM_FREE", 2**60)
    with pytest.raises(InputError, match=r"MiB free on its disk, and a job begins with at least"):
        require_space(tmp_path)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full; what was whole before is kept"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "no permission"),
    ],
)
def test_the_systems_numbers_have_their_words(number, said):
    assert f"results/a.csv: {said}" in storage_problem(OSError(number, "", "results/a.csv"), "log")


def test_the_reason_is_found_behind_other_errors_and_in_their_text():
    hidden = RuntimeError("unexpected pos 704 vs 598")
    hidden.__context__ = OSError(errno.ENOSPC, "No space left on device")
    written = RuntimeError("Can't decrement id ref count (errno = 28, error message = '…')")
    for error in (hidden, written):
        line = storage_problem(error, "results/toy/train.log")
        assert line.startswith("the disk of results/toy: the disk is full")


@pytest.mark.parametrize("error", [ValueError("errno 28"), OSError("damaged"), KeyError("x")])
def test_other_errors_are_not_of_the_disk(error):
    assert storage_problem(error, "log") is None


def test_a_folder_that_is_closed_is_named_one_that_is_not_there_is_not(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    folders = tmp_path / "results", tmp_path / "data"
    assert closed_folder(folders) is None
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write to all but a mount
    assert closed_folder(folders).startswith(f"{tmp_path / 'results'}: may not be written to")
