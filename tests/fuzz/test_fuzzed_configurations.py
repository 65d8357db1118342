"""Mutated configurations: runs that make sense or lines on what is wrong, never a traceback."""

import json
import math
import os
from random import Random

import pytest
from fuzz.configurations import mutated

from kl_annealing.config import (
    classification_settings,
    evaluation_settings,
    resolve,
    validate,
)
from kl_annealing.data import dataset_digest, read_datasets
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies
from kl_annealing.training.plan import Plan

ROUNDS = int(os.environ.get("FUZZ", 200))
DATASETS, CLAIMED = read_datasets(), claimed_studies()
STEPS_PER_EPOCH = 7


def runs_of(config):
    """Return the runs of a configuration, as the Snakefile does."""
    validate(config, DATASETS, FIGURES, TABLES, CLAIMED)
    datasets = {**DATASETS, **config["datasets"]}
    digests = {name: dataset_digest(entry) for name, entry in datasets.items()}
    studies = resolve(config, digests)
    for study in studies:
        json.dumps(evaluation_settings(config, study), allow_nan=False)
    classification_settings(config)
    return [run for runs in studies.values() for run in runs]


def require_sense(run):
    """Fail unless a run can be written down and its schedules are finite where it begins."""
    json.dumps(run.settings, allow_nan=False)
    plan = Plan.of(run.settings, STEPS_PER_EPOCH)
    assert plan.total_steps > 0
    for step in range(min(plan.total_steps, 30)):
        assert plan.beta(step) >= 0 and math.isfinite(plan.beta(step))
        assert plan.learning_rate(step) >= 0 and math.isfinite(plan.learning_rate(step))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_mutated_configuration_makes_sense_or_is_named(number):
    config, done = mutated(Random(number))
    print(*done, sep="\n")
    try:
        runs = runs_of(config)
    except InputError as error:
        lines = str(error).splitlines()
        assert lines and all(line.startswith("configuration: ") for line in lines), lines
    else:
        assert runs
        for run in runs[:3]:
            require_sense(run)
