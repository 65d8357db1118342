from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tiny():
    """Return the arguments that choose the tiny configuration."""
    return "--configfile", ROOT / "config.yaml", ROOT / "tests" / "pipeline" / "tiny.yaml"


@pytest.fixture(scope="session")
def alone():
    """Return a function that writes an overlay: all studies but these are left out."""
    names = yaml.safe_load((ROOT / "config.yaml").read_text())["studies"]

    def write(folder, studies, **settings):
        path = folder / "overlay.yaml"
        settings["studies"] = dict.fromkeys(names, False) | studies
        path.write_text(yaml.safe_dump(settings, sort_keys=False))
        return path

    return write


@pytest.fixture(scope="session")
def finished(snakemake, tmp_path_factory, tiny):
    """Return a folder in which the tiny configuration has run to its end."""
    folder = tmp_path_factory.mktemp("tiny")
    snakemake(folder, "--cores", "2", *tiny)
    return folder
