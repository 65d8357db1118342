"""The page on tense conversion: its files are read, its study is valid, mistakes are one line."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from kl_annealing.config import validate
from kl_annealing.data import read_corpus, read_datasets
from kl_annealing.data.sources import tense_options
from kl_annealing.data.tense.prepare import prepare_tenses
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tense.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
VERBS, CONVERSIONS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
OWN = yaml.safe_load(re.search(r"```yaml\n(datasets:.*?)```", PAGE, re.DOTALL)[1])
DATASET = OWN["datasets"]["my_verbs"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write the files of the page where its dataset looks for them."""
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "verbs.txt").write_text(VERBS)
    (tmp_path / "my" / "conversions.txt").write_text(CONVERSIONS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(dataset=None, **changes):
    config = copy.deepcopy(CONFIG)
    study = {**OWN["studies"]["my_verbs"], **changes}
    config |= {"datasets": {"my_verbs": {**DATASET, **(dataset or {})}}}
    config |= {"studies": {"my_verbs": study}}
    validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())


def test_the_files_are_prepared(own):
    files = {split: DATASET[split] for split in ("train", "test")}
    prepare_tenses("my_verbs", DATASET, files, own / "my_verbs.h5")
    found = read_corpus(own / "my_verbs.h5")
    assert found.verbs[0] == ("go", "goes", "going", "went") and len(found.verbs) == 3


def test_the_study_is_valid_and_its_options_are_the_defaults(own):
    check()
    default = tense_options({"kind": "tense_corpus"})
    assert DATASET["held_out"] == default["held_out"]


WRONG = [
    ({"conversions": [["sp", "past"]]}, {}, "'past': allowed: sp, tp, pg, p"),
    ({"train": "no.txt"}, {}, "datasets.my_verbs.train = 'no.txt': no such file"),
    ({"valid": "my/verbs.txt"}, {}, "kind tense_corpus takes no valid"),
    ({}, {"model": "lstm_toy"}, "the model is of kind vae; tense takes tense_vae"),
    ({}, {"generate": ["prior"]}, "words need a tense; allowed: the tables conversions and tuples"),
    ({}, {"strategy": "aggressive"}, "strategy aggressive always reads the true words"),
    ({}, {"posterior": "iaf"}, "is not defined for model tense_vae; allowed: gaussian"),
    ({}, {"grids": [{"model.hidden_dim": [4]}]}, "the condition takes 4 of them; allowed: 5 up"),
    ({}, {"grids": [{"teacher_forcing.stop": [2]}]}, "a ratio of updates; allowed: 0 to 1"),
]


@pytest.mark.parametrize(("dataset", "study", "said"), WRONG)
def test_a_mistake_is_one_line(own, dataset, study, said):
    with pytest.raises(InputError) as caught:
        check(dataset, **study)
    lines = str(caught.value).splitlines()
    assert len(lines) == 1 and said in lines[0]


def test_other_tasks_force_every_update():
    config = copy.deepcopy(CONFIG)
    toy = {**config["studies"]["toy"], "teacher_forcing": "forcing_half"}
    config["studies"] = {"toy": toy}
    with pytest.raises(InputError, match="model vae always reads the true words"):
        validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())


def test_tables_of_tenses_are_about_verbs():
    config = copy.deepcopy(CONFIG)
    config["studies"] = {"toy": {**config["studies"]["toy"], "tables": ["tense_scores"]}}
    with pytest.raises(InputError, match="tense_scores is about verbs in four tenses"):
        validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())
