import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
import torch

# A busy machine is no failure of an example.
hypothesis.settings.register_profile("any_speed", deadline=None)
hypothesis.settings.load_profile("any_speed")

ROOT = Path(__file__).parents[1]


def snakemake(folder, *arguments, check=True):
    """Run the repository's Snakefile in `folder`."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--directory", folder, *arguments]
    outcome = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if check and outcome.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{outcome.stdout}\n{outcome.stderr}")
    return outcome


@pytest.fixture(scope="session", name="snakemake")
def snakemake_fixture():
    return snakemake


@pytest.fixture
def cpu() -> torch.device:
    return torch.device("cpu")


@pytest.fixture
def with_bfloat16(monkeypatch):
    """A function that gives the processor instructions for bfloat16, or takes them away."""

    def give(native):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": native})
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)

    return give
