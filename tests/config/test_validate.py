"""Every wrong configuration gives one clear line; every right one passes with its defaults."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kl_annealing.config import validate
from kl_annealing.errors import InputError

ROOT = Path(__file__).parents[2]
DATASETS = {"ptb": {"kind": "files"}, "ten_sequences": {"kind": "one_hot"}}
FIGURES = ("latents", "curves", "learning_curves", "two_by_two", "heat_map")
TABLES = ("acceptance", "results", "published_comparison", "two_by_two", "ablation")
FULL = yaml.safe_load((ROOT / "config.yaml").read_text())


def check(config):
    validate(config, DATASETS, FIGURES, TABLES)
    return config


def problems(config):
    with pytest.raises(InputError) as caught:
        check(config)
    return str(caught.value).splitlines()


def changed(path, value):
    """Return the full configuration with one key set, given as a list of keys and positions."""
    config = copy.deepcopy(FULL)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return config


def test_full_configuration_is_valid_and_gets_its_defaults():
    config = check(copy.deepcopy(FULL))
    assert config["models"]["lstm_toy"]["encoder"]["head_bias"] is True
    assert config["trainings"]["ptb"]["evaluate_every"] == {"epochs": 1}
    assert config["studies"]["toy"]["learning_rate"] == "constant"


def test_validation_is_idempotent():
    once = check(copy.deepcopy(FULL))
    assert check(copy.deepcopy(once)) == once


WRONG = {
    "unknown key": (
        ["trainings", "ptb", "learning_rat"],
        0.1,
        ["trainings.ptb", "unknown key 'learning_rat'", "did you mean 'learning_rate'?"],
    ),
    "exponent without a point": (
        ["trainings", "ptb", "learning_rate"],
        "1e-5",
        ["trainings.ptb.learning_rate = '1e-5'", "must be a number", "write 1.0e-5"],
    ),
    "evaluation of a study": (
        ["studies", "toy", "evaluation", "posterior_sample"],
        10,
        ["studies.toy.evaluation", "did you mean 'posterior_samples'?"],
    ),
    "wrong type": (
        ["models", "lstm_fu2019", "latent_dim"],
        "many",
        ["models.lstm_fu2019.latent_dim = 'many'", "must be a whole number"],
    ),
    "boolean for a number": (
        ["models", "lstm_fu2019", "latent_dim"],
        True,
        ["models.lstm_fu2019.latent_dim = True", "must be a whole number"],
    ),
    "out of range": (
        ["models", "lstm_fu2019", "decoder", "input_dropout"],
        1.0,
        ["models.lstm_fu2019.decoder.input_dropout = 1.0", "must be less than 1"],
    ),
    "unknown shape": (
        ["schedules", "cyclical", "shape"],
        "linaer",
        ["schedules.cyclical.shape = 'linaer'", "allowed:", "did you mean 'linear'?"],
    ),
    "unknown schedule in a study": (
        ["studies", "ptb", "schedule"],
        "cyclic",
        ["studies.ptb.schedule = 'cyclic'", "did you mean 'cyclical'?", "monotonic"],
    ),
    "unknown schedule in a grid": (
        ["studies", "ptb", "grids", 0, "schedule"],
        ["nope"],
        ["studies.ptb.grids[0].schedule = 'nope'", "allowed: constant"],
    ),
    "unknown axis": (
        ["studies", "ptb", "grids", 0, "scheduel"],
        ["constant"],
        ["studies.ptb.grids[0].scheduel", "unknown axis", "did you mean 'schedule'?"],
    ),
    "unknown dataset": (
        ["studies", "ptb", "dataset"],
        "pbt",
        ["studies.ptb.dataset = 'pbt'", "did you mean 'ptb'?"],
    ),
    "unknown figure": (
        ["studies", "ptb", "figures"],
        ["learning_curve"],
        ["studies.ptb.figures = 'learning_curve'", "did you mean 'learning_curves'?"],
    ),
    "both lengths": (
        ["trainings", "ptb", "steps"],
        10,
        ["trainings.ptb", "epochs = 40, steps = 10", "exactly one"],
    ),
    "no length": (["trainings", "toy", "steps"], None, ["trainings.toy", "exactly one"]),
    "two units": (
        ["trainings", "toy", "evaluate_every"],
        {"steps": 1, "epochs": 1},
        ["trainings.toy.evaluate_every", "exactly 1 of steps, epochs, fraction"],
    ),
    "cycles and period": (
        ["schedules", "cyclical", "period"],
        {"epochs": 10},
        ["schedules.cyclical", "cycles", "period"],
    ),
    "ramp longer than its cycle": (
        ["schedules", "cyclical_ptb", "ramp"],
        {"fraction": 0.3},
        ["schedules.cyclical_ptb", "ramp"],
    ),
    "ramp longer than the training": (
        ["schedules", "monotonic_ptb", "ramp"],
        {"epochs": 50},
        ["studies.ptb.grids[0]", "schedule: 'monotonic_ptb'", "50"],
    ),
    "grid value out of range": (
        ["studies", "ptb_ablation", "grids", 0, "schedule.cycles"],
        [0],
        ["studies.ptb_ablation.grids[0]", "schedule.cycles = 0", "at least 1"],
    ),
    "grid key that no block has": (
        ["studies", "ptb_ablation", "grids", 0, "schedule.cycle"],
        [4],
        ["studies.ptb_ablation.grids[0]", "unknown key 'cycle'", "did you mean 'cycles'?"],
    ),
    "latent scatter of another dimension": (
        ["models", "lstm_toy", "latent_dim"],
        3,
        ["studies.toy.grids[0]", "model.latent_dim = 3", "latents"],
    ),
    "ablation without its axes": (
        ["studies", "ptb", "tables"],
        ["ablation"],
        ["studies.ptb.grids", "ablation", "schedule.cycles"],
    ),
    "floor of real data": (
        ["studies", "ptb", "figures"],
        ["nll_floor"],
        ["studies.ptb", "nll_floor needs data of known entropy", "ptb"],
    ),
    "seed twice": (["studies", "ptb", "seeds"], [1, 1], ["studies.ptb.seeds", "twice"]),
    "study that is no mapping": (
        ["studies", "ptb"],
        3,
        ["studies.ptb = 3", "false to leave it out"],
    ),
    "reserved experiment": (["experiment"], "runs", ["experiment = 'runs'"]),
}


@pytest.mark.parametrize(("path", "value", "parts"), WRONG.values(), ids=WRONG)
def test_wrong_value_names_key_value_and_what_is_allowed(path, value, parts):
    lines = problems(changed(path, value))
    matching = [line for line in lines if all(part in line for part in parts)]
    assert matching, "\n".join(lines)


def test_all_problems_at_once():
    config = changed(["trainings", "ptb", "learning_rate"], "1e-5")
    config["schedules"]["cyclical"]["ratio"] = 2
    config["studies"]["toy"]["dataset"] = "nowhere"
    text = "\n".join(problems(config))
    assert "1.0e-5" in text and "schedules.cyclical.ratio = 2" in text and "nowhere" in text


def test_one_wrong_value_of_a_grid_is_one_line():
    path = ["studies", "ptb_ablation", "grids", 0, "schedule.cycles"]
    (line,) = problems(changed(path, [1, 0]))
    assert "11 more" in line


def test_a_study_can_be_left_out():
    check(changed(["studies", "ptb"], False))


def _paths(value, prefix=()):
    """Return the path of every key and item."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*prefix, key)
        if isinstance(item, dict | list):
            yield from _paths(item, (*prefix, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(list(_paths(FULL))), value=JUNK)
def test_junk_is_refused_or_means_something(path, value):
    """Whatever stands in the file, the outcome is a valid configuration or an InputError."""
    try:
        check(changed(list(path), value))
    except InputError as error:
        assert all(line.startswith("configuration: ") for line in str(error).splitlines())
