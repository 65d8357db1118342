import csv
import math

import pytest
import torch

from kl_annealing.data import Batch
from kl_annealing.objectives import Terms
from kl_annealing.training.history import COLUMNS, Window, history_row, write_history
from kl_annealing.training.strategies import Outcome
from kl_annealing.training.validation import Averages

POSITION = {"step": 5, "epoch": 0.5, "split": "valid", "beta": 0.25, "learning_rate": 1e-3}


def outcome(rec: list[float], kl: list[float], loss: float) -> Outcome:
    return Outcome(
        Terms(torch.tensor(rec), torch.tensor(kl)[:, None]), torch.tensor(loss), torch.tensor(1.0)
    )


def fill(window: Window) -> None:
    window.add(Batch(0, 2, 5), outcome([10, 20], [1, 2], 16.0))
    window.add(Batch(2, 1, 8), outcome([60], [6], 63.0))


def test_window_averages_over_sentences_not_batches(cpu):
    window = Window(cpu)
    fill(window)
    averages, loss = window.close()
    assert averages == Averages(30.0, 3.0, 3, 2 * 4 + 7, {})
    assert loss == pytest.approx((2 * 16 + 63) / 3)


def test_window_starts_anew_and_goes_on_from_its_state(cpu):
    window, other = Window(cpu), Window(cpu)
    fill(window)
    window.close()
    fill(window)
    other.load_state_dict(window.state_dict())
    assert window.close() == other.close()


def test_row_has_the_documented_columns_and_meanings():
    row = history_row(POSITION, Averages(90.0, 10.0, 3, 60, {}), 92.5)
    assert set(row) == set(COLUMNS)
    assert row["elbo"] == -100.0
    assert row["loss"] == 92.5
    assert row["ppl"] == pytest.approx(math.exp(100 * 3 / 60))
    assert history_row(POSITION, Averages(1e6, 0.0, 1, 1, {}), 1e6)["ppl"] == math.inf


def test_perplexity_identity_of_the_penn_treebank_test_set():
    """82,430 targets in 3,761 sentences: ppl = exp(-elbo / 21.917)."""
    row = history_row(POSITION, Averages(100.0, 1.0, 3761, 82430, {}), 0.0)
    assert row["ppl"] == pytest.approx(math.exp(101 / 21.917), rel=1e-4)


def test_file_keeps_every_digit(tmp_path):
    row = history_row(POSITION, Averages(1 / 3, 2 / 7, 3, 60, {}), 0.1 + 0.2)
    write_history(tmp_path / "history.csv", [row, row])
    with open(tmp_path / "history.csv", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 2
    assert tuple(found[0]) == COLUMNS
    assert {name: float(found[0][name]) for name in COLUMNS if name != "split"} == {
        name: row[name] for name in COLUMNS if name != "split"
    }
