import json

import pytest

from kl_annealing.errors import InputError
from kl_annealing.schedules import (
    Clock,
    Ruler,
    beta_schedule,
    learning_rate_problems,
    learning_rate_schedule,
    learning_rate_settings,
    schedule_problems,
    schedule_settings,
)

EPOCHS = Ruler({"epochs": 10})
STEPS = Ruler({"steps": 1000})


def the_problem(found):
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("start", -0.1, "at least 0"),
        ("stop", "1", "a number"),
        ("stop", float("inf"), "a number; it must be finite"),
        ("start", float("nan"), "a number; it must be finite"),
        ("stop", True, "a number"),
        ("baseline", 1.1, "at most 1"),
        ("cycles", 0, "at least 1"),
        ("cycles", 2.5, "a whole number"),
        ("cycles", 2.0, "a whole number"),
        ("cycles", True, "a whole number"),
        ("period", None, "a mapping"),
        ("ratio", 0, "greater than 0"),
        ("ratio", 1.01, "at most 1"),
        ("ratio", "1e-5", "write 1.0e-5"),
        ("ramp", 10, "a mapping"),
        ("offset", 2, "allowed: 0, 1"),
        ("offset", False, "allowed: 0, 1"),
    ],
)
def test_a_value_out_of_range(key, value, allowed):
    text = the_problem(schedule_problems({"shape": "linear", key: value}))
    said = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    assert text.startswith(f"{key} = {said}: ") and allowed in text


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("delay", {"steps": -1}, "delay.steps = -1: must be at least 0"),
        ("period", {"epochs": 0}, "period.epochs = 0: must be greater than 0"),
        ("ramp", {"steps": 0}, "ramp.steps = 0: must be greater than 0"),
        ("ramp", {"fraction": 1.2}, "ramp.fraction = 1.2: must be at most 1"),
        ("ramp", {}, "ramp: give exactly one of steps, epochs, fraction"),
        (
            "ramp",
            {"steps": 1, "epochs": 2},
            "ramp: steps = 1, epochs = 2: give exactly one of steps, epochs, fraction",
        ),
    ],
)
def test_a_length_out_of_range(key, value, text):
    assert the_problem(schedule_problems({"shape": "linear", key: value})) == text


def test_an_unknown_unit():
    found = schedule_problems({"shape": "linear", "delay": {"weeks": 1}})
    assert found[0] == "delay: unknown key 'weeks'; allowed: epochs, fraction, steps"


@pytest.mark.parametrize(("key", "value"), [("steepness", 0.009), ("normalised", 1)])
def test_a_sigmoid_value_out_of_range(key, value):
    assert the_problem(schedule_problems({"shape": "sigmoid", key: value})).startswith(key)


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (None, "must be a list"),
        ([[0, 0]], "at least 2 items"),
        ([[0, 0], [1]], "points[1] = [1]: needs at least 2 items"),
        ([[0, 0], [1, 1, 1]], "points[1] = [1, 1, 1]: takes at most 2 items"),
        ([[0, 0], [1, "1"]], "points[1][1] = '1': must be a number"),
        ("0 0 1 1", "must be a list"),
        ([[0, -1], [1, 1]], "points[0][1] = -1: must be at least 0"),
        ([[0, 0], [1.1, 1]], "points[1][0] = 1.1: must be at most 1"),
        ([[0.1, 0], [1, 1]], "the first v of points is 0.1; allowed: 0"),
        ([[0, 0], [0.9, 1]], "the last v of points is 0.9; allowed: 1"),
        ([[0, 0], [0.6, 1], [0.4, 1], [1, 1]], "from low to high"),
    ],
)
def test_points(points, text):
    assert text in the_problem(schedule_problems({"shape": "points", "points": points}))


def test_all_problems_at_once():
    block = {"shape": "points", "points": [[0, -1], [1, 1]], "start": -1, "cycles": 0, "ratio": 0.2}
    assert len(schedule_problems(block)) == 4
    assert len(schedule_problems({"shape": "points", "points": [[0.1, 1], [0.9, 1]]})) == 2


def test_unknown_shape_and_keys():
    assert the_problem(schedule_problems({"shape": "triangle", "steepness": 3})) == (
        "shape = 'triangle': allowed: constant, linear, sigmoid, cosine, points"
    )
    assert the_problem(schedule_problems({})) == "key 'shape' is missing"
    assert the_problem(schedule_problems({"shape": "linear", "cycle": 3})).startswith(
        "unknown key 'cycle' (did you mean 'cycles'?); allowed: baseline, "
    )
    assert "shape = 'linear'" in the_problem(learning_rate_problems({"shape": "linear"}))


@pytest.mark.parametrize(
    ("shape", "key", "value"),
    [
        ("constant", "cycles", 4),
        ("constant", "ramp", {"epochs": 1}),
        ("linear", "steepness", 12),
        ("cosine", "points", [[0, 0], [1, 1]]),
        ("points", "ratio", 0.2),
    ],
)
def test_a_key_without_effect(shape, key, value):
    block = {"shape": shape, key: value}
    if shape == "points":
        block["points"] = [[0, 0], [1, 1]]
    text = the_problem(schedule_problems(block))
    assert text.startswith(f"shape {shape} takes no {key}; allowed: shape, start, stop, ")


@pytest.mark.parametrize(
    ("shape", "key", "value"),
    [
        ("constant", "hold", "epoch"),
        ("plateau", "staircase", True),
        ("exponential", "patience", 3),
        ("cosine", "decay", 0.3),
    ],
)
def test_a_learning_rate_key_without_effect(shape, key, value):
    text = the_problem(learning_rate_problems({"shape": shape, key: value}))
    assert text.startswith(f"shape {shape} takes no {key}; allowed: shape")


