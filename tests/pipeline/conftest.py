import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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


@pytest.fixture(scope="session")
def tiny():
    """Return the arguments that choose the tiny configuration."""
    return "--configfile", ROOT / "config.yaml", ROOT / "tests" / "pipeline" / "tiny.yaml"


@pytest.fixture(scope="session")
def finished(tmp_path_factory, tiny):
    """Return a folder in which the tiny configuration has run to its end."""
    folder = tmp_path_factory.mktemp("tiny")
    snakemake(folder, "--cores", "2", *tiny)
    return folder
