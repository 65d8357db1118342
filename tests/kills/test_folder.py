"""What Snakemake finds in its folder: another Snakemake at work, or no way to write."""

import pytest
from kills.workflow import Workflow, made

pytestmark = pytest.mark.kills


def test_of_two_that_start_at_once_one_works(tmp_path):
    both = [Workflow(tmp_path, f"{number}.log") for number in range(2)]
    (code, told), (refused, why) = sorted(workflow.end() for workflow in both)
    assert (code, refused) == (0, 1), told + why
    assert "is at work in" in why or "Directory cannot be locked" in why, why
    assert "Traceback" not in why and list(tmp_path.glob("results/tiny/claims.csv"))


def test_one_that_comes_later_is_told_who_is_at_work(tmp_path):
    first = Workflow(tmp_path)
    first.wait_for("results/runs/*/*/unfinished")
    code, told = Workflow(tmp_path, "second.log").end()
    assert code == 1 and "Traceback" not in told
    assert f"another snakemake, process {first.process.pid} on " in told
    code, told = first.end()
    assert code == 0, told


@pytest.mark.parametrize("command", ["--unlock", "--delete-all-output"])
def test_nothing_is_unlocked_or_deleted_where_one_is_at_work(tmp_path, command):
    first = Workflow(tmp_path)
    first.wait_for("results/runs/*/*/unfinished/checkpoint.pt")
    first.stop()
    try:
        before = made(tmp_path), locks(tmp_path)
        code, told = Workflow(tmp_path, "second.log", command).end()
        assert (made(tmp_path), locks(tmp_path)) == before and all(before)
    finally:
        first.go_on()
    assert code != 0 and "Traceback" not in told
    assert f"another snakemake, process {first.process.pid} on " in told
    code, told = first.end()
    assert code == 0, told


def locks(folder):
    """Return what Snakemake's lock files say, by their names."""
    return {path.name: path.read_text() for path in folder.glob(".snakemake/locks/*")}


def test_a_folder_that_nothing_can_be_written_to_is_one_line(tmp_path):
    (tmp_path / ".snakemake").touch()
    workflow = Workflow(tmp_path)
    code, told = workflow.end()
    assert code == 1 and "Traceback" not in told
    assert f"{tmp_path}/.snakemake: a file is where a folder must be" in told
    (tmp_path / ".snakemake").unlink()
    assert Workflow(tmp_path).end()[0] == 0
