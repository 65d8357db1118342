import math

import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.objectives import Terms
from kl_annealing.training.monitor import DivergenceError, LossMonitor
from kl_annealing.training.strategies import Outcome


def outcome(loss: float, norm: float = 1.0) -> Outcome:
    terms = Terms(torch.zeros(1), torch.zeros(1, 1))
    return Outcome(terms, torch.tensor(loss), torch.tensor(norm))


def test_mean_loss_is_of_all_steps_since_it_was_last_asked_for(cpu):
    monitor = LossMonitor(cpu, window=4)
    assert math.isnan(monitor.mean_loss())
    for step in range(1, 7):
        monitor.record(step, 1.0, 0.1, outcome(float(step)))
    assert monitor.mean_loss() == 3.5
    monitor.record(7, 1.0, 0.1, outcome(9.0))
    assert monitor.mean_loss() == 9.0
    assert math.isnan(monitor.mean_loss())


def test_asking_for_the_mean_finds_a_bad_step_before_its_window_ends(cpu):
    monitor = LossMonitor(cpu, window=64)
    monitor.record(1, 1.0, 0.1, outcome(math.nan))
    with pytest.raises(DivergenceError, match="step 1:"):
        monitor.mean_loss()


@pytest.mark.parametrize(
    "bad", [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan), (1.0, math.inf)]
)
def test_first_bad_step_is_named_with_its_beta_and_learning_rate(cpu, bad):
    monitor = LossMonitor(cpu, window=8)
    for step in range(1, 5):
        monitor.record(step, step / 10, step / 1000, outcome(1.0))
    monitor.record(5, 0.5, 0.005, outcome(*bad))
    monitor.record(6, 0.6, 0.006, outcome(math.nan, math.nan))
    with pytest.raises(DivergenceError) as error:
        monitor.check()
    assert "step 5:" in str(error.value)
    assert "beta 0.5 and learning rate 0.005" in str(error.value)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, InputError)


def test_the_end_of_a_window_checks_by_itself(cpu):
    monitor = LossMonitor(cpu, window=3)
    monitor.record(1, 1.0, 0.1, outcome(math.nan))
    monitor.record(2, 1.0, 0.1, outcome(1.0))
    with pytest.raises(DivergenceError, match="step 1:"):
        monitor.record(3, 1.0, 0.1, outcome(1.0))
