"""Runs that start from another run's weights: which are trained, in which order, and the plan."""

import re

import pandas as pd
import pytest

GRID = {"schedule": ["monotonic_ptb", "cyclical_ptb"], "initial": ["pretrained"]}
PTB = {  # not there: nothing of the plan can be measured
    "dataset": "ptb",
    "grids": [GRID],
    "seeds": [0],
    "figures": [],
    "tables": [],
}


@pytest.fixture
def pretrained(tmp_path, tiny, alone):
    """Return the arguments that choose two runs on the weights of one."""
    return *tiny, alone(tmp_path, {"ptb": PTB})


@pytest.mark.parametrize("until", [[], ["--until", "train_run"]])
def test_two_runs_share_a_parent_that_is_trained_once_and_before(
    snakemake, tmp_path, pretrained, until
):
    told = snakemake(tmp_path, "--dry-run", *until, *pretrained).stdout
    job = r"^rule (train_\w+):\n +input: (.*)\n +output: results/runs/language_model/([^/]+)/"
    parent, *children = re.findall(job, told, re.MULTILINE)
    assert parent[0] == "train_parent" and "vae_constant-stop0" in parent[2]
    assert [rule for rule, *_ in children] == ["train_run"] * 2
    for _, files, name in children:
        assert "_pretrained-s0-" in name
        for file in ("best.pt", "config.json", "timing.json"):
            assert f"results/runs/language_model/{parent[2]}/{file}" in files


def test_the_plan_has_the_parent_beside_the_runs(snakemake, tmp_path, pretrained):
    told = snakemake(tmp_path, "--cores", "1", "plan", *pretrained).stderr
    assert "3 runs: 0 finished" in told
    plan = pd.read_csv(tmp_path / "results" / "tiny" / "plan.csv")
    assert list(plan["study"]) == ["ptb (parents)", "ptb", "ptb"]
    assert list(plan["configuration"]) == ["autoencoder", "monotonic_ptb", "cyclical_ptb"]
