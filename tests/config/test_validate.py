"""Every wrong configuration gives one clear line; every right one passes with its defaults."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from kl_annealing.config import validate
from kl_annealing.config.outputs import REQUIREMENTS
from kl_annealing.config.resolve import active_studies
from kl_annealing.config.tasks import KINDS
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies
from kl_annealing.schema import definition, read_schema

ROOT = Path(__file__).parents[2]
DATASETS = {
    "ptb": {"kind": "files", "sentences": {"train": 42068}},
    "ten_sequences": {"kind": "one_hot"},
    "yelp_short_s10": {
        "kind": "token_ids",
        "sentences": {"train": 44409},
        "maximum_length": 16,
    },
    "yelp_short": {"kind": "token_ids", "maximum_length": 16},
    "omniglot": {"kind": "chardata", "files": {}, "images": {"train": 22345}},
    "switchboard": {
        "kind": "dialogs",
        "files": {"glove.zip": {}},
        "vectors": {"kind": "glove", "file": "glove.zip"},
    },
    "tense": {"kind": "tense", "files": {}, "verbs": 1227},
    "yahoo": {"kind": "files"},
    "yelp_2013": {"kind": "files"},
    "synthetic": {
        "kind": "lstm_mixture",
        "lstm_mixture": {"sizes": {"train": 16000, "test": 2000}},
    },
}
CLAIMED = claimed_studies()
FULL = yaml.safe_load((ROOT / "config.yaml").read_text())
FULL["studies"]["ptb_savae"] = False  # has the problems of `ptb` once more


def check(config):
    validate(config, DATASETS, FIGURES, TABLES, CLAIMED)
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


def on_own_corpus(folder, train="a b\n" * 100, test="a b\n" * 2):
    """Return the full configuration with the study `ptb` on files of these contents."""
    for split, text in {"train": train, "valid": "a\n", "test": test}.items():
        (folder / split).write_text(text)
    files = {split: str(folder / split) for split in ("train", "valid", "test")}
    config = changed(["studies", "ptb", "dataset"], "mine")
    config["datasets"] = {"mine": files}
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
    "count beyond all counting": (
        ["trainings", "toy", "steps"],
        2**70,
        ["trainings.toy.steps = 1180591620717411303424: must be at most 2147483647"],
    ),
    "wrong type": (
        ["models", "lstm_fu2019", "latent_dim"],
        "many",
        ["models.lstm_fu2019.latent_dim = 'many'", "must be a whole number"],
    ),
    "boolean for a number": (
        ["models", "lstm_fu2019", "latent_dim"],
        True,
        ["models.lstm_fu2019.latent_dim = true", "must be a whole number"],
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
        ["studies.ptb.grids[0].schedule = 'nope'", "allowed: autoencoder, beta_02"],
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
        ["trainings.toy.evaluate_every", "exactly one of steps, epochs, fraction"],
    ),
    "cycles and period": (
        ["schedules", "cyclical", "period"],
        {"epochs": 10},
        ["schedules.cyclical", "cycles", "period"],
    ),
    "snapshot after the end": (
        ["trainings", "ptb", "snapshots"],
        [{"epochs": 40}, {"epochs": 41}],
        ["trainings.ptb.snapshots[1] = 41 epochs: longer than the training of 40 epochs"],
    ),
    "evaluation after the end": (
        ["trainings", "toy", "evaluate_every"],
        {"steps": 40001},
        ["trainings.toy.evaluate_every = 40001 steps: longer than the training of 40000 steps"],
    ),
    "evaluation at no distance": (
        ["trainings", "ptb", "evaluate_every"],
        {"epochs": 0},
        ["trainings.ptb.evaluate_every.epochs = 0: must be greater than 0"],
    ),
    "snapshot of a grid after the end": (
        ["studies", "ptb", "grids", 0, "training.evaluate_every"],
        [{"epochs": 1}, {"epochs": 50}],
        ["studies.ptb.grids[0]", "training.evaluate_every = 50 epochs: longer than the training"],
    ),
    "toy task on text": (
        ["studies", "toy", "dataset"],
        "ptb",
        ["studies.toy.grids[0]: task = 'toy': ptb is of kind files; toy takes one_hot"],
    ),
    "language model on one-hot sequences": (
        ["studies", "ptb", "grids", 0, "dataset"],
        ["ptb", "ten_sequences"],
        ["studies.ptb.grids[0]", "is of kind one_hot", "takes files, token_ids, corpus, gram"],
    ),
    "option of another decoding method": (
        ["generation", "decoders", "greedy"],
        {"method": "greedy", "width": 9},
        ["generation.decoders.greedy: method greedy takes no width; allowed: method"],
    ),
    "encoder of a language model": (
        ["models", "language_model_fu2019", "encoder"],
        {"layers": 2},
        ["models.language_model_fu2019: kind autoreg takes no encoder; allowed: kind, decoder"],
    ),
    "latent of a language model": (
        ["models", "language_model_fu2019", "latent_dim"],
        32,
        ["models.language_model_fu2019: kind autoreg takes no latent_dim"],
    ),
    "whole number with a point": (
        ["models", "lstm_fu2019", "latent_dim"],
        32.0,
        ["models.lstm_fu2019.latent_dim = 32.0: must be a whole number"],
    ),
    "two things wrong with one value": (
        ["evaluation", "words"],
        1.5,
        ["evaluation.words = 1.5: must be a whole number or null; must be at least 64"],
    ),
    "infinite number": (
        ["trainings", "ptb", "learning_rate"],
        float("inf"),
        ["trainings.ptb.learning_rate = inf: must be a number; it must be finite"],
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
        ["grids[0].schedule.cycle: unknown axis", "did you mean 'schedule.cycles'?"],
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
    "no split that is reported": (
        ["evaluation", "splits"],
        ["train"],
        ["evaluation.splits = ['train']: needs one of valid, test"],
    ),
    "no split at all": (["evaluation", "splits"], [], ["evaluation.splits = []: needs one of"]),
    "no split of a study that is reported": (
        ["studies", "toy", "evaluation", "splits"],
        ["train"],
        ["studies.toy.evaluation.splits = ['train']: needs one of valid, test"],
    ),
    "axis that a heat map would average": (
        ["studies", "ptb_ablation", "grids", 0, "learning_rate"],
        ["constant", "restarts"],
        [
            "studies.ptb_ablation.grids: heat_map shows schedule.cycles, schedule.ratio, ",
            "would average over learning_rate; give learning_rate one value, or leave heat_map out",
        ],
    ),
    "axis of a heat map in one grid only": (
        ["studies", "ptb_ablation", "grids"],
        [
            {"schedule.cycles": [1, 4], "schedule.ratio": [0.5, 1.0]},
            {"schedule.cycles": [1], "schedule.ratio": [0.5], "schedule.shape": ["cosine"]},
        ],
        ["heat_map shows schedule.shape; make it an axis of every grid, or of none"],
    ),
    "latent figure of a language model": (
        ["studies", "ptb", "grids"],
        [{"model": ["language_model_fu2019"]}],
        ["studies.ptb.model: two_by_two needs a model with a latent variable"],
    ),
    "test examples of another split": (
        ["studies", "tense", "evaluation", "splits"],
        ["valid"],
        [
            "studies.tense.evaluation.splits = ['valid']: has nothing for conversions, tuples; "
            "allowed: splits with test among them",
        ],
    ),
    "conversions of two datasets": (
        ["studies", "tense", "grids", 0, "dataset"],
        ["tense", "ptb"],
        ["studies.tense.grids: conversions is of one dataset; give dataset one value"],
    ),
    "acceptance without a claim": (
        ["studies", "ptb_ablation", "tables"],
        ["acceptance"],
        [
            "studies.ptb_ablation: acceptance needs a claim about the study",
            "about images, lagging_text, posterior_mean, ptb, ptb_savae, switchboard, techniques, ",
        ],
    ),
    "no grid": (["studies", "ptb", "grids"], [], ["studies.ptb.grids = []: needs at least 1 item"]),
    "axis that is no text": (
        ["studies", "toy", "grids"],
        [{3: [1, 2]}],
        ["studies.toy.grids[0]: key 3: must be text"],
    ),
    "name that is no text": (
        ["schedules", 1],
        {"shape": "constant"},
        ["schedules: key 1: must be text"],
    ),
    "name in capitals": (
        ["schedules", "My-S"],
        {"shape": "constant"},
        ["schedules: key 'My-S': Lower-case letters"],
    ),
    "name with a line break": (
        ["schedules", "slow\n"],
        {"shape": "constant"},
        [r"schedules: key 'slow\n': Lower-case letters"],
    ),
    "experiment with a line break": (
        ["experiment"],
        "tiny\n",
        ["experiment = ", "Lower-case letters"],
    ),
    "no schedules": (["schedules"], None, ["schedules = null: must be a mapping"]),
    "name of a known dataset": (
        ["datasets", "ptb"],
        {"train": "a", "valid": "b", "test": "c"},
        ["datasets.ptb: the name of a dataset of workflow/datasets.yaml"],
    ),
    "seed of more bits than a generator takes": (
        ["studies", "ptb", "seeds"],
        [2**70],
        ["studies.ptb.seeds[0]", "must be at most 9223372036854775807"],
    ),
    "sentences that are not there": (
        ["generation", "reconstruct"],
        "nofile.txt",
        ["generation.reconstruct = 'nofile.txt': no such file"],
    ),
    "sentence without a word": (
        ["generation", "interpolate"],
        [["a", " "]],
        ["generation.interpolate[0][1] = ' ': One word at least"],
    ),
    "sentence of too many words": (
        ["generation", "interpolate"],
        [["a", "b " * 101]],
        ["generation.interpolate[0][1]: the sentence has 101 words; at most 100 are allowed"],
    ),
    "seed twice": (["studies", "ptb", "seeds"], [1, 1], ["studies.ptb.seeds", "1 twice"]),
    "value of a grid twice": (
        ["studies", "ptb", "grids", 0, "schedule"],
        ["constant", "constant"],
        ["studies.ptb.grids[0].schedule", "holds 'constant' twice"],
    ),
    "no seed": (["studies", "ptb", "seeds"], [], ["needs at least 1 item"]),
    "whole number as text": (
        ["trainings", "ptb", "epochs"],
        "5",
        ["trainings.ptb.epochs = '5'", "it is text", "--config nests only text"],
    ),
    "truth value as text": (
        ["models", "lstm_he2019", "frozen_last_embedding"],
        "true",
        ["frozen_last_embedding = 'true'", "it is text"],
    ),
    "graphics card": (["runtime", "device"], "gpu", ["did you mean 'cuda'?"]),
    "experiment in capitals": (
        ["experiment"],
        "Runs",
        ["experiment = 'Runs'", "ower-case letters"],
    ),
    "delay longer than any epochs of the data": (
        ["schedules", "monotonic_ptb", "delay"],
        {"steps": 40 * 42068},
        ["studies.ptb.grids[0]", "delay is 1682720 steps", "schedule: 'monotonic_ptb'"],
    ),
    "snapshot later than any epochs of the data": (
        ["studies", "ptb_ablation", "grids", 0, "training.evaluate_every"],
        [{"steps": 40 * 42068 + 1}],
        ["grids[0]", "training.evaluate_every = 1682721 steps: longer than the training"],
    ),
    "objective without a latent variable": (
        ["studies", "ptb", "objective"],
        "free_bits",
        ["studies.ptb.grids[1]: objective = {'free_bits': {'nats': 8}}", "model autoreg has no"],
    ),
    "study that is no mapping": (
        ["studies", "ptb"],
        3,
        ["studies.ptb = 3", "false to leave it out"],
    ),
    "no run on a GPU": (
        ["runtime", "runs_per_gpu"],
        0,
        ["runtime.runs_per_gpu = 0"],
    ),
    "reserved study": (
        ["studies", "schedules"],
        {**FULL["studies"]["toy"], "tables": []},
        ["studies", "'schedules'", "which the figures of the schedules take"],
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


# Two axes or two requirements are missing, or a corpus of another task is one of the two.
SEVERAL = {
    "ablation without its axes",
    "conversions of two datasets",
    "floor of real data",
    "latent figure of a language model",
}


@pytest.mark.parametrize("name", sorted(WRONG.keys() - SEVERAL))
def test_each_wrong_value_is_one_line(name):
    path, value, _ = WRONG[name]
    assert len(problems(changed(path, value))) == 1


def test_one_wrong_name_leaves_the_others_checked():
    config = changed(["schedules", "cyclical"], {"shape": "linear", "ratio": 2})
    config["schedules"]["cyclical_ptb"]["ramp"] = {"epochs": 50}
    broken, reach = problems(config)
    assert broken.startswith("configuration: schedules.cyclical.ratio = 2")
    assert "schedule: 'cyclical_ptb'" in reach


def test_all_problems_of_a_study_at_once():
    config = changed(["schedules", "never"], {"shape": "linear", "ramp": {"epochs": 50}})
    study = config["studies"]["ptb"]
    study.update(seeds=[0, 0], figures=["learning_curve"])
    study["grids"][0]["schedule"] = ["never", "nope"]
    seeds, figure, name, reach = problems(config)
    assert "seeds" in seeds and "learning_curves" in figure
    assert "schedule = 'nope'" in name and "schedule: 'never'" in reach


def test_a_misspelt_axis_is_one_line():
    config = copy.deepcopy(FULL)
    grid = config["studies"]["ptb_ablation"]["grids"][0]
    grid["schedule.cycle"] = grid.pop("schedule.cycles")
    (line,) = problems(config)
    assert "did you mean 'schedule.cycles'?" in line


def test_lengths_that_fit_for_some_epoch_are_left_to_the_data():
    check(changed(["schedules", "monotonic_ptb", "delay"], {"steps": 40 * 42068 // 2}))


def test_lines_of_own_files_bound_an_epoch(tmp_path):
    config = on_own_corpus(tmp_path)
    config["schedules"]["monotonic_ptb"]["delay"] = {"steps": 40 * 100}
    (line,) = problems(config)
    assert "delay is 4000 steps" in line
    config["schedules"]["monotonic_ptb"]["delay"] = {"steps": 40 * 50}
    check(config)


def test_own_files_of_a_study_must_be_there(tmp_path):
    config = on_own_corpus(tmp_path)
    (tmp_path / "train").unlink()
    (line,) = problems(config)
    assert f"datasets.mine.train = '{tmp_path}/train': no such file" in line
    config["studies"]["ptb"] = False
    check(config)


def test_interpolation_needs_two_test_sentences(tmp_path):
    config = on_own_corpus(tmp_path, test="one sentence\n\n")
    (line,) = problems(config)
    assert "interpolation takes two test sentences" in line and "generation.interpolate" in line
    config["generation"]["interpolate"] = [["a", "b"]]
    check(config)


def test_a_configuration_without_work_is_refused():
    config = copy.deepcopy(FULL)
    config["studies"] = dict.fromkeys(config["studies"], False)
    (line,) = problems(config)
    assert "every study is false" in line


def test_a_broken_dataset_is_one_line():
    config = changed(["datasets", "mine"], {"kind": "grammer"})
    config["studies"]["ptb"]["dataset"] = "mine"
    (line,) = problems(config)
    assert "datasets.mine.kind = 'grammer'" in line


def test_every_task_says_which_data_it_takes():
    schema = definition("study_settings")["properties"]["task"]["enum"]
    assert set(KINDS) == set(schema)
    kinds = read_schema("dataset")["properties"]["kind"]["enum"]
    assert {kind for allowed in KINDS.values() for kind in allowed} == set(kinds)


def test_what_the_catalogue_requires_is_known():
    entries = [*FIGURES.values(), *TABLES.values()]
    assert {name for entry in entries for name in entry.requires} == set(REQUIREMENTS)


def test_an_axis_beside_those_of_a_heat_map_may_have_one_value():
    config = changed(["studies", "ptb_ablation", "grids", 0, "learning_rate"], ["restarts"])
    check(config)
    config["studies"]["ptb_ablation"]["grids"].append(
        {**config["studies"]["ptb_ablation"]["grids"][0], "learning_rate": ["constant"]}
    )
    (line,) = problems(config)
    assert "average over learning_rate" in line


def test_own_datasets_stand_beside_the_known(tmp_path):
    config = check(on_own_corpus(tmp_path))
    assert set(config["datasets"]) == {"mine"}


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
    st.dictionaries(st.text(max_size=4) | st.integers(), st.integers(), max_size=2),
)


# Shrinking a whole configuration takes minutes and the failing key is printed without it.
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@example(path=("learning_rates",), value={0: 0})
@given(path=st.sampled_from(list(_paths(FULL))), value=JUNK)
def test_junk_is_refused_or_means_something(path, value):
    """Whatever stands in the file, the outcome is a valid configuration or an InputError.

    tests/fuzz has hundreds of other mutations, of one or two studies at a time, which cost less.
    """
    try:
        check(changed(list(path), value))
    except InputError as error:
        assert all(line.startswith("configuration: ") for line in str(error).splitlines())


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (["studies", "images", "model"], "lstm_fu2019", "images takes image_vae, pixelcnn"),
        (["studies", "images", "dataset"], "ptb", "images takes chardata, omniglot, digits"),
        (["studies", "ptb", "model"], "resnet_pixelcnn", "language_model takes vae, autoreg"),
        (["trainings", "omniglot", "batch_size"], 1, "training.batch_size = 1: batch norm"),
        (["trainings", "omniglot", "posterior_means"], {}, "the grid of z is laid for sentences"),
        (["studies", "images", "model"], "cnn_cved_yelp", "images takes image_vae, pixelcnn"),
        (["studies", "images", "posterior"], "iaf", "not defined for model image_vae"),
        (["studies", "images", "objective"], "bag_of_words", "not defined for model image_vae"),
        (["studies", "images", "grids"], [{"strategy": ["svi"]}], "sentences, not of image_vae"),
        (["studies", "images", "generate"], ["prior"], "generate: there is no text of images"),
        (["studies", "ptb", "figures"], ["samples"], "samples shows images; ptb is text"),
        (
            ["models", "pixelcnn", "decoder"],
            {"kernels": [3, 4, 3]},
            "kernels[1] = 4: allowed: 1, 3",
        ),
        (["models", "pixelcnn", "latent_dim"], 4, "kind pixelcnn takes no latent_dim"),
    ],
)
def test_images_and_text_do_not_mix(path, value, line):
    assert any(line in problem for problem in problems(changed(path, value)))


@pytest.mark.parametrize("only", ["toy", ["toy", "ptb"]], ids=str)
def test_only_some_studies_are_run_and_checked(only):
    config = changed(["only"], only)
    config["studies"]["tense"]["dataset"] = "nowhere"
    names = {name for name in ("toy", "ptb") if name in only}
    assert active_studies(check(config)).keys() == names


def test_only_names_studies_that_are_run():
    (line,) = problems(changed(["only"], ["toi"]))
    assert "only = 'toi': unknown name (did you mean 'toy'?)" in line
    (line,) = problems(changed(["only"], "ptb_savae"))  # it is false here
    assert "only = 'ptb_savae'" in line
