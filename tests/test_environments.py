"""What is pinned for pip, for conda and asked for by the project is one and the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def name_of(requirement):
    """Return the name of a distribution in its one spelling."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


@pytest.fixture
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture
def conda():
    """Return the conda packages, and the pins that pip installs beside them."""
    *packages, pip = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())["dependencies"]
    return packages, pip["pip"]


@pytest.fixture
def locked():
    """Return the pinned version of every distribution."""
    lines = (ROOT / "envs/requirements.txt").read_text().splitlines()
    pins = (line.split("==") for line in lines if not line.startswith("#"))
    return {name_of(name): version for name, version in pins}


def test_jobs_under_conda_have_the_versions_of_the_lock(conda, locked):
    pins = dict(line.split("==") for line in conda[1])
    assert {name: locked[name_of(name)] for name in pins} == pins


def test_jobs_under_conda_have_what_the_project_needs(conda, project):
    assert {name_of(line) for line in conda[1]} == set(map(name_of, project["dependencies"]))


def test_conda_has_a_python_that_the_project_allows(conda, project):
    (version,) = (line.split("=")[1] for line in conda[0] if line.startswith("python="))
    least = project["requires-python"].removeprefix(">=")
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split(".")))


def test_everything_that_the_project_names_is_locked(project, locked):
    asked = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    assert set(map(name_of, asked)) - {name_of(project["name"])} <= set(locked)
