"""A folder is held by one process until it ends; what the dead left is removed, nothing else."""

import os
import platform
import subprocess
import sys

import pytest

from kl_annealing.errors import InputError
from kl_annealing.jobs.working_folder import (
    changes_unasked,
    claim,
    forget_the_dead,
    goes_unlocked,
)

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
HOLDER = """
import sys
from pathlib import Path
from kl_annealing.jobs.working_folder import claim
claim(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "0.output.lock").write_text("results/a\n")
    return tmp_path


@pytest.fixture
def holder(folder):
    """A process that holds the folder."""
    command = [sys.executable, "-c", HOLDER, folder]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, env=ENVIRONMENT, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_at_work_is_refused_by_name_and_keeps_its_locks(folder, holder):
    named = f"process {holder.pid} on {platform.node()}, is at work in {folder.parent}"
    with pytest.raises(InputError, match=named):
        claim(folder)
    assert named in forget_the_dead(folder)
    assert (folder / "locks").exists()


def test_after_a_kill_the_locks_go_and_the_folder_is_free(folder, holder):
    holder.kill()
    holder.wait()
    assert forget_the_dead(folder) is None
    assert not (folder / "locks").exists()
    claim(folder)


def test_locks_of_another_machine_stay(folder):
    (folder / "at_work.txt").write_text("elsewhere 12")
    assert forget_the_dead(folder) is None
    assert (folder / "locks").exists()


@pytest.mark.parametrize("word", ["--unlock", "--unl", "--delete-all", "--delete-temp-output"])
def test_commands_that_ask_for_no_lock_are_known_also_when_abbreviated(word):
    assert changes_unasked(["--cores", "2", word])


def test_the_hook_is_missed_also_when_abbreviated():
    assert goes_unlocked(["-n", "--no-hook"]) and not goes_unlocked(["--nolock", "--no"])


def test_other_commands_may_look():
    assert not changes_unasked(["results/a", "--until", "all", "-n", "--", "--unlocked", "-", ""])
