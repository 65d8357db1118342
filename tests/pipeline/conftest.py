from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """Give all tests of this folder to one worker: they share a finished workflow."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("pipeline"))


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
