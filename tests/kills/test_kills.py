"""Kills at random moments: the next `snakemake` ends with the same results, bit for bit.

KILLS=50 pytest -m kills tests/kills: one test a kill, drawn by its number alone.
"""

import os
import random
import time
from dataclasses import dataclass

import psutil
import pytest
from kills.workflow import Workflow, forget, made

pytestmark = pytest.mark.kills
ROUNDS = int(os.environ.get("KILLS", 50))


@dataclass(frozen=True)
class Moment:
    """When to kill: up to `seconds` after a file is there, once what `forgotten` names is gone."""

    pattern: str
    seconds: float
    forgotten: tuple[str, ...]


REPORTS = "results/tiny/metrics", "results/tiny/tables"
MEASURED = "results/runs/*/*/evaluations", *REPORTS
RUNS = "results/runs", *REPORTS
MOMENTS = {
    "start": Moment("Snakefile*", 6, RUNS),
    "preparation": Moment("data/logs/prepare_*.log", 1, ("data", *RUNS)),
    "training": Moment("results/runs/*/*/unfinished/checkpoint.pt", 2, RUNS),
    "checkpoint": Moment("results/runs/*/*/unfinished/.checkpoint-*.pt", 0, RUNS),
    "results": Moment("results/runs/*/*/unfinished/last.pt", 0.01, RUNS),
    "evaluation": Moment("results/runs/*/*/evaluations/*/evaluate.log", 3, MEASURED),
    "tables": Moment("results/tiny/metrics/toy.log", 4, REPORTS),
}
OFTEN = ("training", "checkpoint", "evaluation", "tables")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kills")


@pytest.fixture(scope="module")
def undisturbed(folder):
    code, told = Workflow(folder).end()
    assert code == 0, told
    return made(folder)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_kill_changes_nothing(folder, undisturbed, number, record_property):
    chance = random.Random(number)
    name = chance.choice((*MOMENTS, *OFTEN))
    victim = chance.choice(("a job", "Snakemake", "all"))
    moment = MOMENTS[name]
    forget(folder, *moment.forgotten)
    killed = Workflow(folder)
    if name != "start":
        killed.wait_for(moment.pattern)
    time.sleep(chance.uniform(0, moment.seconds))
    record_property("killed", f"{name}: {kill(killed, victim, chance)}")
    killed.end()
    code, told = Workflow(folder, "again.log").end()
    assert code == 0 and "Traceback" not in told, told
    assert made(folder) == undisturbed


def kill(workflow, victim, chance):
    """Kill the victim, or Snakemake where there is no job; return what happened."""
    jobs = workflow.jobs() if workflow.process.poll() is None else {}
    at_work = " + ".join(sorted(jobs.values())) or "no job"
    if workflow.process.poll() is not None:
        return "nothing, all was over"
    if victim == "a job" and jobs:
        chosen = chance.choice(sorted(jobs, key=lambda job: job.pid))
        try:
            chosen.kill()
        except psutil.NoSuchProcess:
            return f"{jobs[chosen]}, which had just ended"
        return jobs[chosen]
    if victim == "all":
        workflow.kill_all()
        return f"all, with {at_work}"
    workflow.process.kill()
    return f"Snakemake alone, with {at_work}"
