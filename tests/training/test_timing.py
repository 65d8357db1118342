"""The peak of memory that provenance states: of the process, and on a GPU of its tensors."""

import subprocess
import sys

import torch

from kl_annealing.training import timing

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
