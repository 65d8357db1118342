"""What classifiers cannot be asked of is refused by name before any job starts."""

import copy
from pathlib import Path

import pytest
import yaml

from kl_annealing.config import classification_settings, validate
from kl_annealing.data import read_datasets
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())


def check(**changes):
    """Return the configuration of the study `yelp` alone, on the tenth, with keys of it changed."""
    config = copy.deepcopy(CONFIG)
    study = config["studies"]["yelp"] | {"grids": [{"schedule": ["cyclical_yelp"]}]} | changes
    config["studies"] = {"yelp": study}
    validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())
    return config


def problem(**changes):
    with pytest.raises(InputError) as caught:
        check(**changes)
    (line,) = str(caught.value).splitlines()
    return line


def test_nothing_is_classified_by_default_and_everything_has_defaults():
    found = classification_settings(check(classification={"draws": 3}))["yelp"]
    assert found["draws"] == 3 and found["fractions"] == [0.001, 0.01, 0.1, 1]
    assert found["published"]["epochs"] == 3000 and found["iterates"] == ["best"]
    plain = check(classification=None, figures=[], tables=[])
    assert classification_settings(plain) == {}


WRONG = {
    "no labels": (
        {"dataset": "ptb", "model": "lstm_fu2019", "classification": {}},
        ["classification: the sentences of dataset ptb have no labels; allowed: null"],
    ),
    "no latent": (
        {"model": "language_model_fu2019", "classification": {}, "figures": [], "tables": []},
        ["classification: model autoreg has no latent variable to classify by"],
    ),
    "no fraction": (
        {"classification": {"fractions": [0]}},
        ["studies.yelp.classification.fractions[0] = 0: must be greater than 0"],
    ),
    "more labels than sentences": (
        {"classification": {"fractions": [1.5]}},
        ["studies.yelp.classification.fractions[0] = 1.5: must be at most 1"],
    ),
    "fewer labels than classes": (
        {"classification": {"fractions": [0.00002, 1]}},
        [
            "classification.fractions = 2e-05",
            "fewer labels than its 2 classes; allowed: 4.5e-05 up",
        ],
    ),
    "more of a class than there are": (
        {"classification": {"samplings": ["balanced"], "fractions": [0.1, 1]}},
        ["classification.fractions = 1", "than its smallest class has; allowed: at most 0.796"],
    ),
    "an encoder that is not all of inference": (
        {"strategy": "sa_vae", "classification": {}},
        ["classification.classifiers = 'fine_tuned': strategy sa_vae refines posteriors"],
    ),
    "an unknown key": (
        {"classification": {"fraction": 0.1}},
        ["studies.yelp.classification: unknown key 'fraction'", "did you mean 'fractions'?"],
    ),
    "no mapping": (
        {"classification": True},
        ["studies.yelp.classification = true: give a mapping, or null to classify nothing"],
    ),
    "a table without classifiers": (
        {"classification": None, "figures": [], "tables": ["clustering"]},
        ["studies.yelp.classification = null: clustering is about classifiers; allowed: a mapping"],
    ),
    "a ranking with an autoencoder": (
        {"grids": [{"posterior": ["autoencoder"]}], "tables": ["ranking"]},
        ["posterior.kind = 'point': ranking compares bounds"],
    ),
    "sentences from the prior of an autoencoder": (
        {"grids": [{"posterior": ["autoencoder"]}], "generate": ["prior"]},
        ["generate: an autoencoder has no prior to draw from"],
    ),
}


@pytest.mark.parametrize(("changes", "parts"), WRONG.values(), ids=WRONG)
def test_one_line_says_what_is_wrong(changes, parts):
    line = problem(**changes)
    assert all(part in line for part in parts), line


def test_every_sentence_of_a_known_corpus_can_be_asked_for():
    check(classification={"fractions": [1]})
    check(classification={"samplings": ["balanced"], "fractions": [0.796]})
    check(classification={"samplings": ["uniform", "balanced"], "fractions": [0.1, 1]})
