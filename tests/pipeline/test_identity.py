"""What is the same work is not done again, however it is written; every job is a stub."""

import copy
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
STUB = "from pathlib import Path\n\nfor path in snakemake.output:\n    Path(path).touch()\n"
GRIDS = [{"schedule": ["cyclical"]}]
SIZES = {"train": 200, "valid": 40, "test": 40}
COSTLY = {"prepare_dataset", "train_run", "evaluate_run", "generate_text"}


@pytest.fixture(scope="module")
def config():
    """Return a configuration of one study with one run, on an own dataset."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    study = config["studies"]["ptb"]
    study |= {"dataset": "own", "grids": GRIDS, "seeds": [0], "figures": [], "tables": []}
    config["studies"] = {"ptb": study | {"generate": ["prior"]}}
    config["datasets"] = {"own": {"kind": "grammar", "grammar": {"topics": 3, "sizes": SIZES}}}
    return config


@pytest.fixture(scope="module")
def jobs(snakemake, tmp_path_factory, config):
    """Return a function: configuration -> jobs by rule that are to do after those of `config`."""
    folder = tmp_path_factory.mktemp("stubs")
    shutil.copy(ROOT / "Snakefile", folder)
    for part in ("workflow", "envs"):
        shutil.copytree(ROOT / part, folder / part)
    for script in (folder / "workflow" / "scripts").glob("*.py"):
        script.write_text(STUB)

    def run(config, *arguments):
        (folder / "own.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        files = "--snakefile", folder / "Snakefile", "--configfile", folder / "own.yaml"
        return snakemake(folder, *files, *arguments).stdout

    def counted(config, schema=None):
        """Count the jobs, with some files of the schema in place of the true ones."""
        schemas = folder / "workflow" / "schemas"
        for name, text in (schema or {}).items():
            (schemas / name).write_text(text)
        told = run(config, "--dry-run", "--quiet", "rules")
        shutil.copytree(ROOT / "workflow" / "schemas", schemas, dirs_exist_ok=True)
        return {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", told, re.MULTILINE)}

    run(config, "--cores", "2")
    return counted


def rewritten(value):
    """Return a configuration with its keys in reverse and 5 for 5.0."""
    if isinstance(value, Mapping):
        return {key: rewritten(item) for key, item in reversed(value.items())}
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def test_another_way_to_write_the_same(jobs, config):
    assert jobs(config) == {}
    other = rewritten(config)
    assert str(other["trainings"]["ptb"]) != str(config["trainings"]["ptb"])
    other["schedules"]["cyclical"] |= {"start": 0.0, "offset": 0}
    other["datasets"]["own"] |= {"minimum_count": 1}
    assert not COSTLY & jobs(other).keys()


def test_a_second_study_that_asks_for_the_same_run(jobs, config):
    other = copy.deepcopy(config)
    grid = {"schedule.ratio": [0.5], "schedule.cycles": [4], "schedule.shape": ["linear"]}
    other["studies"]["again"] = config["studies"]["ptb"] | {"grids": [grid]}
    assert not COSTLY & jobs(other).keys()


def test_another_value_is_another_run(jobs, config):
    other = copy.deepcopy(config)
    other["trainings"]["ptb"]["gradient_clip"] = 4.0
    assert jobs(other)["train_run"] == 1
    other = copy.deepcopy(config)
    other["datasets"]["own"]["minimum_count"] = 2
    assert jobs(other)["prepare_dataset"] == 1


def test_a_new_key_with_a_default_redraws_the_schedules_alone(jobs, config):
    names = ("config.schema.yaml", "dataset.schema.yaml")
    whole, dataset = (
        yaml.safe_load((ROOT / "workflow/schemas" / name).read_text()) for name in names
    )
    key = {"later": {"type": "integer", "default": 3, "description": "New."}}
    for block in ("model", "schedule", "learning_rate", "training"):
        whole["$defs"][block]["properties"] |= key
    dataset["properties"] |= key
    schema = {
        name: yaml.safe_dump(text) for name, text in zip(names, (whole, dataset), strict=True)
    }
    found = jobs(config, schema)
    assert not COSTLY & found.keys()
    assert found["plot_schedules"] == 4
