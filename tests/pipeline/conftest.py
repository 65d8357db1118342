from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tiny():
    """Return the arguments that choose the tiny configuration."""
    return "--configfile", ROOT / "config.yaml", ROOT / "tests" / "pipeline" / "tiny.yaml"


@pytest.fixture(scope="session")
def finished(snakemake, tmp_path_factory, tiny):
    """Return a folder in which the tiny configuration has run to its end."""
    folder = tmp_path_factory.mktemp("tiny")
    snakemake(folder, "--cores", "2", *tiny)
    return folder
