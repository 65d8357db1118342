import math
from fractions import Fraction

import pytest

from kl_annealing.errors import InputError
from kl_annealing.schedules import cycle_ends
from kl_annealing.training.plan import Plan


def test_lengths_become_steps(run_of):
    run = run_of(
        training__epochs=10,
        training__evaluate_every={"epochs": 0.5},
        training__snapshots=[{"steps": 3}, {"epochs": 2}, {"fraction": 1}],
    )
    plan = Plan.of(run, steps_per_epoch=7)
    assert plan.total_steps == 70
    assert plan.evaluate_every == 3.5
    assert plan.snapshots == {3, 14, 70}


def test_training_may_be_given_in_steps(run_of):
    run = run_of(training__epochs=None, training__steps=40_000)
    assert Plan.of(run, steps_per_epoch=1).total_steps == 40_000


def test_very_short_lengths_are_one_step(run_of):
    run = run_of(training__evaluate_every={"steps": 0.2}, training__snapshots=[{"epochs": 0.01}])
    plan = Plan.of(run, steps_per_epoch=7)
    assert (plan.evaluate_every, plan.snapshots) == (1, {1})


def test_validation_is_measured_when_due_and_at_the_end(run_of):
    plan = Plan.of(run_of(training__evaluate_every={"steps": 5}), steps_per_epoch=4)
    assert [step for step in range(1, 13) if plan.evaluates(step)] == [5, 10, 12]


@pytest.mark.parametrize(("epochs", "steps"), [(0.25, 6863), (0.1, 6864), (0.3, 7), (0.07, 5)])
def test_validations_are_whole_multiples_and_never_drift(run_of, epochs, steps):
    run = run_of(training__epochs=9, training__evaluate_every={"epochs": epochs})
    plan = Plan.of(run, steps)
    every = max(Fraction(1), Fraction(str(epochs)) * steps)
    due = {math.floor(number * every) for number in range(1, math.ceil(9 * steps / every))}
    assert {step for step in range(1, 9 * steps + 1) if plan.evaluates(step)} == due | {9 * steps}


@pytest.mark.parametrize("steps", [6863, 6864, 11, 4])
def test_a_validation_is_due_where_a_cycle_ends(run_of, steps):
    schedule = {"shape": "linear", "period": {"epochs": 0.75}, "ramp": {"epochs": 0.5}}
    every = {"epochs": 0.25}
    run = run_of(training__epochs=6, training__evaluate_every=every, schedule=schedule)
    plan = Plan.of(run, steps)
    ends = [3 * number * steps // 4 for number in range(1, 9)]
    assert all(plan.evaluates(step) for step in ends)
    ended = cycle_ends(schedule, plan.clock)
    assert [step for step in range(1, 6 * steps + 1) if ended(step)] == ends
    assert [plan.beta(step) for step in ends[:-1]] == [0] * 7


def test_the_plateau_rule_has_each_epoch_measured(run_of):
    run = run_of(training__evaluate_every={"steps": 5}, learning_rate={"shape": "plateau"})
    plan = Plan.of(run, steps_per_epoch=4)
    assert [step for step in range(1, 13) if plan.evaluates(step)] == [4, 5, 8, 10, 12]


def test_beta_and_learning_rate_follow_their_schedules(run_of):
    run = run_of(
        training__epochs=4,
        schedule={"shape": "linear", "cycles": 2, "ratio": 0.5},
        learning_rate={"shape": "cosine", "cycles": 2, "hold": "epoch"},
    )
    plan = Plan.of(run, steps_per_epoch=10)
    assert [plan.beta(step) for step in (0, 5, 10, 19, 20, 25)] == [0, 0.5, 1, 1, 0, 0.5]
    assert [plan.learning_rate(s) for s in (0, 9, 10, 20)] == pytest.approx(
        [0.02, 0.02, 0.01, 0.02]
    )


def test_epochs_are_whole_where_they_can_be(run_of):
    plan = Plan.of(run_of(), steps_per_epoch=8)
    assert [repr(plan.epoch(step)) for step in (0, 4, 8, 24)] == ["0", "0.5", "1", "3"]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("training__snapshots", [{"steps": 1000}], r"training\.snapshots: .*1000.*step 21"),
        ("training__evaluate_every", {"steps": 22}, r"training\.evaluate_every: .*22.*step 21"),
        ("schedule", {"shape": "linear", "ramp": {"steps": 1e9}}, "ramp is 1000000000.0 steps"),
        ("schedule", {"shape": "linear", "cycles": 22}, "cycles is 22, more than there are steps"),
        (
            "learning_rate",
            {"shape": "cosine", "period": {"steps": 22}},
            "period of 22 steps ends after the training",
        ),
    ],
)
def test_what_only_the_data_shows_is_refused_when_training_starts(run_of, key, value, text):
    with pytest.raises(InputError, match=text):
        Plan.of(run_of(**{key: value}), steps_per_epoch=7)


def test_a_schedule_refused_by_the_data_is_given_with_its_place(run_of):
    run = run_of(schedule={"shape": "linear", "delay": {"steps": 1000}})
    with pytest.raises(InputError) as caught:
        Plan.of(run, steps_per_epoch=7)
    text = str(caught.value)
    assert "change it in schedules of the configuration" in text and "{'steps': 1000}" in text
    assert "an epoch has 7 steps, the training 21" in text and "\n" not in text
