from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.errors import InputError
from kl_annealing.schedules import Clock, Ruler
from kl_annealing.schedules.clock import exact, is_length

CLOCK = Clock(steps_per_epoch=1359, total_steps=54_360)


@pytest.mark.parametrize(
    ("length", "steps"),
    [
        ({"steps": 7}, 7),
        ({"epochs": 4.5}, Fraction(12231, 2)),
        ({"fraction": 0.25}, 13_590),
        ({"fraction": 0.1}, 5436),
        ({"steps": 0}, 0),
    ],
)
def test_resolves_lengths_exactly(length, steps):
    assert CLOCK.resolve(length) == steps


def test_decimals_are_taken_as_written():
    assert exact(0.45) == Fraction(9, 20)
    assert exact(1e-5) == Fraction(1, 100_000)
    assert exact(np.float64(0.1)) == Fraction(1, 10)
    assert exact(3) == 3


@pytest.mark.parametrize(
    "length",
    [
        None,
        3,
        "10 epochs",
        {},
        {"epochs": 1, "steps": 2},
        {"weeks": 1},
        {"steps": -1},
        {"steps": "3"},
        {"steps": True},
        {"steps": float("nan")},
        {"steps": float("inf")},
    ],
)
def test_refuses_what_is_no_length(length):
    assert not is_length(length)
    with pytest.raises(InputError, match="allowed: a mapping with one of"):
        CLOCK.resolve(length)


@pytest.mark.parametrize(("epoch", "total"), [(0, 10), (10, 0), (2.5, 10), (True, 10), (10, "10")])
def test_refuses_a_clock_without_whole_steps(epoch, total):
    with pytest.raises(InputError, match="an integer of at least 1"):
        Clock(epoch, total)


def test_takes_numpy_integers():
    assert Clock(np.int64(10), np.int32(100)).resolve({"epochs": 2}) == 20


def test_ruler_compares_what_it_can():
    epochs = {"epochs": 4}
    assert Ruler().common(epochs, {"epochs": 5}) == [4, 5]
    assert Ruler().common(epochs, {"steps": 5}) is None
    assert Ruler().common(epochs, {"fraction": 0.5}) is None
    assert Ruler().common(epochs, {"steps": 0}) == [4, 0]
    assert Ruler({"epochs": 10}).common(epochs, {"fraction": 0.5}) == [4, 5]
    assert Ruler({"epochs": 10}).common(epochs, {"steps": 5}) is None
    assert Ruler({"epochs": 10}, 3).common(epochs, {"steps": 5}, {"fraction": 1}) == [12, 5, 30]
    assert Ruler(None, 3).common(epochs, {"steps": 5}) == [12, 5]


@given(
    st.integers(1, 5000),
    st.integers(1, 100_000),
    st.sampled_from(["steps", "epochs", "fraction"]),
    st.integers(0, 1000),
)
def test_ruler_of_a_clock_agrees_with_it(epoch, total, unit, hundredths):
    clock, length = Clock(epoch, total), {unit: hundredths / 100}
    assert Ruler.of(clock).steps(length) == clock.resolve(length)
