"""Grids become runs; a run is its configuration."""

import copy
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.config import evaluation_settings, resolve, validate
from kl_annealing.data import read_datasets
from kl_annealing.runs import canonical, identity

ROOT = Path(__file__).parents[2]
DIGESTS = {"ptb": "0" * 12, "ten_sequences": "1" * 12}


def configuration(**studies):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["studies"].update(studies)
    for study in config["studies"].values():
        if study:
            study.pop("figures", None), study.pop("tables", None)
    validate(config, read_datasets())
    return config


def test_full_grid():
    runs = resolve(configuration(), DIGESTS)
    assert {name: len(found) for name, found in runs.items()} == {
        "toy": 3 * 5,
        "ptb": (3 * 2 + 2) * 5,
        "ptb_ablation": 4 * 4 * 3,
    }
    folders = [run.folder for found in runs.values() for run in found]
    assert len(set(folders)) == len(folders)
    assert all("," not in folder and " " not in folder for folder in folders)


def test_single_keys_change_their_block_and_give_way():
    runs = resolve(configuration(), DIGESTS)["ptb_ablation"]
    chosen = [r for r in runs if r.names["schedule.cycles"] == 8 and r.names["schedule.ratio"] == 1]
    assert {run.settings["schedule"]["cycles"] for run in chosen} == {8}
    assert {run.settings["schedule"]["ratio"] for run in chosen} == {1.0}
    assert {run.settings["schedule"]["shape"] for run in chosen} == {"linear", "sigmoid", "cosine"}


def test_equal_settings_under_other_names_are_one_run():
    config = configuration()
    config["schedules"]["another_name"] = copy.deepcopy(config["schedules"]["cyclical"])
    config["studies"]["toy"]["grids"] = [{"schedule": ["cyclical", "another_name"]}]
    runs = resolve(config, DIGESTS)["toy"]
    assert len(runs) == 10 and len({run.folder for run in runs}) == 5


def test_a_default_written_out_is_the_same_run():
    plain, explicit = configuration(), configuration()
    explicit["schedules"]["cyclical"]["start"] = 0
    assert [run.folder for run in resolve(plain, DIGESTS)["toy"]] == [
        run.folder for run in resolve(explicit, DIGESTS)["toy"]
    ]


def test_language_model_does_not_depend_on_beta():
    base = {"task": "language_model", "dataset": "ptb", "model": "language_model_fu2019"}
    grid = {"schedule": ["constant", "cyclical"]}
    config = configuration(ptb={**base, "training": "ptb", "grids": [grid]})
    runs = resolve(config, DIGESTS)["ptb"]
    assert len({run.folder for run in runs}) == 1


def test_a_whole_number_has_one_form_however_it_is_written():
    plain, other = configuration(), configuration()
    plain["trainings"]["ptb"]["gradient_clip"] = 5
    other["trainings"]["ptb"]["gradient_clip"] = 5.0
    settings = [repr([run.settings for run in resolve(c, DIGESTS)["ptb"]]) for c in (plain, other)]
    assert settings[0] == settings[1]


def test_every_change_is_a_new_folder():
    config = configuration()
    before = {run.folder for run in resolve(config, DIGESTS)["ptb"]}
    config["trainings"]["ptb"]["gradient_clip"] = 4.0
    assert before.isdisjoint(run.folder for run in resolve(config, DIGESTS)["ptb"])
    other_data = {**DIGESTS, "ptb": "2" * 12}
    assert before.isdisjoint(run.folder for run in resolve(configuration(), other_data)["ptb"])


def test_a_study_that_is_false_has_no_runs():
    assert "ptb" not in resolve(configuration(ptb=False), DIGESTS)


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.booleans(), st.text())))
def test_identity_ignores_order_only(settings):
    reversed_order = dict(reversed(settings.items()))
    assert identity(settings) == identity(reversed_order)
    assert identity(settings) != identity({**settings, "one more": 1})


def test_whole_floats_and_integers_are_the_same_number():
    assert canonical({"a": 5.0}) == canonical({"a": 5})
    assert canonical({"a": True}) != canonical({"a": 1})


def test_a_study_may_be_measured_in_its_own_way():
    config = configuration()
    config["evaluation"] |= {"precision": "bfloat16", "batch_size": 7}
    toy, ptb = (evaluation_settings(config, study) for study in ("toy", "ptb"))
    assert ptb == config["evaluation"]
    assert toy == ptb | config["studies"]["toy"]["evaluation"]
    assert toy["precision"] == "float32" and toy["batch_size"] == 7
    assert identity(toy) != identity(ptb)
