"""Grids become runs; a run is its configuration."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing import counted
from kl_annealing.axes import AXES
from kl_annealing.canonical import canonical, identity
from kl_annealing.config import evaluation_settings, resolve, validate
from kl_annealing.counted import counted_part, settings_of
from kl_annealing.data import read_datasets
from kl_annealing.schema import definition

ROOT = Path(__file__).parents[2]
NAMES = (
    "ptb", "ten_sequences", "omniglot", "yahoo", "yelp_2013", "synthetic", "yelp_short_s10",
    "yelp_short", "switchboard", "tense",
)  # fmt: skip
DIGESTS = {name: str(number) * 12 for number, name in enumerate(NAMES)}


def configuration(**studies):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["studies"].update(studies)
    for study in config["studies"].values():
        if study:
            study.pop("figures", None), study.pop("tables", None)
    validate(config, read_datasets(), {}, {}, ())
    return config


def test_full_grid():
    runs = resolve(configuration(), DIGESTS)
    assert {name: len(found) for name, found in runs.items()} == {
        "toy": 3 * 5,
        "ptb": (3 * 2 + 2) * 5,
        "ptb_savae": 2 * 2 * 3,
        "ptb_ablation": 4 * 4 * 3,
        "techniques": 13 * 3,
        "yelp": 2 * (1 + 2 * 2) * 5,
        "lagging_text": (3 * (7 + 2 * 2 + 1) + 3) * 5,
        "posterior_mean": 2 * 5,
        "images": (2 * 2 + 4 + 1) * 5,
        "switchboard": (3 * 2 * 2 + 2 + 2 + 2) * 5,
        "tense": 14 * 5,
    }
    folders = [run.folder for found in runs.values() for run in found]
    shared = 2 * 3  # of techniques and yelp: two schedules, three seeds
    assert len(set(folders)) == len(folders) - shared
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


def test_a_run_asked_for_twice_counts_once():
    grids = [
        {"schedule": ["cyclical"], "schedule.cycles": [1, 4], "schedule.ratio": [0.5, 1]},
        {"schedule.ratio": [1.0], "schedule": ["cyclical"], "schedule.cycles": [4]},
    ]
    runs = resolve(configuration(toy={**TOY, "grids": grids}), DIGESTS)["toy"]
    assert len(runs) == len({run.folder for run in runs}) == 4


def test_the_text_of_what_counts_stands_for_the_whole_settings():
    for runs in resolve(configuration(), DIGESTS).values():
        for run in runs:
            assert settings_of(canonical(run.counted)) == run.settings


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


def test_an_autoencoder_does_not_depend_on_beta():
    config = configuration()
    config["posteriors"]["autoencoder"] = {"kind": "point"}
    study = config["studies"]["techniques"]
    study["grids"] = [{"posterior": ["autoencoder"], "schedule": ["constant", "cyclical_yelp"]}]
    runs = resolve(config, DIGESTS)["techniques"]
    assert len({run.folder for run in runs}) == len(study["seeds"])
    assert {run.settings["schedule"]["shape"] for run in runs} == {"constant"}
    assert all("constant" not in run.title and "_point" in run.title for run in runs)


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


def grid_of(**axes):
    """Return the schedules of a study whose one grid has these axes, in order."""
    config = configuration(toy={**TOY, "grids": [axes]})
    return [run.settings["schedule"] for run in resolve(config, DIGESTS)["toy"]]


TOY = {"task": "toy", "dataset": "ten_sequences", "model": "lstm_toy", "training": "toy"}


def test_a_changed_shape_gets_its_own_keys():
    linear, sigmoid, constant = grid_of(
        **{
            "schedule": ["cyclical"],
            "schedule.shape": ["linear", "sigmoid"],
        }
    ) + grid_of(**{"schedule.shape": ["constant"]})
    assert "steepness" not in linear and sigmoid["steepness"] == 12
    assert set(constant) == {"shape", "start", "stop", "baseline", "delay"}


def test_a_changed_key_takes_the_place_of_its_alternatives():
    (schedule,) = grid_of(
        **{
            "schedule": ["cyclical_ptb"],
            "schedule.period": [{"epochs": 3}],
            "schedule.ratio": [0.25],
        }
    )
    assert schedule["period"] == {"epochs": 3} and schedule["ratio"] == 0.25
    assert not {"cycles", "ramp"} & set(schedule)


@pytest.mark.parametrize(
    ("name", "key"),
    [("model", "latent_prior"), ("schedule", "jitter"), ("training", "strategy")],
)
def test_a_new_key_with_a_default_renames_no_run(name, key, monkeypatch):
    full = resolve(configuration(), DIGESTS)["ptb"]
    schema = copy.deepcopy(definition("run"))
    schema["properties"][name]["properties"][key] = {"default": 3}
    monkeypatch.setattr(counted, "definition", lambda name: schema)
    for run in full:
        block = run.settings[name]
        same = {**run.settings, name: {**block, key: 3}}
        assert identity(counted_part(same)) == identity(run.counted)
        other = {**run.settings, name: {**block, key: 4}}
        assert identity(counted_part(other)) != identity(run.counted)


def test_a_new_block_with_a_default_renames_no_run(monkeypatch):
    (run, *_) = resolve(configuration(), DIGESTS)["ptb"]
    schema = copy.deepcopy(definition("run"))
    schema["properties"]["strategy"] = {
        "default": {"kind": "standard"},
        "properties": {"kind": {}, "steps": {"default": 10}},
    }
    monkeypatch.setattr(counted, "definition", lambda name: schema)
    standard = {**run.settings, "strategy": {"kind": "standard", "steps": 10.0}}
    assert identity(counted_part(standard)) == identity(run.counted)
    other = {**run.settings, "strategy": {"kind": "standard", "steps": 11}}
    assert identity(counted_part(other)) != identity(run.counted)


def test_settings_stay_complete():
    (run, *_) = resolve(configuration(), DIGESTS)["ptb"]
    assert run.settings["model"]["encoder"]["layers"] == 1
    assert "encoder" not in run.counted["model"]


def test_whole_floats_name_the_same_run():
    config = configuration()
    config["trainings"]["ptb"]["gradient_clip"] = 4
    whole = {run.folder for run in resolve(config, DIGESTS)["ptb"]}
    config["trainings"]["ptb"]["gradient_clip"] = 4.0
    assert {run.folder for run in resolve(config, DIGESTS)["ptb"]} == whole


def test_every_axis_is_in_the_schema():
    assert set(AXES) == set(definition("run")["properties"])
    assert all(
        definition(name) and axis.plural in definition()["properties"]
        for name, axis in AXES.items()
    )
    assert set(AXES) < set(definition("study_settings")["properties"])


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
