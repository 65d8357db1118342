import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.errors import InputError
from kl_annealing.schedules import AnnealingCounter, Clock, beta_schedule

SHAPES = ("linear", "cosine", "logistic")


def weights(counter, steps):
    found = []
    for _ in range(steps):
        found.append(counter.weight)
        counter.step()
    return found


def test_rises_and_stays():
    assert weights(AnnealingCounter(4), 7) == [0, 0.25, 0.5, 0.75, 1, 1, 1]


def test_baseline_lifts_the_foot():
    assert weights(AnnealingCounter(4, baseline=0.2), 6) == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 1, 1]
    )


@pytest.mark.parametrize(("shape", "quarter"), [("cosine", 0.1464466), ("logistic", 0.0451770)])
def test_curved_shapes(shape, quarter):
    found = weights(AnnealingCounter(8, shape), 10)
    assert found[0] == 0 and found[8] == found[9] == 1
    assert found[2] == pytest.approx(quarter, abs=1e-6)
    assert found[4] == pytest.approx(0.5)


def test_cycles_reach_one_and_restart_after_total_steps():
    assert weights(AnnealingCounter(5, cyclical=True), 10) == [0, 0.25, 0.5, 0.75, 1] * 2


def test_cycles_hold():
    counter = AnnealingCounter(8, cyclical=True, ratio=0.5)
    assert weights(counter, 16) == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1] * 2


def test_one_step_cycles_are_always_at_one():
    assert weights(AnnealingCounter(1, cyclical=True), 4) == [1, 1, 1, 1]
    assert weights(AnnealingCounter(1), 3) == [0, 1, 1]


