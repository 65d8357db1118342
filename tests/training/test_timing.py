"""What timing.json says of the processes that trained, and the peak of memory of each."""

import subprocess
import sys

import pytest
import torch

from kl_annealing.training import timing
from kl_annealing.training.timing import COUNTS, Timing

MEASURE = """
import torch
from kl_annealing.training.timing import peak_memory_mb
before = peak_memory_mb(torch.device("cpu"))
torch.ones(40 * 2**20)  # 160 MiB, freed at once
print(peak_memory_mb(torch.device("cpu")) - before)
"""


def test_on_the_cpu_it_is_that_of_the_process_alone_and_stays_when_memory_is_freed():
    ballast = torch.ones(200 * 2**20)  # 800 MiB of the process that starts the other
    command = [sys.executable, "-c", MEASURE]
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": ""}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert ballast.all() and 150 < float(told.stdout) < 250


def test_where_the_system_tells_no_peak_it_is_that_of_its_accounts(monkeypatch):
    monkeypatch.setattr(timing.Path, "read_text", lambda path: "Name: python\n")
    assert timing.peak_memory_mb(torch.device("cpu")) > 10


def test_on_a_gpu_it_is_that_of_its_tensors(monkeypatch):
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 3 * 2**20)
    assert timing.peak_memory_mb(torch.device("cuda")) == 3.0


CPU = torch.device("cpu")


@pytest.fixture
def process(monkeypatch):
    """A function that does some steps as another process; returns its state and its summary."""

    def do(steps, commit, device, peak, after=None, precision="float32"):
        code = {"code": {"commit": commit, "modified": False}}
        monkeypatch.setattr(timing, "of_this_process", lambda: code)
        monkeypatch.setattr(timing, "device_name", lambda _: device)
        monkeypatch.setattr(timing, "peak_memory_mb", lambda _: peak)
        this = Timing(CPU, precision)
        if after is not None:
            this.load_state_dict(after)
        for _ in range(steps):
            this.add(8, 40)
        with this.paused():
            return this.state_dict(), this.summary()

    return do


def test_one_process_is_one_session(process):
    _, summary = process(3, "a", "cpu", 10.0)
    (session,) = summary["sessions"]
    assert (session["first_step"], session["last_step"]) == (0, 3)
    assert {name: session[name] for name in COUNTS} == {name: summary[name] for name in COUNTS}
    assert session["code"] == {"commit": "a", "modified": False}


def test_each_process_has_its_own_record_and_the_totals_are_of_all(process):
    first, _ = process(3, "a", "cpu", 30.0)
    second, _ = process(0, "b", "H100", 10.0, first)
    _, summary = process(2, "c", "H100", 20.0, second, "bfloat16")
    sessions = summary["sessions"]
    steps = [(each["first_step"], each["last_step"]) for each in sessions]
    assert steps == [(0, 3), (3, 3), (3, 5)]
    assert [each["code"]["commit"] for each in sessions] == ["a", "b", "c"]
    assert [each["device"] for each in sessions] == ["cpu", "H100", "H100"]
    assert [each["examples"] for each in sessions] == [24, 0, 16]
    assert [each["precision"] for each in sessions] == ["float32", "float32", "bfloat16"]
    assert (summary["examples"], summary["tokens"]) == (40, 200)
    assert summary["seconds"] == sum(each["seconds"] for each in sessions) > 0
    assert (summary["peak_memory_mb"], summary["device"]) == (30.0, "cpu, H100")
    assert summary["precision"] == "float32, bfloat16"


def test_a_system_that_tells_no_peak_has_none(process):
    assert process(1, "a", "cpu", None)[1]["peak_memory_mb"] is None


@pytest.mark.parametrize("state", [{}, {"sessions": []}, {"sessions": [{"last_step": 3}]}])
def test_a_state_of_another_layout_is_not_gone_on_from(state):
    with pytest.raises((LookupError, ValueError)):
        Timing(CPU, "float32").load_state_dict(state)
