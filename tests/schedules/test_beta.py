"""Closed forms on small hand-made cases, then properties over all blocks."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kl_annealing.errors import InputError
from kl_annealing.schedules import Clock, beta_schedule, schedule_settings

TEN = Clock(steps_per_epoch=5, total_steps=10)


def table(block, clock=TEN, steps=None):
    beta = beta_schedule(block, clock)
    return [beta(step) for step in range(steps or clock.total_steps)]


def test_constant():
    assert table({"shape": "constant"}) == [1] * 10
    assert table({"shape": "constant", "stop": 0.4, "delay": {"steps": 3}}) == [0] * 3 + [0.4] * 7
    assert table({"shape": "constant", "stop": 0}) == [0] * 10


def test_monotonic_is_one_cycle_of_half_the_training_by_default():
    assert table({"shape": "linear"}) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1])


def test_cycles_restart():
    expected = [0, 0.4, 0.8, 1, 1] * 2
    assert table({"shape": "linear", "cycles": 2}) == pytest.approx(expected)
    assert table({"shape": "linear", "period": {"epochs": 1}}) == pytest.approx(expected)


def test_offset_advances_before_use():
    expected = [0.4, 0.8, 1, 1, 1] * 2
    assert table({"shape": "linear", "cycles": 2, "offset": 1}) == pytest.approx(expected)


def test_ramp_as_a_length():
    block = {"shape": "linear", "cycles": 2, "ramp": {"steps": 4}}
    assert table(block) == pytest.approx([0, 0.25, 0.5, 0.75, 1] * 2)


def test_start_stop_and_baseline():
    block = {"shape": "linear", "start": 0.2, "stop": 0.6, "cycles": 2, "ramp": {"steps": 4}}
    assert table(block)[:5] == pytest.approx([0.2, 0.3, 0.4, 0.5, 0.6])
    assert table({**block, "baseline": 0.5})[:5] == pytest.approx([0.6, 0.65, 0.7, 0.75, 0.8])


def test_a_schedule_may_fall():
    block = {"shape": "linear", "start": 4, "stop": 1, "ramp": {"steps": 3}}
    assert table(block)[:5] == pytest.approx([4, 3, 2, 1, 1])


def test_cycles_share_what_the_delay_leaves():
    block = {"shape": "linear", "start": 0.1, "delay": {"fraction": 0.2}, "cycles": 2}
    rise = [0.1, 0.55, 1, 1]
    assert table(block) == pytest.approx([0.1, 0.1, *rise, *rise])


def test_period_repeats_to_the_end_and_beyond():
    block = {"shape": "linear", "period": {"steps": 4}, "ratio": 0.5}
    assert table(block, steps=14) == pytest.approx([0, 0.5, 1, 1] * 3 + [0, 0.5])


def test_cycles_hold_beyond_the_training():
    assert table({"shape": "linear", "cycles": 2}, steps=30)[10:] == [1] * 20


def test_points_run_along_the_whole_cycle():
    block = {"shape": "points", "points": [[0, 0.5], [0.4, 0.5], [0.8, 1.5], [1, 1.5]], "cycles": 2}
    assert table(block) == pytest.approx([0.5, 0.5, 0.5, 1.0, 1.5] * 2)
    delayed = {**block, "delay": {"steps": 5}, "cycles": 1}
    assert table(delayed) == pytest.approx([0.5] * 5 + [0.5, 0.5, 0.5, 1.0, 1.5])
    assert table({**block, "cycles": 1}, steps=40)[10:] == [1.5] * 30


def test_sigmoid_normalised_starts_at_start_and_stops_at_stop():
    plain = {"shape": "sigmoid", "start": 0.1, "cycles": 2, "ramp": {"steps": 4}}
    values = table(plain)
    assert values[0] == pytest.approx(0.1 + 0.9 * 0.00247262)
    assert values[4] == pytest.approx(0.1 + 0.9 * 0.99752738)
    values = table({**plain, "normalised": True})
    assert (values[0], values[4]) == (0.1, 1)


def test_no_drift_over_a_hundred_thousand_steps():
    beta = beta_schedule({"shape": "linear", "cycles": 7, "ratio": 1}, Clock(1, 100_000))
    for cycle in range(7):
        start = floor(Fraction(cycle * 100_000, 7))
        assert beta(start) == 0
        assert beta(start + 1) == 7 / 100_000


def test_every_problem_is_in_the_error():
    block = {"shape": "linear", "ratio": 1.5, "cycles": 0, "start": -1}
    with pytest.raises(InputError) as raised:
        beta_schedule(block, TEN)
    text = str(raised.value)
    assert text.startswith("beta schedule: ") and "\n" not in text
    assert all(key in text for key in ("ratio = 1.5", "cycles = 0", "start = -1"))


# --- Properties


@st.composite
def blocks(draw, ramps=("linear", "sigmoid", "cosine"), stop=None):
    total = draw(st.integers(1, 2000))
    clock = Clock(draw(st.integers(1, 300)), total)
    block = {
        "shape": draw(st.sampled_from(ramps)),
        "start": draw(st.integers(0, 20)) / 10,
        "stop": draw(st.integers(0, 20)) / 10 if stop is None else stop,
        "offset": draw(st.integers(0, 1)),
        "baseline": draw(st.sampled_from([0, 0.25, 1])),
        "delay": {"steps": draw(st.integers(0, (total - 1) // 2))},
        "cycles": draw(st.integers(1, 9)),
        "ratio": draw(st.integers(1, 20)) / 20,
    }
    if block["shape"] == "sigmoid":
        block["normalised"] = draw(st.booleans())
    assume(block["cycles"] <= total - block["delay"]["steps"])
    return block, clock


def starts(block, clock):
    """Return the first steps of the cycles, by the published rule."""
    delay = block["delay"]["steps"]
    period = Fraction(clock.total_steps - delay, block["cycles"])
    return [delay + floor(cycle * period) for cycle in range(block["cycles"])] + [clock.total_steps]


@given(blocks())
def test_stays_between_its_ends(case):
    block, clock = case
    lift = block["baseline"]
    ends = [lift + (1 - lift) * block[key] for key in ("start", "stop")]
    assert all(
        min(ends) - 1e-12 <= value <= max(ends) + 1e-12
        for value in table(block, clock, clock.total_steps + 5)
    )


@given(blocks())
def test_is_monotone_within_each_cycle(case):
    block, clock = case
    values = table(block, clock)
    sign = 1 if block["stop"] >= block["start"] else -1
    edges = starts(block, clock)
    for first, end in zip(edges, edges[1:], strict=False):
        cycle = values[first:end]
        assert all(sign * (b - a) >= 0 for a, b in zip(cycle, cycle[1:], strict=False))


@given(blocks())
def test_every_cycle_begins_alike(case):
    block, clock = case
    values = table(block, clock)
    edges = starts(block, clock)
    shortest = min(b - a for a, b in zip(edges, edges[1:], strict=False))
    cycles = [values[first : first + shortest] for first in edges[:-1]]
    assert all(cycle == cycles[0] for cycle in cycles)


@given(blocks())
def test_holds_stop_after_the_ramp(case):
    block, clock = case
    beta = beta_schedule(block, clock)
    edges = starts(block, clock)
    ramp = Fraction(clock.total_steps - block["delay"]["steps"], block["cycles"])
    ramp *= Fraction(str(block["ratio"]))
    lift = block["baseline"]
    held = lift + (1 - lift) * block["stop"]
    for first, end in zip(edges, edges[1:], strict=False):
        for step in range(first, end):
            if step - first + block["offset"] > ramp:
                assert beta(step) == held


@given(blocks())
def test_one_cycle_is_monotonic(case):
    block, clock = case
    block["cycles"] = 1
    values = table(block, clock)[block["delay"]["steps"] :]
    assert values == sorted(values, reverse=block["stop"] < block["start"])


@given(blocks(ramps=("linear", "cosine")))
def test_a_full_ratio_never_holds_before_the_last_step_of_a_cycle(case):
    block, clock = case
    block.update(ratio=1.0, start=0, stop=1, baseline=0, offset=0)
    values, edges = table(block, clock), starts(block, clock)
    for first, end in zip(edges, edges[1:], strict=False):
        assert all(value < 1 for value in values[first : end - 1])


@given(blocks())
def test_a_delay_shifts_the_schedule(case):
    block, clock = case
    delay = block["delay"]["steps"]
    block["delay"] = {"steps": 0}
    plain = table(block, Clock(clock.steps_per_epoch, clock.total_steps - delay))
    delayed = table({**block, "delay": {"steps": delay}}, clock)
    lift = block["baseline"]
    foot = lift + (1 - lift) * block["start"]
    assert delayed == [foot] * delay + plain


@given(blocks())
def test_a_whole_period_says_the_same_as_cycles(case):
    block, clock = case
    block["delay"] = {"steps": 0}
    period = {**block, "period": {"fraction": 1}}
    del period["cycles"]
    block["cycles"] = 1
    assert table(period, clock) == table(block, clock)


@given(blocks(), st.randoms(use_true_random=False))
def test_is_a_pure_function_of_the_step(case, random):
    block, clock = case
    steps = random.sample(range(clock.total_steps), min(40, clock.total_steps))
    beta, again = beta_schedule(block, clock), beta_schedule(schedule_settings(block), clock)
    expected = table(block, clock)
    assert [beta(step) for step in steps] == [expected[step] for step in steps]
    assert [again(step) for step in steps] == [expected[step] for step in steps]
