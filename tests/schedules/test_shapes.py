import copy
import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.schedules import Clock, beta_schedule, block_slug, schedule_settings, shapes
from kl_annealing.schema import definition, problems
from kl_annealing.schema.keywords import Validator

UNIT = st.floats(0, 1)


def sigmoid(steepness=12, normalised=False):
    return partial(shapes.sigmoid, steepness=steepness, normalised=normalised)


RAMPS = {
    "linear": shapes.linear,
    "cosine": shapes.cosine,
    "sigmoid": sigmoid(),
    "steep": sigmoid(1000.0),
    "normalised": sigmoid(normalised=True),
    "steep normalised": sigmoid(1e6, normalised=True),
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
    assert sigmoid(steepness)(v) == pytest.approx(expected, abs=1e-15)


@given(UNIT)
def test_flat_normalised_sigmoid_is_a_line(v):
    assert sigmoid(0.01, normalised=True)(v) == pytest.approx(v, abs=1e-5)


def test_any_steepness_is_finite():
    for steepness in (1e4, 1e300):
        assert [sigmoid(steepness)(v) for v in (0, 0.5, 1)] == [0, 0.5, 1]


def test_points_interpolate_and_jump():
    curve = shapes.points([[0, 0.2], [0.5, 0.4], [0.5, 1], [1, 0]])
    assert curve(0) == 0.2
    assert curve(0.25) == pytest.approx(0.3)
    assert curve(0.5) == 1
    assert curve(0.75) == pytest.approx(0.5)
    assert curve(1) == curve(1.5) == 0


def test_every_shape_of_the_schema_has_its_function():
    enum = definition("schedule")["properties"]["shape"]["enum"]
    assert set(shapes.RAMPS) | {"constant", "points"} == set(enum)
    for name in shapes.RAMPS:
        assert shapes.ramp_of(schedule_settings({"shape": name}))(0.5) == pytest.approx(0.5)


def test_a_ramp_reads_its_keys_of_the_block():
    block = {"shape": "sigmoid", "steepness": 4}
    ramp = shapes.ramp_of(schedule_settings(block))
    assert ramp(1) == pytest.approx(1 / (1 + math.exp(-2)))
    assert shapes.ramp_of(schedule_settings({**block, "normalised": True}))(1) == 1


def test_a_new_shape_is_a_function_and_a_schema_value(monkeypatch):
    schema = copy.deepcopy(definition("schedule"))
    schema["properties"]["shape"]["enum"].append("square")
    monkeypatch.setattr(problems, "_validator", lambda name: Validator(schema))
    monkeypatch.setattr(shapes, "RAMPS", dict(shapes.RAMPS))

    @shapes.ramp
    def square(v):
        return v * v

    block = {"shape": "square", "cycles": 2}
    beta = beta_schedule(block, Clock(1, 40))
    assert [beta(step) for step in (0, 5, 10, 20, 25)] == [0, 0.25, 1, 0, 0.25]
    assert block_slug(block) == "square-M2-R0.5"
