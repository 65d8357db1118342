"""Runs that start from the weights of another run."""

import json

import pandas as pd
import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs.devices import reproducible
from kl_annealing.models import build_model
from kl_annealing.training import fit
from kl_annealing.training.loop import Fit

RESULTS = ("last.pt", "best.pt", "history.csv", "snapshots.h5", "config.json")
AUTOENCODER = {
    "schedule": {"shape": "constant", "stop": 0},
    "training__selection": "loss",
    "training__snapshots": [],
}


def train(run, corpus, folder, parent=None):
    fit(run, corpus, folder, device="cpu", threads=1, parent=parent)
    return {name: (folder / name).read_bytes() for name in RESULTS}


@pytest.fixture
def child_of(run_of):
    """A function that returns the settings of a run that starts from an autoencoder."""

    def child(**initial):
        parent = {key: block for key, block in run_of(**AUTOENCODER).items() if key != "seed"}
        usual = {"kind": "pretrained", "iterate": "best", "keep": ["encoder"], "parent": parent}
        return run_of(initial=usual | initial)

    return child


@pytest.fixture
def parent(run_of, corpus, tmp_path):
    """The folder of the autoencoder, trained."""
    train(run_of(**AUTOENCODER), corpus, tmp_path / "parent")
    return tmp_path / "parent"


def parts_of(weights):
    """Return the weights of the encoder and of the decoder."""
    return (
        {name: weight for name, weight in weights.items() if name.startswith(part)}
        for part in ("encoder.", "decoder.")
    )


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("keep", [["encoder"], ["decoder"], ["decoder", "encoder"]])
@pytest.mark.parametrize("iterate", ["best", "last"])
def test_what_is_kept_is_the_parents_and_the_rest_is_fresh_bit_for_bit(
    child_of, corpus, parent, tmp_path, cpu, keep, iterate
):
    run = child_of(keep=keep, iterate=iterate)
    with reproducible(cpu, run["seed"], 1):
        fresh = build_model(run, corpus.size).state_dict()
    with reproducible(cpu, run["seed"], 1):
        child = Fit(run, corpus, tmp_path / "child", cpu, parent=parent).model.state_dict()
    saved = torch.load(parent / f"{iterate}.pt", weights_only=True)["model"]
    names = ("encoder", "decoder")
    for name, found, kept, drawn in zip(names, *map(parts_of, (child, saved, fresh)), strict=True):
        assert same(found, kept if name in keep else drawn)
        assert not same(kept, drawn)


TIED = {"model__embedding": "normalised", "model__decoder__output": "tied"}
CVED = {
    "model__kind": "cved",
    "model__perceptron_dim": 5,
    "strategy": {"kind": "collaborative", "alternate": {"steps": 2}, "ramp": {"fraction": 0.5}},
}


@pytest.mark.parametrize("kind", [{}, CVED])
def test_a_kept_encoder_keeps_its_word_vectors_and_the_decoder_has_others(
    run_of, corpus, tmp_path, cpu, kind
):
    of_parent = run_of(**AUTOENCODER | TIED | kind)
    train(of_parent, corpus, tmp_path / "parent")
    settings = {name: block for name, block in of_parent.items() if name != "seed"}
    initial = {"kind": "pretrained", "iterate": "last", "keep": ["encoder"], "parent": settings}
    run = run_of(**TIED | kind, initial=initial)
    with reproducible(cpu, run["seed"], 1):
        fresh = build_model(run, corpus.size)
    trained = build_model(of_parent, corpus.size)
    trained.load_state_dict(torch.load(tmp_path / "parent/last.pt", weights_only=True)["model"])
    with reproducible(cpu, run["seed"], 1):
        child = Fit(run, corpus, tmp_path / "child", cpu, parent=tmp_path / "parent").model
    words = torch.arange(corpus.size)
    assert torch.equal(child.encoder.embedding(words), trained.encoder.embedding(words))
    assert not torch.equal(child.encoder.embedding(words), fresh.encoder.embedding(words))
    assert same(child.decoder.state_dict(), fresh.decoder.state_dict())


