"""Dialog models through a whole training."""

import csv
import json
from dataclasses import replace

import exchanges as made
import numpy as np
import pytest
import torch
from tiny_dialogs import built, talk

from kl_annealing.examples import moved
from kl_annealing.models import build_model
from kl_annealing.schema import completed
from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceDialogs, on_device
from kl_annealing.training.strategies.standard import Standard
from kl_annealing.training.validation import Validation

CPU = torch.device("cpu")
RESULTS = ("last.pt", "best.pt", "history.csv", "config.json")
STEPS = 11  # of an epoch
WORDS = ("yes", "no", "well well", "so it is", "good bye then")
KINDS = ("cvae", "kgcvae")


def spoken(number):
    """Return a dialog whose speakers repeat each other."""
    word = WORDS[number % len(WORDS)]
    acts = ("greeting", "statement")
    return talk(*[word] * (2 + number % 3), topic=f"TOPIC {number % 2}", act=acts[number % 2])


@pytest.fixture(scope="module")
def dialogs():
    return built([spoken(n) for n in range(14)], [spoken(n) for n in range(6)])


def run_of(kind="cvae", schedule=None, **training):
    act = {"act": made.ACT} if kind == "kgcvae" else {}
    settings = completed({**made.TINY, **act, "kind": kind}, "model")
    block = {
        "optimiser": "adam",
        "learning_rate": 0.02,
        "gradient_clip": 5.0,
        "batch_size": 4,
        "epochs": 2,
        "evaluate_every": {"epochs": 0.25},
        **training,
    }
    return made.run_of(settings) | {
        "task": "dialog",
        "dataset": {"name": "tiny", "digest": "0"},
        "schedule": completed(schedule or CYCLES, "schedule"),
        "learning_rate": completed({"shape": "constant"}, "learning_rate"),
        "training": completed(block, "training"),
        "seed": 7,
    }


CYCLES = {"shape": "linear", "period": {"epochs": 0.75}, "ramp": {"epochs": 0.5}, "offset": 1}


def train(run, dialogs, folder, **options):
    fit(run, dialogs, folder, **{"device": "cpu", "threads": 1} | options)
    return contents(folder)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in RESULTS if (folder / name).exists()}


def history(folder, split):
    with open(folder / "history.csv", newline="") as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_learns_and_tells_what_it_learns(dialogs, tmp_path, kind):
    train(run_of(kind, epochs=8), dialogs, tmp_path)
    rows = history(tmp_path, "valid")
    assert [int(row["step"]) for row in rows[:5]] == [2, 5, 8, 11, 13]  # of 2.75, rounded down
    assert float(rows[-1]["elbo"]) > float(rows[0]["elbo"]) + 2
    trained = history(tmp_path, "train")
    losses = {"bag_of_words", "dialog_act"} if kind == "kgcvae" else {"bag_of_words"}
    assert {name for name in trained[0] if trained[0][name]} >= losses
    for name in losses:
        assert float(trained[-1][name]) < float(trained[0][name])
    assert json.loads((tmp_path / "timing.json").read_text())["examples"] == 8 * 41


@pytest.mark.parametrize(("kind", "precision"), [("cvae", "float32"), ("kgcvae", "bfloat16")])
def test_interrupted_anywhere_ends_with_the_same_bits(
    dialogs, tmp_path, monkeypatch, kind, precision
):
    rule = {"patience": 7, "threshold": 1e-3}
    run = run_of(kind, early_stopping=rule, precision=precision)
    expected = train(run, dialogs, tmp_path / "whole")
    assert len(history(tmp_path / "whole", "valid")) == 7  # of 8: the rule has ended it
    update, folder = Standard.update, tmp_path / "killed"
    for step in (1, 3, 6):  # counted from each resumption
        with monkeypatch.context() as patch:
            patch.setattr(Standard, "update", killed_at(step, update))
            with pytest.raises(KeyboardInterrupt):
                train(run, dialogs, folder, checkpoint_seconds=0)
        assert contents(folder) == {}
    assert train(run, dialogs, folder) == expected


