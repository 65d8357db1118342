"""What does not fit dialogs is said in one line before anything is trained."""

import copy
from pathlib import Path

import pytest
import yaml

from kl_annealing.config import evaluation_settings, validate
from kl_annealing.config.dialogs import dialog_problems, response_problems
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.schema import completed

ROOT = Path(__file__).parents[2]
FULL = yaml.safe_load((ROOT / "config.yaml").read_text())
DATASETS = yaml.safe_load((ROOT / "workflow" / "datasets.yaml").read_text())
STUDY = {
    "task": "dialog",
    "dataset": "demo_dialogs",
    "model": "cvae_switchboard",
    "training": "switchboard",
    "grids": [{"schedule": ["constant"]}],
    "evaluation": {"responses": {}},
}
SENTENCES = {
    "task": "language_model",
    "dataset": "ptb",
    "model": "lstm_fu2019",
    "training": "ptb",
}
LINES = '{"topic": "T"}\n'


@pytest.fixture
def own(tmp_path):
    """A function that returns own dialogs, changed by key."""
    for split in ("train", "valid", "test"):
        (tmp_path / split).write_text(LINES)
    files = {split: str(tmp_path / split) for split in ("train", "valid", "test")}
    return lambda **changes: {"kind": "dialog_corpus", **files, **changes}


def checked(mine=None, models=None, measured=STUDY["evaluation"], everywhere=None, **study):
    """Return a configuration of one study, `measured` its evaluation, `everywhere` that of all."""
    config = copy.deepcopy(FULL)
    config["studies"] = {"talk": copy.deepcopy({**STUDY, **study, "evaluation": measured})}
    config["models"] |= models or {}
    config["evaluation"] = everywhere or {}
    if mine:
        config["datasets"] = {"mine": mine}
    validate(config, copy.deepcopy(DATASETS), FIGURES, TABLES, set())
    return config


def problem(*given, **changes):
    """Return the one line that is said."""
    with pytest.raises(InputError) as caught:
        checked(*given, **changes)
    (line,) = str(caught.value).splitlines()
    return line


def test_a_study_of_dialogs_is_valid_and_its_evaluation_complete():
    settings = evaluation_settings(checked(), "talk")
    assert settings["responses"] == {
        "samples": 5,
        "decoder": {"method": "greedy"},
        "maximum_length": 40,
    }
    assert settings["importance_samples"] == 500
    assert evaluation_settings(checked(measured={}), "talk")["responses"] is None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"generate": ["prior"]}, "generate: responses need a context; allowed: evaluation"),
        ({"dataset": "ptb"}, "ptb is of kind files; dialog takes dialogs, dialog_corpus"),
        ({"model": "lstm_fu2019"}, "the model is of kind vae; dialog takes cvae, kgcvae"),
        ({"figures": ["samples"]}, "samples shows images; demo_dialogs is text"),
        ({"grids": [{"strategy": ["sa_vae"]}]}, "refines posteriors of sentences, not of cvae"),
        ({"grids": [{"posterior": ["iaf"]}]}, "posterior.kind = 'iaf': is not defined for"),
        ({"grids": [{"objective": ["dialog_act"]}]}, "allowed: 0, or model kgcvae"),
        ({"model": "kgcvae_switchboard"}, "kgcvae would generate by dialog acts that it never"),
        (
            {"grids": [{"model.latent_dim": [1], "training.posterior_means": [{}]}]},
            "training.posterior_means: the grid of z is laid for sentences; allowed: null",
        ),
        (
            {
                "model": "kgcvae_switchboard",
                "grids": [{"objective": ["dialog_act"]}],
                "figures": ["nll_floor"],
            },
            "model.kind = 'kgcvae': nll_floor compares NLLs of responses, that of kgcvae is given",
        ),
    ],
)
def test_what_dialogs_do_not_have_is_one_line(changes, text):
    assert text in problem(**changes)


def test_known_entropy_is_that_of_generated_dialogs_too():
    assert checked(figures=["nll_floor"])


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"samples": 0}, "responses.samples = 0: must be at least 1"),
        ({"sampels": 2}, "unknown key 'sampels' (did you mean 'samples'?)"),
        (True, "responses = true: must be a mapping or null"),
        ({"decoder": {"method": "beam", "width": 0}}, "decoder.width = 0: must be at least 1"),
        ({"decoder": {"method": "greedy", "width": 3}}, "decoder: method greedy takes no width"),
        ({"decoder": {"method": "bean"}}, "decoder.method = 'bean'"),
        ({"maximum_length": 0}, "responses.maximum_length = 0: must be at least 1"),
    ],
)
def test_a_wrong_setting_of_responses_is_named(block, text):
    line = problem(measured={"responses": block})
    assert line.startswith("configuration: studies.talk.evaluation.responses") and text in line


