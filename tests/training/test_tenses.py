"""Tense conversion through a whole training: scores, teacher forcing, and going on."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_tenses import built, run_of

from kl_annealing.models import build_model
from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceForms, on_device
from kl_annealing.training.loop import Fit
from kl_annealing.training.strategies.standard import Standard
from kl_annealing.training.strategies.teacher_forcing import TeacherForcing

CPU = torch.device("cpu")
TENSES = built()
HALF = {"shape": "constant", "stop": 0.5}
DECAY = {"shape": "linear", "start": 1, "stop": 0, "ratio": 1}
ABRUPT = {"shape": "constant", "start": 1, "stop": 0, "delay": {"fraction": 0.5}}
STEPS = 4  # of an epoch


def history(folder):
    with open(Path(folder) / "history.csv") as file:
        return list(csv.DictReader(file))


def column(folder, name):
    return [float(row[name]) for row in history(folder) if row["split"] == "train"]


def test_an_epoch_visits_every_form_once_in_an_order_of_its_own():
    data = on_device(TENSES.train, 6, CPU)
    assert isinstance(data, DeviceForms)
    orders = []
    for epoch in range(2):
        batches = data.epoch(3, epoch)
        seen = [data.examples(batch) for batch in batches]
        targets = [int((forms.tokens[:, 1:] != 0).sum()) for forms in seen]
        assert targets == [batch.targets for batch in batches]
        tenses = torch.cat([forms.tenses for forms in seen]).tolist()
        assert sorted(tenses) == sorted(TENSES.train.tenses)
        orders.append(data.order.tolist())
    assert sorted(orders[0]) == list(range(20)) and orders[0] != orders[1]


@pytest.mark.parametrize("recurrent", ["lstm", "gru"])
def test_the_history_has_the_scores_of_each_validation(tmp_path, recurrent):
    fit(run_of({"recurrent": recurrent}), TENSES, tmp_path, "cpu")
    rows = history(tmp_path)
    valid = [row for row in rows if row["split"] == "valid"]
    assert len(valid) == 4
    for row in valid:
        for name in ("bleu4", "exact_conversions", "gaussian_score", "distinct_tuples"):
            assert 0 <= float(row[name]) <= 1
    train = next(row for row in rows if row["split"] == "train")
    assert ("kl_cell" in train) == (recurrent == "lstm")
    assert "teacher_forcing" not in train
    if recurrent == "lstm":
        parts = float(train["kl_hidden"]) + float(train["kl_cell"])
        assert parts == pytest.approx(float(train["kl"]), rel=1e-5)


def test_the_ratio_follows_its_schedule_and_is_logged(tmp_path):
    fit(run_of(teacher_forcing=DECAY), TENSES, tmp_path, "cpu")
    ratios = 1 - np.arange(2 * STEPS) / (2 * STEPS)
    assert column(tmp_path, "teacher_forcing") == pytest.approx(
        ratios.reshape(4, 2).mean(axis=1).tolist()
    )


def test_the_choice_has_the_ratio_and_a_full_one_draws_nothing():
    torch.manual_seed(0)
    forcing = TeacherForcing.of(run_of(teacher_forcing=HALF), STEPS)
    forced = [forcing.options(step)["forced"] for step in range(2000)]
    assert 0.45 < np.mean(forced) < 0.55
    before = torch.get_rng_state()
    always = TeacherForcing.of(run_of(), STEPS)
    assert always.options(0) == {} and always.columns(0) == {}
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("ratio", [0, 0.2, 0.8, 1])
def test_the_share_of_forced_updates_is_the_ratio(ratio):
    torch.manual_seed(0)
    forcing = TeacherForcing(lambda step: ratio)
    forced = [forcing.options(step)["forced"] for step in range(2000)]
    deviation = (ratio * (1 - ratio) / 2000) ** 0.5  # 0 at both ends: none, all
    assert np.mean(forced) == pytest.approx(ratio, abs=4 * deviation)


def test_the_choices_follow_a_decaying_schedule_and_are_logged(tmp_path):
    torch.manual_seed(0)
    forcing = TeacherForcing.of(run_of(teacher_forcing=DECAY, epochs=500), STEPS)
    rows = [forcing.columns(step, **forcing.options(step)) for step in range(500 * STEPS)]
    shares = np.reshape([row["teacher_forced"] for row in rows], (4, 500)).mean(axis=1)
    assert shares == pytest.approx([0.875, 0.625, 0.375, 0.125], abs=0.09)
    fit(run_of(teacher_forcing=ABRUPT), TENSES, tmp_path, "cpu")
    assert column(tmp_path, "teacher_forced") == [1, 1, 0, 0]


@pytest.mark.parametrize(("step", "forced"), [(0, True), (2 * STEPS - 1, False)])
def test_the_choice_is_what_the_update_does(step, forced):
    run, data = run_of(teacher_forcing=ABRUPT), on_device(TENSES.train, 6, CPU)
    model, batch = build_model(run, TENSES.size), data.epoch(3, 0)[0]
    torch.manual_seed(0)
    torch.rand(())  # the choice; z is drawn after it
    expected = model.terms(data.examples(batch), forced=forced)
    torch.manual_seed(0)
    outcome = Standard(run, model, data).update(batch, step, 1.0, 0.01)
    assert torch.equal(outcome.terms.reconstruction, expected.reconstruction)


def test_an_interrupted_training_ends_with_the_same_bits(tmp_path):
    run = run_of(teacher_forcing=HALF)
    fit(run, TENSES, tmp_path / "whole", "cpu")
    torch.manual_seed(7)
    part = Fit(run, TENSES, tmp_path / "part", CPU)
    for _ in range(5):
        part.advance()
    part.save_checkpoint()
    fit(run, TENSES, tmp_path / "part", "cpu")
    for name in ("last.pt", "history.csv"):
        whole, resumed = ((tmp_path / kind / name).read_bytes() for kind in ("whole", "part"))
        assert whole == resumed, name


def test_it_learns_to_say_words_again(tmp_path):
    run = run_of({"hidden_dim": 32, "embedding_dim": 16}, epochs=30, learning_rate=0.02)
    run["schedule"] = {"shape": "constant", "stop": 0.01, "start": 0, "baseline": 0,
                       "delay": {"steps": 0}}  # fmt: skip
    fit(run, TENSES, tmp_path, "cpu")
    last = history(tmp_path)[-1]
    assert float(last["rec"]) < 2  # of a word of five letters and its end, 13 nats at the start