@pytest.mark.parametrize("total", [5, 10, 50, 1420, 1_000_000])
def test_logistic_scales_with_total_steps(total):
    counter = AnnealingCounter(total, "logistic", normalised=False)
    assert counter.weight == pytest.approx(1 / (1 + math.exp(6)))
    for _ in range(total // 2 if total < 10_000 else 0):
        counter.step()
    if total < 10_000:
        assert counter.weight == pytest.approx(1 / (1 + math.exp(6 - 12 * (total // 2) / total)))


@given(
    st.sampled_from(SHAPES), st.integers(1, 60), st.integers(1, 20), st.sampled_from([0, 0.1, 1])
)
def test_equals_the_schedule_block(shape, total, twentieths, baseline):
    """One way to compute a weight: the counter and the closed form are the same curve."""
    ratio = twentieths / 20
    name = "sigmoid" if shape == "logistic" else shape
    block = {"shape": name, "ratio": ratio, "baseline": baseline}
    if shape == "logistic":
        block["normalised"] = True
    beta = beta_schedule(block, Clock(1, total))
    counter = AnnealingCounter(total, shape, baseline, ratio=ratio)
    expected = [beta(step) for step in range(total + 5)]
    assert weights(counter, total + 5) == pytest.approx(expected, abs=1e-15)


@given(st.sampled_from(SHAPES), st.integers(1, 60), st.integers(1, 20), st.integers(1, 4))
def test_cycles_are_all_alike_and_end_at_one(shape, total, twentieths, cycles):
    counter = AnnealingCounter(total, shape, cyclical=True, ratio=twentieths / 20)
    found = weights(counter, total * cycles)
    assert found == found[:total] * cycles
    assert found[:total] == sorted(found[:total]) and found[total - 1] == 1
    assert all(0 <= value <= 1 for value in found)


def test_switching_off_finishes_the_cycle_and_on_again_starts_one():
    counter = AnnealingCounter(10, cyclical=True, ratio=0.5)
    found = []
    for epoch in range(100):
        if epoch in (30, 70):
            counter.set_cyclical(epoch == 70)
        found.append(counter.weight)
        counter.step()
    cycle = [0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1]
    assert found[:30] == pytest.approx(cycle * 3)
    assert found[30:71] == pytest.approx(cycle + [1] * 31)
    assert found[71:] == pytest.approx((cycle * 3)[:29])


@given(
    st.sampled_from(SHAPES),
    st.integers(1, 12),
    st.integers(1, 20),
    st.booleans(),
    st.lists(st.integers(0, 8), max_size=4),
)
def test_switching_never_moves_the_weight_and_every_cycle_ends_at_one(
    shape, total, twentieths, cyclical, pauses
):
    counter = AnnealingCounter(total, shape, cyclical=cyclical, ratio=twentieths / 20)
    found = []
    for pause in pauses:
        found += weights(counter, pause)
        before = counter.weight
        counter.set_cyclical(not counter.cyclical)
        assert counter.weight == before or counter.current_step == 0
        assert counter.weight >= before
    found += weights(counter, 2 * total + 2)
    assert all(end == 1 for end, begin in itertools.pairwise(found) if begin < end)


def test_switching_off_at_the_usual_ratio():
    counter = AnnealingCounter(5, cyclical=True)
    found = weights(counter, 3)
    counter.set_cyclical(False)
    assert found + weights(counter, 4) == [0, 0.25, 0.5, 0.75, 1, 1, 1]


def test_disable():
    counter = AnnealingCounter(4, disable=True)
    assert weights(counter, 3) == [1, 1, 1]
    counter.disable = False
    assert counter.weight == 0.75  # it counted on meanwhile


@given(
    st.sampled_from(SHAPES),
    st.integers(1, 30),
    st.integers(0, 80),
    st.integers(0, 80),
    st.booleans(),
    st.booleans(),
)
def test_a_resumed_counter_goes_on_exactly(shape, total, before, after, cyclical, switched):
    settings = dict(shape=shape, baseline=0.1, ratio=0.7)
    counter = AnnealingCounter(total, cyclical=cyclical, **settings)
    weights(counter, before)
    if switched:
        counter.set_cyclical(not cyclical)
    other = AnnealingCounter(total, **settings)
    other.load_state_dict(counter.state_dict())
    assert other.state_dict() == counter.state_dict()
    assert weights(other, after) == weights(counter, after)


def test_state_is_plain():
    import json

    state = AnnealingCounter(np.int64(4), baseline=np.float32(0.5), cyclical=True).state_dict()
    assert json.loads(json.dumps(state)) == state


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"total_steps": 5}, "total_steps is 4 here and 5 in the state"),
        ({"total_steps": 4, "shape": "cosine"}, "shape is 'linear' here and 'cosine' in the state"),
        ({"total_steps": 4, "ratio": 0.5}, "ratio is 1.0 here and 0.5 in the state"),
    ],
)
def test_refuses_a_state_of_other_settings(arguments, text):
    counter = AnnealingCounter(4)
    counter.step()
    before = counter.state_dict()
    with pytest.raises(InputError, match=text):
        counter.load_state_dict(AnnealingCounter(**arguments).state_dict())
    assert counter.state_dict() == before


@pytest.mark.parametrize(
    "change",
    [{"current_step": 5}, {"current_step": -1}, {"current_step": 1.5}, {"cyclical": 1}],
)
def test_refuses_a_broken_state(change):
    counter = AnnealingCounter(4)
    with pytest.raises(InputError, match="allowed"):
        counter.load_state_dict({**counter.state_dict(), **change})
    with pytest.raises(InputError, match="no annealer's state"):
        counter.load_state_dict({"current_step": 1})
    with pytest.raises(InputError, match="no annealer's state"):
        counter.load_state_dict(None)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"total_steps": 0}, "total_steps is 0; allowed: an integer of at least 1"),
        ({"total_steps": 2.0}, "total_steps is 2.0"),
        ({"total_steps": True}, "total_steps is True"),
        ({"total_steps": "5"}, "total_steps is '5'"),
        ({"shape": "triangle"}, "shape is 'triangle'; allowed: linear, cosine, logistic"),
        ({"shape": None}, "shape is None"),
        ({"shape": ["linear"]}, "shape is"),
        ({"baseline": -0.1}, r"baseline is -0.1; allowed: a number in \[0, 1\]"),
        ({"baseline": 1.1}, "baseline is 1.1"),
        ({"baseline": "0.5"}, "baseline is '0.5'"),
        ({"baseline": None}, "baseline is None"),
        ({"baseline": float("nan")}, "baseline is nan"),
        ({"cyclical": 1}, "cyclical is 1; allowed: True or False"),
        ({"disable": "no"}, "disable is 'no'"),
        ({"ratio": 0}, r"ratio is 0; allowed: a number in \(0, 1\]"),
        ({"steepness": 0}, "steepness is 0"),
        ({"normalised": 0}, "normalised is 0"),
    ],
)
def test_refuses_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        AnnealingCounter(**{"total_steps": 4, **arguments})


def test_names_all_wrong_arguments_at_once():
    with pytest.raises(InputError, match="total_steps is 0.*shape is 'x'.*ratio is 2"):
        AnnealingCounter(0, "x", ratio=2)


def test_set_cyclical_refuses_what_is_not_a_boolean():
    with pytest.raises(ValueError, match="cyclical is 0"):
        AnnealingCounter(4).set_cyclical(0)


def test_takes_numpy_integers():
    counter = AnnealingCounter(np.int32(4))
    counter.step()
    assert counter.weight == 0.25 and type(counter.total_steps) is int
