import json
import subprocess

import pytest

from kl_annealing.jobs import provenance


def test_block_is_plain_and_names_code_data_packages_and_machine():
    block = provenance.provenance({"name": "ptb"}, seed=3)
    assert json.loads(json.dumps(block)) == block
    assert block["packages"]["torch"].startswith("2.")
    assert block["packages"]["scikit-learn"] and block["packages"]["pillow"]
    assert block["data"] == {"name": "ptb"}
    assert len(block["code"]["digest"]) == 12 and block["seed"] == 3
    assert (provenance.PACKAGE / "annealing.py").exists()  # the whole package counts


def git(folder, *arguments):
    own = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "-C", folder, *own, *arguments], check=True, capture_output=True)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the package's folder in a repository of its own, all of it committed."""
    folder = tmp_path / "workflow" / "scripts" / "kl_annealing"
    folder.mkdir(parents=True)
    (folder / "wheel.py").write_text("radius = 1\n")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "wheel")
    monkeypatch.setattr(provenance, "PACKAGE", folder)
    return folder


@pytest.mark.parametrize(
    ("place", "modified"),
    [
        (None, False),
        ("wheel.py", True),
        ("new.py", True),
        ("../../Rules", True),
        ("../../../a", False),
    ],
)
def test_what_differs_from_the_commit_is_said(package, place, modified):
    if place:
        (package / place).write_text("radius = 2\n")
    found = provenance._revision.__wrapped__()
    assert len(found["commit"]) == 40 and found["modified"] is modified


def test_a_repository_of_somebody_else_is_not_named(package, monkeypatch):
    copy = package.parents[2] / "theirs" / "workflow" / "scripts" / "kl_annealing"
    copy.mkdir(parents=True)
    monkeypatch.setattr(provenance, "PACKAGE", copy)
    assert provenance._revision.__wrapped__() == {}


def test_the_digest_is_of_every_file(tmp_path, monkeypatch):
    def digest():
        return provenance._digest.__wrapped__()

    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "wheel.py").write_text("radius = 1\n")
    first = digest()
    assert digest() == first
    (tmp_path / "parts" / "wheel.py").write_text("radius = 2\n")
    second = digest()
    (tmp_path / "parts" / "wheel.py").rename(tmp_path / "wheel.py")
    assert len({first, second, digest()}) == 3
