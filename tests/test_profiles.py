"""The Slurm profile speaks of the rules that there are; each rule has its place on a cluster."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
RULES = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
RULE = re.compile(r"^rule (\w+):\n((?:[ \t]+.*\n|\n)+)", flags=re.MULTILINE)
USED = re.compile(r"^use rule (\w+) as (\w+) with:", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def profile():
    return yaml.safe_load((ROOT / "workflow/profiles/slurm/config.yaml").read_text())


@pytest.fixture(scope="module")
def submitted():
    """Return the text of every rule that is not run where Snakemake is, by its name."""
    rules = {name: text for name, text in RULE.findall(RULES) if "localrule: True" not in text}
    return rules | {copy: rules[name] for name, copy in USED.findall(RULES) if name in rules}


def test_every_rule_that_is_submitted_asks_for_memory_and_time_by_attempt(profile, submitted):
    assert set(profile["set-resources"]) == set(submitted)
    for resources in profile["set-resources"].values():
        assert re.fullmatch(r"attempt \* \d+", resources["mem_mb"])
        assert re.fullmatch(r"attempt \* \d+", resources["runtime"])


def test_rules_with_a_gpu_go_to_its_partition_and_no_others(profile, submitted):
    default = profile["default-resources"]["slurm_partition"]
    for name, text in submitted.items():
        partition = profile["set-resources"][name].get("slurm_partition", default)
        assert partition == ("gpu" if "gpu=" in text else "cpu"), name


def test_an_attempt_asks_for_no_less_than_the_rule(profile, submitted):
    for name, text in submitted.items():
        asked = int(profile["set-resources"][name]["mem_mb"].removeprefix("attempt * "))
        (least,) = re.findall(r"mem_mb=(\d+)", text)
        assert asked >= int(least), name


def test_groups_are_of_rules_that_are_submitted(profile, submitted):
    assert set(profile["groups"]) <= set(submitted)
    assert set(profile["groups"].values()) == set(profile["group-components"])


def test_what_a_killed_snakemake_had_under_way_is_made_anew(profile):
    default = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())
    assert profile["rerun-incomplete"] is default["rerun-incomplete"] is True


def test_attempts_are_the_profile_s_alone(profile):
    """Retries of a rule would repeat inside the Slurm job, with the memory that was too little."""
    assert profile["retries"] > 0 and "retries:" not in RULES and "attempt" not in RULES


def test_snakemake_submits_by_the_profile(snakemake, tmp_path):
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="the extra slurm brings it")
    tiny = ROOT / "tests/pipeline/tiny.yaml", ROOT / "tests/slurm/overlay.yaml"
    arguments = ("--workflow-profile", ROOT / "workflow/profiles/slurm", "--dry-run")
    files = ("--configfile", ROOT / "config.yaml", *tiny)
    planned = snakemake(tmp_path, *arguments, *files).stdout
    asked = dict(re.findall(r"rule (\w+):\n(?: +(?!resources).*\n)* +resources: (.*)\n", planned))
    for part in ("slurm_partition=gpu", "gpu=1", "mem_mb=8000", "runtime=720"):
        assert part in asked["train_run"]
    assert "slurm_partition=cpu" in asked["prepare_dataset"] and "Group job texts" in planned
