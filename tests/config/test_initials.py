"""Runs that start from others: resolved with them, named by them, refused by name."""

import copy
from pathlib import Path

import pytest
import yaml

from kl_annealing import counted
from kl_annealing.canonical import canonical, identity
from kl_annealing.config import resolve, validate
from kl_annealing.counted import counted_part, settings_of
from kl_annealing.data import read_datasets
from kl_annealing.errors import InputError
from kl_annealing.schema import definition

FULL = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())
TOY = {"task": "toy", "dataset": "ten_sequences", "model": "lstm_toy", "training": "toy"}


def runs_of_study(**settings):
    """Return the runs of a study of the toy, with some settings."""
    config = copy.deepcopy(FULL) | {"studies": {"toy": TOY | settings}}
    validate(config, read_datasets(), {}, {}, ())
    return resolve(config, dict.fromkeys(read_datasets(), "0" * 12))["toy"]


def problems(*path, value):
    """Return what is wrong where one key, given as a list of keys, has this value."""
    config = copy.deepcopy(FULL) | {"studies": {"toy": copy.deepcopy(TOY)}}
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError) as caught:
        validate(config, read_datasets(), {}, {}, ())
    return str(caught.value).splitlines()


def runs_of(**axes):
    grid = {"schedule": ["cyclical"], "initial": ["pretrained"]} | axes
    return runs_of_study(grids=[grid])


def test_a_parent_is_the_same_run_but_for_the_changes():
    (run,) = runs_of()
    parent = run.parent.settings
    assert parent["schedule"] == settings_of(canonical(run.parent.counted))["schedule"]
    assert (parent["schedule"]["shape"], parent["schedule"]["stop"]) == ("constant", 0)
    assert parent["learning_rate"]["patience"] == 5
    changes = {"optimiser": "sgd", "learning_rate": 0.5, "selection": "loss"}
    assert parent["training"] == {**run.settings["training"], **changes, "gradient_clip": 5}
    assert parent["initial"] == {"kind": "fresh"}
    for name in ("task", "dataset", "model", "posterior", "strategy", "objective", "seed"):
        assert parent[name] == run.settings[name]


def test_the_settings_of_a_run_hold_its_parents():
    (run,) = runs_of()
    initial = run.settings["initial"]
    assert initial["parent"] | {"seed": 0} == run.parent.settings
    assert (initial["iterate"], initial["keep"]) == ("best", ["encoder"])
    assert settings_of(canonical(run.counted)) == run.settings
    assert run.lineage == [run.parent, run] and run.title.endswith("_pretrained")


def test_runs_that_agree_but_for_the_changes_share_their_parent():
    runs = runs_of(schedule=["monotonic", "cyclical"], **{"schedule.start": [0, 0.1]})
    assert len({run.folder for run in runs}) == 4
    assert len({run.parent.folder for run in runs}) == 1


def test_each_seed_has_its_own_parent():
    runs = runs_of_study(initial="pretrained", seeds=[0, 3])
    assert [run.parent.settings["seed"] for run in runs] == [0, 3]
    assert len({run.parent.folder for run in runs}) == 2


def test_a_changed_parent_is_another_parent_and_another_child():
    runs = runs_of(**{"initial.changes.training.learning_rate": [0.5, 0.25]})
    assert len({run.folder for run in runs}) == len({run.parent.folder for run in runs}) == 2
    runs = runs_of(**{"training.batch_size": [10, 5]})
    assert [run.parent.settings["training"]["batch_size"] for run in runs] == [10, 5]


def test_other_weights_of_a_parent_make_another_child_of_it():
    runs = runs_of(**{"initial.iterate": ["best", "last"]})
    assert len({run.folder for run in runs}) == 2
    assert len({run.parent.folder for run in runs}) == 1


def test_parts_are_kept_in_any_order():
    runs = runs_of(**{"initial.keep": [["encoder", "decoder"], ["decoder", "encoder"]]})
    assert len({run.folder for run in runs}) == 1


def test_fresh_weights_are_no_part_of_a_name():
    (run,) = runs_of(initial=["fresh"])
    assert run.parent is None and "initial" not in run.counted
    before = {key: block for key, block in run.settings.items() if key != "initial"}
    assert identity(counted_part(before)) == identity(run.counted)


def test_a_new_key_with_a_default_renames_no_child(monkeypatch):
    (run,) = runs_of()
    schema = copy.deepcopy(definition("run"))
    schema["properties"]["model"]["properties"]["later"] = {"default": 3}
    monkeypatch.setattr(counted, "definition", lambda name: schema)
    later = copy.deepcopy(run.settings)
    later["initial"]["parent"]["model"]["later"] = 3
    assert identity(counted_part(later)) == identity(run.counted)
    later["initial"]["parent"]["model"]["later"] = 4
    assert identity(counted_part(later)) != identity(run.counted)


def test_a_language_model_has_nothing_to_pretrain():
    model, grid = "language_model_fu2019", {"initial": ["fresh", "pretrained"]}
    runs = runs_of_study(model=model, grids=[grid])
    assert len({run.folder for run in runs}) == 1
    assert all(run.parent is None for run in runs)


CHANGES = ["initials", "pretrained", "changes"]
WRONG = {
    "unknown schedule": ([*CHANGES, "schedule"], "autoencode", "did you mean 'autoencoder'?"),
    "another model": ([*CHANGES, "model"], "lstm_toy", "unknown key 'model'; allowed: "),
    "another posterior": ([*CHANGES, "posterior"], "gaussian", "unknown key 'posterior'"),
    "no changes": (["initials", "pretrained"], {"kind": "pretrained"}, "'changes' is missing"),
    "unknown part": (["initials", "pretrained", "keep"], ["encoders"], "allowed: encoder, decod"),
    "another fresh": (["initials", "fresh"], {"kind": "pretrained"}, "is always there"),
}


@pytest.mark.parametrize(("path", "value", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_block_is_named(path, value, said):
    assert any(said in line and "initials." in line for line in problems(*path, value=value))


USED = {
    "unknown key": ({"training": {"learning_rat": 1}}, ".training: unknown key 'learning_rat'"),
    "wrong value": ({"training": {"epochs": 1.5}}, ".training.epochs = 1.5"),
    "too long a schedule": (
        {"schedule": {"delay": {"steps": 30}}, "training": {"steps": 20}},
        "initial.changes.schedule",
    ),
    "losses at several betas": (
        {"schedule": "cyclical", "training": {"selection": "loss"}},
        "initial.changes.training.selection = 'loss': compares losses at one beta",
    ),
}


@pytest.mark.parametrize(("changes", "said"), USED.values(), ids=USED)
def test_a_parent_is_checked_as_every_run(changes, said):
    grid = {"initial": ["pretrained"]} | {f"initial.changes.{k}": [v] for k, v in changes.items()}
    found = problems("studies", "toy", "grids", value=[grid])
    assert len(found) == 1 and "studies.toy.grids[0]" in found[0] and said in found[0]


def test_a_name_that_a_grid_gives_a_parent_is_checked():
    grid = {"initial": ["pretrained"], "initial.changes.schedule": ["cyclic"]}
    found = problems("studies", "toy", "grids", value=[grid])
    assert len(found) == 1 and "initial.changes.schedule = 'cyclic': unknown name" in found[0]


def test_the_loss_is_selected_at_one_beta_only():
    grid = {"schedule": ["cyclical"], "training.selection": ["loss"]}
    found = problems("studies", "toy", "grids", value=[grid])
    assert any("training.selection = 'loss'" in line and "allowed: bound" in line for line in found)