def test_two_ways_to_say_one_thing():
    both = {"shape": "linear", "cycles": 4, "period": {"epochs": 3}}
    assert the_problem(schedule_problems(both)) == (
        "cycles = 4, period = {'epochs': 3}: give exactly one of cycles, period"
    )
    both = {"shape": "linear", "ratio": 0.4, "ramp": {"epochs": 3}}
    assert "exactly one of ratio, ramp" in the_problem(schedule_problems(both))
    both = {"shape": "cosine", "cycles": 4, "period": {"epochs": 3}}
    assert "exactly one of cycles, period" in the_problem(learning_rate_problems(both))


NEVER_ENDS = [
    ({"ramp": {"epochs": 12}}, EPOCHS, "ramp is 12 epochs, longer than the training"),
    ({"ramp": {"epochs": 3}, "cycles": 4}, EPOCHS, "longer than one of 4 cycles"),
    ({"ramp": {"fraction": 0.3}, "cycles": 4}, Ruler(), "longer than one of 4 cycles"),
    (
        {"ramp": {"epochs": 6}, "period": {"epochs": 5}},
        Ruler(),
        "longer than the period of 5 epoch",
    ),
    ({"ramp": {"steps": 600}, "period": {"fraction": 0.5}}, STEPS, "longer than the period of 0.5"),
    ({"delay": {"epochs": 10}}, EPOCHS, "delay is 10 epochs, which leaves nothing"),
    ({"delay": {"fraction": 1}}, Ruler(), "delay is 1 of the training, which leaves nothing"),
    ({"delay": {"epochs": 5}, "ramp": {"epochs": 6}}, EPOCHS, "longer than the training after"),
    ({"period": {"epochs": 30}}, EPOCHS, "the period of 30 epochs at ratio 0.5 ends after"),
    ({"delay": {"epochs": 8}, "period": {"epochs": 5}}, EPOCHS, "ends after the training does"),
    (
        {"ramp": {"epochs": 11}, "period": {"epochs": 30}},
        EPOCHS,
        "the ramp of 11 epochs ends after",
    ),
    ({"cycles": 2000}, STEPS, "cycles is 2000, more than there are steps"),
    ({"period": {"steps": 0.5}}, STEPS, "period is 0.5 steps, less than a step"),
]


@pytest.mark.parametrize(("block", "ruler", "text"), NEVER_ENDS)
def test_a_schedule_that_never_reaches_its_end(block, ruler, text):
    assert text in the_problem(schedule_problems({"shape": "linear", **block}, ruler))


def test_points_and_restarts_must_end_within_the_training():
    period = {"period": {"epochs": 12}}
    curve = {"shape": "points", "points": [[0, 0], [1, 1]], **period}
    assert "ends after the training" in the_problem(schedule_problems(curve, EPOCHS))
    restarts = {"shape": "cosine", **period}
    assert "ends after the training" in the_problem(learning_rate_problems(restarts, EPOCHS))


def test_what_cannot_be_known_yet_waits_for_the_clock():
    block = {"shape": "linear", "ramp": {"steps": 600}}
    assert schedule_problems(block) == schedule_problems(block, EPOCHS) == []
    with pytest.raises(InputError, match="never reached"):
        beta_schedule(block, Clock(50, 500))
    beta_schedule(block, Clock(50, 600))


@pytest.mark.parametrize(
    "block",
    [
        {"ramp": {"epochs": 10}},
        {"ramp": {"fraction": 0.25}, "cycles": 4},
        {"ratio": 1},
        {"period": {"epochs": 20}},
        {"delay": {"epochs": 5}, "ramp": {"epochs": 5}},
        {"cycles": 4, "ratio": 0.5},
    ],
)
def test_what_just_fits_is_allowed(block):
    assert schedule_problems({"shape": "linear", **block}, EPOCHS) == []


def test_settings_with_defaults_written_out_are_allowed_and_stay_as_they_are():
    for block in (
        {"shape": "constant"},
        {"shape": "linear", "period": {"epochs": 5}, "ramp": {"epochs": 2}},
        {"shape": "sigmoid", "cycles": 4},
        {"shape": "points", "points": [[0, 0], [1, 1]]},
    ):
        settings = schedule_settings(block)
        assert schedule_problems(settings, EPOCHS) == []
        assert schedule_settings(settings) == settings
    for block in ({"shape": shape} for shape in ("constant", "cosine", "exponential", "plateau")):
        settings = learning_rate_settings(block)
        assert learning_rate_problems(settings, EPOCHS) == []
        assert learning_rate_settings(settings) == settings


@pytest.mark.parametrize(
    ("shape", "key", "value", "allowed"),
    [
        ("cosine", "stop", -0.1, "at least 0"),
        ("cosine", "hold", "batch", "allowed: step, epoch"),
        ("cosine", "cycles", 0, "at least 1"),
        ("exponential", "decay", 0, "greater than 0"),
        ("exponential", "interval", {"epochs": 0}, "greater than 0"),
        ("exponential", "staircase", "yes", "true or false"),
        ("plateau", "decay", 1.5, "at most 1"),
        ("plateau", "patience", 0, "at least 1"),
        ("plateau", "minimum_epoch", -1, "at least 0"),
        ("plateau", "maximum_decays", 1.5, "a whole number"),
        ("plateau", "reload_best", "no", "true or false"),
    ],
)
def test_a_learning_rate_value_out_of_range(shape, key, value, allowed):
    text = the_problem(learning_rate_problems({"shape": shape, key: value}))
    assert text.startswith(key) and allowed in text
    with pytest.raises(InputError, match=key):
        learning_rate_schedule({"shape": shape, key: value}, Clock(1, 10))
