"""The two stopping rules, against He et al. (2019)'s loops written out (text.py, image.py)."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.training.strategies.aggressive_rules import Phase, Turn

INFORMATION = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0]), max_size=12)


def steps_of(losses, window, reference=1e4, units=10):
    """Return after how many steps the turn ends, None if it does not."""
    turn = Turn(window, reference)
    for step, loss in enumerate(losses, start=1):
        if turn.ends(torch.tensor(loss * units), units):
            return step
    return None


@pytest.mark.parametrize("window", [10, 15])
def test_turn_ends_at_the_end_of_the_first_window_that_is_worse(window):
    falling = [6.0] * window + [5.0] * window
    assert steps_of([*falling, *[5.5] * window], window) == 3 * window
    assert steps_of([*falling, *[5.0] * window], window) is None  # equal is not worse
    assert steps_of([*falling, 9.0, 9.0], window) is None  # not before the window is full
    assert steps_of([2e4] * window, window) == window


def test_turn_weighs_steps_by_their_units():
    turn = Turn(2, 3.0)
    assert turn.ends(torch.tensor(10.0), 1) is False
    assert turn.ends(torch.tensor(10.0), 9) is False  # 20 / 10, not (10 + 10 / 9) / 2
    assert turn.reference == 2.0
    assert turn.ends(torch.tensor(1.0), 1) is False
    assert turn.ends(torch.tensor(4.0), 1) is True


def test_a_loss_that_is_no_number_ends_nothing():
    assert steps_of([math.nan] * 30, 10) is None


def first_fall(values, previous=0.0):
    """Return whether each epoch of text.py is aggressive: compared with the epoch before."""
    active, flags = True, []
    for value in values:
        flags.append(active)
        active, previous = active and not value < previous, value
    return flags


def fifth_failure(values, best=0.0):
    """Return the same of image.py: five epochs in total below the best one."""
    active, failures, flags = True, 0, []
    for value in values:
        flags.append(active)
        failures += value < best
        best = max(best, value)
        active = active and failures != 5
    return flags


@pytest.mark.parametrize(("patience", "published"), [(1, first_fall), (5, fifth_failure)])
@given(values=INFORMATION)
def test_phase_ends_with_the_published_epoch(patience, published, values):
    phase, flags = Phase(patience, 0.0), []
    for value in values:
        flags.append(phase.active)
        if phase.active:
            phase.observe(value)
    assert flags == published(values)


def test_examples_of_both_rules():
    assert first_fall([1, 2, 1.5, 3]) == [True, True, True, False]
    assert first_fall([-0.1, 1]) == [True, False]
    values = [1, 2, 1.5, 3, 2, 2, 4, 1, 1, 5]
    assert fifth_failure(values) == [True] * 9 + [False]
