import io
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs import gpu_slots
from kl_annealing.jobs.gpu_slots import (
    SCHEDULED,
    VISIBLE,
    claim,
    gpu_slot,
    slot_folder,
    visible_gpus,
)

HOLDER = """
import sys
from pathlib import Path
from kl_annealing.jobs.gpu_slots import claim
card, lock = claim(Path(sys.argv[1]), ["0"], 1)
print(card, flush=True)
sys.stdin.read()
"""


REAL = """
import torch
from kl_annealing.jobs.devices import resolve_device
from kl_annealing.jobs.gpu_slots import gpu_slot
with gpu_slot({"device": "cuda", "runs_per_gpu": 1}):
    print(resolve_device("cuda"), torch.cuda.device_count())
"""


@pytest.fixture(autouse=True)
def two_gpus(monkeypatch, tmp_path):
    """Let this machine have two GPUs and no scheduler."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(gpu_slots.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(gpu_slots, "_SECONDS_BETWEEN_TRIES", 0.01)
    for name in (VISIBLE, *SCHEDULED):
        monkeypatch.setenv(name, "")  # so that what a test sets is undone
        monkeypatch.delenv(name)


def runtime(runs_per_gpu=1, device="auto"):
    return {"device": device, "runs_per_gpu": runs_per_gpu}


def test_all_gpus_are_used_before_one_is_shared(tmp_path):
    claims = [claim(tmp_path, ["0", "1"], 2) for _ in range(5)]
    assert claims.pop() is None
    assert [card for card, _ in claims] == ["0", "1", "0", "1"]
    for _, lock in claims:
        lock.release()


def test_the_gpu_with_the_most_free_slots_is_taken(tmp_path):
    first, second, third = (claim(tmp_path, ["0", "1"], 2)[1] for _ in range(3))
    first.release()
    second.release()  # now GPU 0 has a run, on its second slot, and GPU 1 has none
    card, lock = claim(tmp_path, ["0", "1"], 2)
    assert card == "1"
    lock.release()
    third.release()


def test_a_killed_job_leaves_its_slot_free(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as holder:
        assert holder.stdout.readline() == "0\n"
        assert claim(tmp_path, ["0"], 1) is None
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    card, lock = claim(tmp_path, ["0"], 1)
    assert card == "0"
    lock.release()


def test_a_job_sees_its_gpu_alone():
    with gpu_slot(runtime()):
        assert os.environ[VISIBLE] == "0"
        assert claim(slot_folder(None), ["0"], 1) is None
    assert claim(slot_folder(None), ["0"], 1) is not None


def test_a_job_without_a_free_slot_waits_and_says_so_once(monkeypatch):
    monkeypatch.setenv(VISIBLE, "1")
    _, lock = claim(slot_folder(None), ["1"], 1)
    threading.Timer(0.2, lock.release).start()
    terminal = io.StringIO()
    with gpu_slot(runtime(), terminal):
        assert os.environ[VISIBLE] == "1"
    assert terminal.getvalue().count("all 1 x 1 slots of the GPUs are taken; waiting") == 1


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (None, ["0", "1"]),
        ("1", ["1"]),
        ("3, 1", ["3", "1"]),
        ("GPU-8a", ["GPU-8a"]),
        ("MIG-4b,MIG-5c,MIG-6d", ["MIG-4b", "MIG-5c", "MIG-6d"]),
        ("", []),
    ],
)
def test_the_users_list_is_what_is_shared_out(monkeypatch, listed, found):
    if listed is not None:
        monkeypatch.setenv(VISIBLE, listed)
    assert visible_gpus() == found


def test_listed_gpus_that_are_not_there_are_left_out(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)  # as torch counts those of a list
    monkeypatch.setenv(VISIBLE, "0,7")
    assert visible_gpus() == ["0"]


@pytest.mark.parametrize("name", SCHEDULED)
def test_the_gpu_that_a_scheduler_gave_has_slots_of_its_job(monkeypatch, tmp_path, name):
    monkeypatch.setenv(name, "17")
    monkeypatch.setenv(VISIBLE, "1")
    with gpu_slot(runtime()):
        assert os.environ[VISIBLE] == "1"
        (folder,) = tmp_path.iterdir()
        assert folder.name.endswith("-17") and claim(folder, ["1"], 1) is None


def test_a_folder_of_slots_that_is_a_link_is_refused(monkeypatch, tmp_path):
    folder = gpu_slots.slot_folder(None)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="made by another user"):
        gpu_slots.slot_folder(None)


def test_gpus_that_a_scheduler_gave_to_several_runs_are_shared_out(monkeypatch, tmp_path):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv(VISIBLE, "0,1")
    with gpu_slot(runtime()):
        assert os.environ[VISIBLE] == "0"
        (folder,) = tmp_path.iterdir()
        assert folder.name.endswith("-17")  # another job's GPU 0 is another GPU


def test_no_slot_without_a_gpu_or_for_the_cpu(monkeypatch, tmp_path):
    with gpu_slot(runtime(device="cpu")):
        assert VISIBLE not in os.environ
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with gpu_slot(runtime()):
        assert VISIBLE not in os.environ
    assert not list(tmp_path.iterdir())


def test_an_error_frees_the_slot():
    with pytest.raises(ZeroDivisionError), gpu_slot(runtime()):
        raise ZeroDivisionError
    assert claim(slot_folder(None), ["0"], 1) is not None


def test_jobs_that_start_at_once_take_different_slots(tmp_path):
    with ThreadPoolExecutor(10) as pool:
        claims = list(pool.map(lambda _: claim(tmp_path, ["0", "1", "2"], 2), range(10)))
    taken = [claimed for claimed in claims if claimed]
    assert sorted(card for card, _ in taken) == ["0", "0", "1", "1", "2", "2"]
    for _, lock in taken:
        lock.release()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_cuda_starts_with_the_gpu_of_the_slot_alone(tmp_path):
    paths = {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", REAL]
    told = subprocess.run(
        command, env={**os.environ, **paths}, capture_output=True, text=True, check=True
    )
    assert told.stdout == "cuda:0 1\n"
