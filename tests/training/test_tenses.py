"""Tense conversion through a whole training: scores, teacher forcing, and going on."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_tenses import built, run_of

from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceForms, on_device
from kl_annealing.training.loop import Fit
from kl_annealing.training.strategies.teacher_forcing import TeacherForcing

CPU = torch.device("cpu")
TENSES = built()
HALF = {"shape": "constant", "stop": 0.5}
DECAY = {"shape": "linear", "start": 1, "stop": 0, "ratio": 1}
STEPS = 4  # of an epoch


def history(folder):
    with open(Path(folder) / "history.csv") as file:
        return list(csv.DictReader(file))


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
    train = [row for row in history(tmp_path) if row["split"] == "train"]
    found = [float(row["teacher_forcing"]) for row in train]
    ratios = 1 - np.arange(2 * STEPS) / (2 * STEPS)
    assert found == pytest.approx(ratios.reshape(4, 2).mean(axis=1).tolist())


def test_the_choice_has_the_ratio_and_a_full_one_draws_nothing():
    torch.manual_seed(0)
    forcing = TeacherForcing.of(run_of(teacher_forcing=HALF), STEPS)
    forced = [forcing.options(step)["forced"] for step in range(2000)]
    assert 0.45 < np.mean(forced) < 0.55
    before = torch.get_rng_state()
    always = TeacherForcing.of(run_of(), STEPS)
    assert always.options(0) == {} and always.columns(0) == {}
    assert torch.equal(torch.get_rng_state(), before)


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
