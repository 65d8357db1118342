"""One archive of results: the same content, the same bytes; nothing from elsewhere."""

import os
import tarfile

import pytest

from kl_annealing.data.archives import unpack
from kl_annealing.errors import InputError
from kl_annealing.reporting.archive import pack

FILES = {"results/a/config.yaml": "experiment: a\n", f"results/runs/{'x' * 150}/b.json": "{}\n"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Go to a folder that has FILES."""
    folder = tmp_path / "work"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    return folder


def test_members_come_back_under_their_paths(folder, tmp_path):
    pack(FILES, "results/a.tar.gz")
    unpack("results/a.tar.gz", tmp_path / "there", maximum_size=1000)
    found = [path for path in (tmp_path / "there").rglob("*") if path.is_file()]
    assert {str(p.relative_to(tmp_path / "there")): p.read_text() for p in found} == FILES


def test_order_time_owner_and_permissions_do_not_count(folder):
    pack(FILES, "first.tar.gz")
    for number, name in enumerate(FILES):
        os.utime(name, (number, number))
        os.chmod(name, 0o600)
    pack([*reversed(FILES), next(iter(FILES))], "renamed.tar.gz")
    first, second = (folder / name for name in ("first.tar.gz", "renamed.tar.gz"))
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        assert archive.getnames() == sorted(FILES, reverse=True)  # the run first
        assert {(m.mtime, m.uid, m.uname, m.mode) for m in archive} == {(0, 0, "", 0o644)}


def test_a_run_is_unpacked_before_its_evaluations(folder):
    run, measured = folder / "run", folder / "run/evaluations/a"
    measured.mkdir(parents=True)
    names = [run / "config.json", measured / "metrics.json", run / "timing.json"]
    for path in names:
        path.touch()
    pack([path.relative_to(folder) for path in names], "a.tar.gz")
    with tarfile.open("a.tar.gz") as archive:
        assert archive.getnames()[-1] == "run/evaluations/a/metrics.json"


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside.txt"])
def test_a_path_outside_is_refused_and_nothing_is_left(folder, path):
    with pytest.raises(InputError, match="outside the working folder"):
        pack([*FILES, path], "results/a.tar.gz")
    assert sorted(p.name for p in (folder / "results").iterdir()) == ["a", "runs"]


def test_a_failure_keeps_the_archive_that_was_there(folder):
    pack(FILES, "a.tar.gz")
    before = (folder / "a.tar.gz").read_bytes()
    with pytest.raises(FileNotFoundError):
        pack([*FILES, "results/lost.csv"], "a.tar.gz")
    assert (folder / "a.tar.gz").read_bytes() == before