def test_training_goes_on_to_the_same_bits(child_of, corpus, parent, tmp_path, cpu):
    run = child_of()
    expected = train(run, corpus, tmp_path / "whole", parent=parent)
    with reproducible(cpu, run["seed"], 1):
        killed = Fit(run, corpus, tmp_path / "killed", cpu, parent=parent)
        for _ in range(11):
            killed.advance()
        killed.save_checkpoint()
    assert train(run, corpus, tmp_path / "killed", parent=parent) == expected


def test_other_weights_of_the_parent_start_the_training_again(
    child_of, corpus, parent, tmp_path, cpu, capsys
):
    run = child_of()
    killed = Fit(run, corpus, tmp_path / "child", cpu, parent=parent)
    killed.advance()
    killed.save_checkpoint()
    (parent / "best.pt").write_bytes((parent / "last.pt").read_bytes())
    expected = train(run, corpus, tmp_path / "whole", parent=parent)
    assert train(run, corpus, tmp_path / "child", parent=parent) == expected
    assert "belongs to another parent run; starting" in capsys.readouterr().out


def test_timing_names_the_parent_and_its_time(child_of, corpus, parent, tmp_path):
    train(child_of(), corpus, tmp_path / "child", parent=parent)
    seconds = json.loads((parent / "timing.json").read_text())["seconds"]
    found = json.loads((tmp_path / "child" / "timing.json").read_text())["parent"]
    assert len(found.pop("digest")) == 64
    step = torch.load(parent / "best.pt", weights_only=True)["step"]
    assert found == {"run": "parent", "iterate": "best", "step": step, "seconds": seconds}


def replaced(name):
    """Return a function that puts a file of another run into the parent's folder."""

    def act(folder, run_of, corpus):
        train(run_of(model__latent_dim=4), corpus, folder.parent / "other")
        (folder / name).write_bytes((folder.parent / "other" / name).read_bytes())

    return act


def cut(name):
    """Return a function that takes the end of a file of the parent's folder away."""

    def act(folder, run_of, corpus):
        (folder / name).write_bytes((folder / name).read_bytes()[:-40])

    return act


WRONG = {
    "no weights": (lambda folder, *rest: (folder / "best.pt").unlink(), "best.pt: no such file"),
    "no settings": (
        lambda folder, *rest: (folder / "config.json").unlink(),
        "config.json: no such",
    ),
    "half the weights": (cut("best.pt"), "best.pt: cannot start from it, it is damaged"),
    "half the settings": (cut("config.json"), "config.json: cannot start from it, it is damaged"),
    "another run": (replaced("config.json"), "it has the settings of another run"),
    "another model": (replaced("best.pt"), "its encoder is that of another model"),
}


@pytest.mark.parametrize(("spoil", "said"), WRONG.values(), ids=WRONG)
def test_a_parent_that_cannot_be_used_is_one_line(
    child_of, run_of, corpus, parent, tmp_path, spoil, said
):
    spoil(parent, run_of, corpus)
    with pytest.raises(InputError) as caught:
        fit(child_of(), corpus, tmp_path / "child", device="cpu", parent=parent)
    line = str(caught.value)
    assert line.startswith(str(parent)) and said in line and "\n" not in line
    assert not (tmp_path / "child").exists()


def test_a_parent_is_needed(child_of, corpus, tmp_path):
    with pytest.raises(InputError, match="needs the folder of the parent run"):
        fit(child_of(), corpus, tmp_path, device="cpu")


@pytest.mark.parametrize("selection", ["bound", "loss"])
def test_the_best_weights_are_those_with_the_least_of_what_is_selected(
    run_of, corpus, tmp_path, selection
):
    """Li et al. (2019) take the loss of an autoencoder at its own beta, which is 0."""
    run = run_of(**AUTOENCODER | {"training__selection": selection, "training__epochs": 6})
    train(run, corpus, tmp_path)
    rows = pd.read_csv(tmp_path / "history.csv").query("split == 'valid'").set_index("step")
    least = {"bound": rows["elbo"].idxmax(), "loss": rows["rec"].idxmin()}
    assert least["bound"] != least["loss"]
    saved = torch.load(tmp_path / "best.pt", weights_only=True)
    assert saved["step"] == least[selection]
