import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.schedules import shapes

UNIT = st.floats(0, 1)
RAMPS = {
    "linear": shapes.linear,
    "cosine": shapes.cosine,
    "sigmoid": shapes.sigmoid(),
    "steep": shapes.sigmoid(1000.0),
    "normalised": shapes.sigmoid(normalised=True),
    "steep normalised": shapes.sigmoid(1e6, normalised=True),
    "points": shapes.points([[0, 0], [0.25, 0.5], [0.5, 0.5], [1, 1]]),
}


@pytest.mark.parametrize("name", RAMPS)
@given(UNIT, UNIT)
def test_rises_from_low_to_high_within_the_unit(name, one, other):
    low, high = sorted((one, other))
    assert 0 <= RAMPS[name](low) <= RAMPS[name](high) <= 1


@pytest.mark.parametrize("name", ["linear", "cosine", "sigmoid", "normalised"])
@given(UNIT)
def test_is_symmetric_about_its_middle(name, v):
    assert RAMPS[name](v) + RAMPS[name](1 - v) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", ["linear", "cosine", "normalised", "steep normalised", "points"])
def test_reaches_both_ends_exactly(name):
    assert (RAMPS[name](0.0), RAMPS[name](1.0)) == (0.0, 1.0)


@given(UNIT, st.floats(0.01, 60))
def test_sigmoid_is_the_logistic_function(v, steepness):
    expected = 1 / (1 + math.exp(-steepness * (v - 0.5)))
    assert shapes.sigmoid(steepness)(v) == pytest.approx(expected, abs=1e-15)


@given(UNIT)
def test_flat_normalised_sigmoid_is_a_line(v):
    assert shapes.sigmoid(0.01, normalised=True)(v) == pytest.approx(v, abs=1e-5)


def test_any_steepness_is_finite():
    for steepness in (1e4, 1e300):
        assert [shapes.sigmoid(steepness)(v) for v in (0, 0.5, 1)] == [0, 0.5, 1]


def test_points_interpolate_and_jump():
    curve = shapes.points([[0, 0.2], [0.5, 0.4], [0.5, 1], [1, 0]])
    assert curve(0) == 0.2
    assert curve(0.25) == pytest.approx(0.3)
    assert curve(0.5) == 1
    assert curve(0.75) == pytest.approx(0.5)
    assert curve(1) == curve(1.5) == 0


def test_ramps_by_name():
    assert {name: shapes.ramp(name)(0.5) for name in shapes.RAMPS} == {
        "linear": 0.5,
        "sigmoid": 0.5,
        "cosine": pytest.approx(0.5),
    }
    assert shapes.ramp("sigmoid", 4.0)(1) == pytest.approx(1 / (1 + math.exp(-2)))
    assert shapes.ramp("sigmoid", 4.0, True)(1) == 1
