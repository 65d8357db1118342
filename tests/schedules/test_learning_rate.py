import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.errors import InputError
from kl_annealing.schedules import Clock, learning_rate_schedule

CLOCK = Clock(steps_per_epoch=10, total_steps=100)


def table(block, clock=CLOCK):
    factor = learning_rate_schedule(block, clock)
    return [factor(step) for step in range(clock.total_steps)]


@pytest.mark.parametrize("shape", ["constant", "plateau"])
def test_one_throughout(shape):
    assert table({"shape": shape}) == [1.0] * 100


def test_cosine_falls_from_one_towards_zero():
    values = table({"shape": "cosine"})
    assert values[0] == 1
    assert values[50] == pytest.approx(0.5)
    assert values[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 0.99)))
    assert values == sorted(values, reverse=True)


def test_cosine_restarts_with_its_cycles():
    values = table({"shape": "cosine", "cycles": 4, "stop": 0.2})
    assert [values[step] for step in (0, 25, 50, 75)] == [1.0] * 4
    assert values[:25] == values[25:50]
    assert min(values) > 0.2
    assert values == table({"shape": "cosine", "period": {"steps": 25}, "stop": 0.2})


def test_hold_keeps_the_value_of_the_first_step_of_an_epoch():
    each_step = table({"shape": "cosine", "cycles": 2})
    each_epoch = table({"shape": "cosine", "cycles": 2, "hold": "epoch"})
    assert each_epoch == [each_step[step // 10 * 10] for step in range(100)]


def test_stays_at_its_end_beyond_the_training():
    factor = learning_rate_schedule({"shape": "cosine", "stop": 0.1}, CLOCK)
    assert factor(100) == factor(500) == pytest.approx(0.1)


def test_exponential():
    block = {"shape": "exponential", "decay": 0.5, "interval": {"epochs": 2}}
    values = table(block)
    assert values[0] == 1 and values[20] == 0.5 and values[10] == pytest.approx(0.5**0.5)
    stairs = table({**block, "staircase": True})
    assert stairs[:41] == [1.0] * 20 + [0.5] * 20 + [0.25]


@given(
    st.integers(1, 9), st.integers(1, 50), st.integers(9, 400), st.sampled_from(["step", "epoch"])
)
def test_within_its_ends(cycles, epoch, total, hold):
    block = {"shape": "cosine", "cycles": cycles, "stop": 0.1, "hold": hold}
    assert all(0.1 <= value <= 1 for value in table(block, Clock(epoch, total)))


def test_every_problem_is_in_the_error():
    with pytest.raises(InputError, match=r"learning-rate schedule: .*hold = 'week'.*stop = 2"):
        learning_rate_schedule({"shape": "cosine", "stop": 2, "hold": "week"}, CLOCK)