@pytest.mark.parametrize("decoder", [{"method": "beam", "width": 3}, {"method": "sample"}])
def test_responses_may_be_searched_or_drawn(decoder):
    config = checked(measured={"responses": {"decoder": decoder}})
    assert evaluation_settings(config, "talk")["responses"]["decoder"].items() >= decoder.items()


def test_sentences_have_no_responses():
    said = "studies.talk.evaluation.responses: only dialogs have responses; allowed: null"
    assert said in problem(**SENTENCES)
    assert said in problem(measured={}, everywhere={"responses": {}}, **SENTENCES)


def test_responses_are_compared_by_word_vectors(own):
    line = problem(own(), dataset="mine")
    assert "evaluation.responses: scores compare words by vectors, dataset mine has none" in line
    assert line == problem(own(), grids=[{"dataset": ["demo_dialogs", "mine"]}])
    vectors = {"kind": "corpus", "dimension": 10}
    assert checked(own(vectors=vectors), dataset="mine")
    config = checked(own(), dataset="mine", grids=[{"dataset": ["demo_dialogs"]}])
    assert config["studies"]["talk"]["dataset"] == "mine"  # which no grid takes


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"dataset": None}, "studies.talk.dataset = null: must be text"),
        ({"dataset": ["a"]}, "studies.talk.dataset = ['a']: must be text"),
        ({"task": "dialogs"}, "studies.talk.task = 'dialogs': allowed"),
        ({"mine": 5}, "datasets.mine = 5: must be a mapping"),
        ({"vectors": 5}, "datasets.mine.vectors = 5: must be a mapping"),
        ({"vectors": {}}, "datasets.mine.vectors: key 'kind' is missing"),
    ],
)
def test_what_is_wrong_already_is_said_once(own, changes, text):
    study = {key: value for key, value in changes.items() if key in STUDY}
    options = {key: value for key, value in changes.items() if key == "vectors"}
    mine = changes.get("mine") or own(**options)
    assert text in problem(mine, **{"dataset": "mine", **study})


def test_word_vectors_to_start_from_have_the_width_of_the_model(own):
    model = {"model": FULL["models"]["cvae_switchboard"] | {"embeddings": "vectors"}}
    line = problem(models=model, model="model")
    said = "model.decoder.embedding_dim = 200: the word vectors of demo_dialogs have 20"
    assert said in line
    fitting = model["model"] | {"decoder": {"embedding_dim": 20}}
    assert checked(models={"model": fitting}, model="model")


def test_word_vectors_to_start_from_are_there(own):
    model = completed({"kind": "cvae", "embeddings": "vectors"}, "model")
    training = completed({"epochs": 1}, "training")
    (found,) = dialog_problems("mine", own(), {"model": model, "training": training})
    assert str(found) == (
        "model.embeddings = 'vectors': dataset mine has no word vectors; allowed: uniform, or a "
        "dataset with `vectors`"
    )


def test_published_windows_come_in_batches_of_their_block(own):
    published = {"windows": "published", "vectors": {"kind": "corpus", "dimension": 10}}
    assert checked(own(**published), dataset="mine")
    mine = own(**published, published_block={"train": 10})
    line = problem(mine, dataset="mine")
    assert "training.batch_size = 30: the published windows of mine are batches of 10" in line
    assert checked(mine, dataset="mine", grids=[{"training.batch_size": [10]}])


def test_other_data_ask_nothing_of_dialogs():
    assert list(dialog_problems("ptb", DATASETS["ptb"], {})) == []
    assert list(response_problems("studies.a", SENTENCES, {"responses": None}, {})) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"backward_size": 1}, "datasets.mine.backward_size = 1: must be at least 2"),
        ({"utterance_length": 2}, "datasets.mine.utterance_length = 2: must be at least 3"),
        ({"windows": "every"}, "datasets.mine.windows = 'every': allowed: complete, published"),
        ({"vectors": {"kind": "corpus", "dimension": 0}}, "dimension = 0: must be at least 1"),
        ({"vectors": {"kind": "glove"}}, "datasets.mine.vectors: key 'file' is missing"),
        ({"vectors": {"kind": "glove", "file": "no"}}, "vectors.file = 'no': no such file"),
        ({"references": {"kind": "file"}}, "datasets.mine.references: key 'file' is missing"),
        ({"train": "no"}, "datasets.mine.train = 'no': no such file"),
        ({"maximum_length": 5}, "kind dialog_corpus takes no maximum_length"),
        ({"published_block": 5}, "datasets.mine.published_block = 5: must be a mapping"),
    ],
)
def test_mistakes_in_own_dialogs_are_one_line(own, changes, text):
    vectors = {"vectors": {"kind": "corpus", "dimension": 10}}
    assert text in problem(own(**vectors | changes), dataset="mine")
