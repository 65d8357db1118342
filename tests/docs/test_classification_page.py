"""The page on classification: its study is valid, and it names what there is."""

import copy
import re
from pathlib import Path

import yaml

from kl_annealing.config import validate
from kl_annealing.data import read_datasets
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies
from kl_annealing.schema import definition

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "classification.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def test_the_study_of_the_page_is_valid():
    block = yaml.safe_load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    config = copy.deepcopy(CONFIG)
    study = config["studies"]["techniques"] | block["studies"]["techniques"]
    config["studies"] = {"techniques": study}
    validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())


def test_every_classifier_is_explained():
    _, *rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)  # the first names the key
    known = definition("classification")["properties"]["classifiers"]["items"]["enum"]
    assert rows == known


def test_every_named_output_is_one_of_the_study():
    named = re.findall(r"(figures|tables)/yelp/(\w+)\.", PAGE)
    assert named and all(name in CONFIG["studies"]["yelp"][kind] for kind, name in named)