def killed_at(step, update):
    calls = []

    def killed(self, *arguments):
        calls.append(1)
        if len(calls) == step:
            raise KeyboardInterrupt
        return update(self, *arguments)

    return killed


def test_other_seeds_and_other_data_have_other_bits(dialogs, tmp_path):
    first = train(run_of(), dialogs, tmp_path / "a")
    assert train(run_of(), dialogs, tmp_path / "b") == first
    assert train(run_of() | {"seed": 8}, dialogs, tmp_path / "c")["last.pt"] != first["last.pt"]


def test_a_training_goes_on_to_the_end_of_its_cycle(dialogs, tmp_path):
    """Patience ends after step 13, its cycle of a quarter of the training after step 16."""
    rule = {"patience": 5, "threshold": 1e-3}
    half = {"shape": "linear", "period": {"epochs": 0.5}, "ratio": 0.5}
    run = run_of(schedule=half, early_stopping={**rule, "at": "cycle_end"})
    train(run, dialogs, tmp_path / "a")
    assert [row["step"] for row in history(tmp_path / "a", "valid")][-1] == "16"
    train(run_of(early_stopping=rule), dialogs, tmp_path / "b")
    assert [row["step"] for row in history(tmp_path / "b", "valid")][-1] == "13"


def test_published_batches_are_trained_as_they_are_given(tmp_path):
    dialogs = built([spoken(n) for n in range(15)], windows="published")
    train(run_of(batch_size=2, epochs=1), dialogs, tmp_path)
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert timing["examples"] == dialogs.train.n_examples == 2 * len(dialogs.train.sizes)


def test_a_split_on_the_device_has_all_of_its_windows_once(dialogs):
    data = on_device(dialogs.train, 4, CPU)
    assert isinstance(data, DeviceDialogs) and len(data.batches) == STEPS
    assert (data.n_examples, data.n_targets) == (41, int(dialogs.train.targets.sum()))
    assert data.index.tolist() == dialogs.train.index.tolist()
    first, second = data.epoch(7, 0), data.epoch(7, 1)
    assert first != second and sorted(first) == sorted(second) == data.batches
    for batch in first:
        wanted = dialogs.train.table.tokens[dialogs.train.response[batch.rows], : batch.length]
        assert data.examples(batch).tokens.tolist() == wanted.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_validation_is_the_bound_of_each_response(dialogs, kind):
    run = run_of(kind)
    model = build_model(run, dialogs.size)
    validation = Validation(dialogs.valid, 1, 7, CPU, 4)
    found = validation.averages(model, step=5)
    noise = validation._noise(model.latent_dim, 5)[0]
    rows = []
    for batch in replace(dialogs.valid, sizes=np.ones(dialogs.valid.n_examples, int)).batches(1):
        with torch.no_grad():
            terms = model.terms(moved(dialogs.valid.examples(batch), CPU), noise[batch.rows])
        rows.append([float(terms.reconstruction), float(terms.kl_parts.sum())])
    rec, kl = np.mean(rows, axis=0)
    assert (found.reconstruction, found.kl) == pytest.approx((rec, kl), rel=1e-5)
    assert found.examples == dialogs.valid.n_examples


def test_the_curve_of_information_is_of_what_is_beyond_the_prior(dialogs):
    model = build_model(run_of(), dialogs.size)
    with torch.no_grad():
        for head in (model.encoder.head, model.prior[-1]):
            head.weight.zero_()
            head.bias.copy_(torch.tensor([1.0, 2, 3, -1, -2, -3]))
        model.conditioned = far_apart(model.conditioned)
        found = Validation(dialogs.valid, 1, 7, CPU, 4).averages(model, step=5)
    assert found.kl == pytest.approx(0, abs=1e-5)
    assert found.others["active_units"] == 0
    assert found.others["mi_batch"] == pytest.approx(0, abs=1e-5)


def far_apart(conditioned):
    """Move posterior and prior of each response to a place of their own."""

    def moved_apart(examples):
        found = conditioned(examples)
        place = 100.0 * torch.arange(len(found))[:, None]
        return replace(found, mu=found.mu + place, prior_mu=found.prior_mu + place)

    return moved_apart
