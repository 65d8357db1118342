"""A job whose Snakemake is killed is asked to end; one whose Snakemake lives goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kl_annealing.jobs.orphans import PARENT

JOB = """
import time
from kl_annealing.jobs.orphans import end_with_snakemake
end_with_snakemake()
time.sleep(1)
print("went on")
"""


def job(**environment):
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    inherited = {name: value for name, value in os.environ.items() if name != PARENT}
    command, options = [sys.executable, "-c", JOB], {"stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env={**inherited, **path, **environment}, **options)


def outcome(process):
    return process.communicate(timeout=30)[0], process.returncode


def test_a_job_ends_with_its_snakemake():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as snakemake:
        started_by_it = {PARENT: str(snakemake.pid)}
        assert outcome(job(**started_by_it)) == ("went on\n", 0)
        under_way = job(**started_by_it)
        time.sleep(0.3)
        snakemake.kill()
        snakemake.wait()
        assert outcome(under_way) == ("", -signal.SIGTERM)
        assert outcome(job(**started_by_it)) == ("", -signal.SIGTERM)


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="Linux tells the state of a process"
)
def test_a_snakemake_that_nobody_reaps_is_gone_too():
    snakemake = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    under_way = job(**{PARENT: str(snakemake.pid)})
    time.sleep(0.3)
    snakemake.kill()  # and not waited for: it stays listed
    assert outcome(under_way) == ("", -signal.SIGTERM)
    snakemake.communicate()


def test_a_process_of_no_snakemake_goes_on():
    assert outcome(job()) == ("went on\n", 0)
