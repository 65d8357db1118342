"""The scales compare what `config.yaml` compares."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from snakemake.utils import update_config

from kl_annealing.config import resolve, validate
from kl_annealing.data import dataset_digest, read_datasets
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import CLAIMS, claimed_studies, read_claims
from kl_annealing.reporting.study import matching

ROOT = Path(__file__).parents[2]


def at(scale):
    """Return the configuration at a scale: the full one with its overlay, if it has any."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    if scale:
        overlay = (ROOT / "workflow" / "scales" / f"{scale}.yaml").read_text(encoding="utf-8")
        update_config(config, yaml.safe_load(overlay))
    return config


@pytest.mark.parametrize("scale", [None, "small", "demo"])
def test_trainings_of_dialogs_differ_in_when_they_stop_alone(scale):
    trainings = at(scale)["trainings"]
    published, whole = (trainings[name] for name in ("switchboard", "switchboard_whole_cycles"))
    assert published.keys() == whole.keys()
    assert {key for key in whole if published[key] != whole[key]} == {"early_stopping"}


def row_of(run, datasets):
    """Return what selects a run in a metrics table."""
    original = datasets[run.names["dataset"]].get("stand_in_for", "")
    return {**run.names, "stand_in_for": original, "seed": run.settings["seed"]}


@pytest.mark.parametrize("scale", [None, "small", "demo"])
def test_a_claim_and_a_published_number_are_of_one_configuration(scale):
    config = at(scale)
    validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())
    datasets = read_datasets() | config["datasets"]
    runs_of = resolve(config, {name: dataset_digest(entry) for name, entry in datasets.items()})
    tables = {
        study: pd.DataFrame([row_of(run, datasets) for run in runs])
        for study, runs in runs_of.items()
    }
    entries = read_claims(CLAIMS)
    for entry in [*entries.claims, *entries.published]:
        for block in (entry, entry.get("left", {}), entry.get("right", {})):
            if "select" in block and entry["study"] in tables:
                runs = matching(tables[entry["study"]], block["select"])
                assert not runs["seed"].duplicated().any(), (entry["name"], block["select"])
                assert scale or len(runs), (entry["name"], block["select"])
