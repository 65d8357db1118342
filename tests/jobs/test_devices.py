import subprocess
import sys

import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs.devices import (
    device_name,
    random_states,
    reproducible,
    resolve_device,
    restore_random_states,
)
from kl_annealing.source_code import SCRIPTS


@pytest.fixture
def cpu() -> torch.device:
    return torch.device("cpu")


def test_cpu_is_always_there():
    assert resolve_device("cpu") == torch.device("cpu")
    assert device_name(torch.device("cpu")) == "cpu"


def test_without_a_gpu_auto_is_the_cpu_and_cuda_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == torch.device("cpu")
    with pytest.raises(InputError, match="set device to auto or cpu"):
        resolve_device("cuda")


def test_unknown_device_is_refused():
    with pytest.raises(InputError, match="'tpu' is not one of auto, cpu, cuda"):
        resolve_device("tpu")


def test_reproducible_seeds_and_restores(cpu):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    drawn = []
    for _ in range(2):
        with reproducible(cpu, 5, threads=1):
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.get_num_threads() == 1
            drawn.append(torch.rand(3))
    assert torch.equal(*drawn)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_reproducible_imports_no_compiler():
    code = (
        "import sys, torch; from kl_annealing.jobs.devices import reproducible\n"
        "with reproducible(torch.device('cpu'), 5): print('torch._inductor' in sys.modules)"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=SCRIPTS, check=True
    )
    assert outcome.stdout.strip() == "False"


def test_random_states_continue(cpu):
    with reproducible(cpu, 5):
        states = random_states(cpu)
        first = torch.rand(4)
        restore_random_states(states, cpu)
        assert torch.equal(torch.rand(4), first)
