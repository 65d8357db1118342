"""The page on dialogs: its dialogs are read, its study is valid, and every key is explained."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from kl_annealing.config import validate
from kl_annealing.data import read_datasets
from kl_annealing.data.dialog.lines import KEYS, read_dialogs
from kl_annealing.data.sources import DIALOG_OPTIONS, dialog_options
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dialogs.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
LINES = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1]
OWN = yaml.safe_load(re.search(r"```yaml\n(datasets:.*?)```", PAGE, re.DOTALL)[1])
STUDY = OWN["studies"]["my_talk"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write the dialogs of the page where its dataset looks for them."""
    (tmp_path / "my").mkdir()
    for split in ("train", "valid", "test"):
        (tmp_path / "my" / f"{split}.jsonl").write_text(LINES)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my" / "train.jsonl"


def check(**changes):
    config = copy.deepcopy(CONFIG)
    study = {**STUDY, **changes}
    config |= {"datasets": OWN["datasets"], "studies": {"my_talk": study}}
    validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())


def test_the_dialogs_are_read(own):
    found = read_dialogs(own)
    assert [len(dialog.turns) for dialog in found.dialogs] == [2, 3]
    assert found.dialogs[0].turns[0].words == ["do", "you", "sing", "?"]
    assert found.counts["empty_utterances"] == 1 and found.counts["unknown_profiles"] == 2


def test_every_key_is_explained():
    rows = "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) >= {*KEYS, "age", "education", "sex"}


def test_the_own_dataset_names_every_option_with_its_default():
    own = OWN["datasets"]["my_talk"]
    assert set(DIALOG_OPTIONS) <= own.keys()
    default = dialog_options({"kind": "dialog_corpus"})
    for option in set(DIALOG_OPTIONS) - {"maximum_size", "vectors"}:
        assert dialog_options(own)[option] == default[option], option


def test_the_own_study_is_valid(own):
    check()


def test_tables_of_responses_need_responses(own):
    with pytest.raises(InputError) as caught:
        check(evaluation={"responses": None})
    said = str(caught.value).splitlines()
    tables = ("dialog_overlap", "dialog_diversity", "responses")
    assert said == [
        f"configuration: studies.my_talk.evaluation.responses = null: {name} is about responses; "
        "allowed: a mapping, {} is as published"
        for name in tables
    ]
    check(evaluation={"responses": None}, tables=["dialog_bounds"])


@pytest.mark.parametrize("name", ["dialog_bounds", "responses"])
def test_tables_of_dialogs_are_about_dialogs(name):
    config = copy.deepcopy(CONFIG)
    config["studies"] = {"toy": {**config["studies"]["toy"], "tables": [name]}}
    with pytest.raises(InputError, match=f"{name} is about dialogs; ten_sequences is none of them"):
        validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())


def test_every_named_table_is_there():
    named = set(re.findall(r"^`(dialog_\w+|responses)`", PAGE, re.MULTILINE))
    assert {"dialog_bounds", "dialog_overlap", "dialog_diversity", "responses"} <= set(TABLES)
    assert named <= set(CONFIG["studies"]["switchboard"]["tables"])
