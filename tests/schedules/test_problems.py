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
        ("stop", "1", "at least 0"),
        ("stop", float("inf"), "at least 0"),
        ("start", float("nan"), "at least 0"),
        ("stop", True, "at least 0"),
        ("baseline", 1.1, "[0, 1]"),
        ("delay", {"steps": -1}, "not negative"),
        ("delay", {"weeks": 1}, '"steps", "epochs" or "fraction"'),
        ("cycles", 0, "integer of at least 1"),
        ("cycles", 2.5, "integer of at least 1"),
        ("cycles", True, "integer of at least 1"),
        ("period", {"epochs": 0}, "above 0"),
        ("ratio", 0, "(0, 1]"),
        ("ratio", 1.01, "(0, 1]"),
        ("ratio", "1e-5", "(0, 1]"),
        ("ramp", {"steps": 0}, "above 0"),
        ("ramp", 10, "a mapping"),
        ("offset", 2, "0 or 1"),
        ("offset", False, "0 or 1"),
    ],
)
def test_a_value_out_of_range(key, value, allowed):
    text = the_problem(schedule_problems({"shape": "linear", key: value}))
    assert text.startswith(f"{key} is {value!r}; allowed: ") and allowed in text


@pytest.mark.parametrize(("key", "value"), [("steepness", 0), ("normalised", 1)])
def test_a_sigmoid_value_out_of_range(key, value):
    assert the_problem(schedule_problems({"shape": "sigmoid", key: value})).startswith(key)


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (None, "at least two pairs"),
        ([], "at least two pairs"),
        ([[0, 0]], "at least two pairs"),
        ([[0, 0], [1]], "at least two pairs"),
        ([[0, 0], [1, "1"]], "at least two pairs"),
        ("0 0 1 1", "at least two pairs"),
        ([[0.1, 0], [1, 1]], "the first v of points is 0.1; allowed: 0"),
        ([[0, 0], [0.9, 1]], "the last v of points is 0.9; allowed: 1"),
        ([[0, 0], [0.6, 1], [0.4, 1], [1, 1]], "from low to high"),
        ([[0, -1], [1, 1]], "too low; allowed: 0 or more"),
    ],
)
def test_points(points, text):
    assert text in the_problem(schedule_problems({"shape": "points", "points": points}))


def test_all_problems_at_once():
    found = schedule_problems(
        {"shape": "points", "points": [[0.1, -1], [0.9, 1]], "start": -1, "cycles": 0, "ratio": 0.2}
    )
    assert len(found) == 6  # start, cycles, idle ratio; a low value, a wrong first and last v


def test_unknown_shape_and_keys():
    assert the_problem(schedule_problems({"shape": "triangle"})) == (
        "shape is 'triangle'; allowed: constant, linear, sigmoid, cosine, points"
    )
    assert "shape is None" in the_problem(schedule_problems({}))
    assert "warmup is not a key" in the_problem(schedule_problems({"shape": "linear", "warmup": 3}))
    assert "shape is 'linear'" in the_problem(learning_rate_problems({"shape": "linear"}))


@pytest.mark.parametrize(
    "block",
    [
        {"shape": "constant", "cycles": 4},
        {"shape": "constant", "ramp": {"epochs": 1}},
        {"shape": "linear", "steepness": 6},
        {"shape": "cosine", "points": [[0, 0], [1, 1]]},
        {"shape": "points", "points": [[0, 0], [1, 1]], "ratio": 0.2},
    ],
)
def test_a_key_without_effect(block):
    assert "has no effect with shape" in the_problem(schedule_problems(block))


@pytest.mark.parametrize(
    "block",
    [
        {"shape": "constant", "hold": "epoch"},
        {"shape": "plateau", "staircase": True},
        {"shape": "exponential", "patience": 3},
        {"shape": "cosine", "decay": 0.3},
    ],
)
def test_a_learning_rate_key_without_effect(block):
    assert "has no effect with shape" in the_problem(learning_rate_problems(block))


def test_two_ways_to_say_one_thing():
    both = {"shape": "linear", "cycles": 4, "period": {"epochs": 3}}
    assert the_problem(schedule_problems(both)) == (
        "cycles and period are both given; allowed: one of them"
    )
    both = {"shape": "linear", "ratio": 0.4, "ramp": {"epochs": 3}}
    assert "ratio and ramp are both given" in the_problem(schedule_problems(both))
    both = {"shape": "cosine", "cycles": 4, "period": {"epochs": 3}}
    assert "cycles and period are both given" in the_problem(learning_rate_problems(both))


NEVER_ENDS = [
    ({"ramp": {"epochs": 12}}, EPOCHS, "ramp is 12 epochs, longer than the training"),
    ({"ramp": {"fraction": 1.2}}, Ruler(), "ramp is 1.2 of the training, longer than"),
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
        {"cycles": 4, "period": None, "ratio": 0.5, "ramp": None, "points": None},
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
        ("cosine", "stop", -0.1, "[0, 1]"),
        ("cosine", "hold", "batch", '"step" or "epoch"'),
        ("cosine", "cycles", 0, "at least 1"),
        ("exponential", "decay", 0, "(0, 1]"),
        ("exponential", "interval", {"epochs": 0}, "above 0"),
        ("exponential", "staircase", "yes", "true or false"),
        ("plateau", "decay", 1.5, "(0, 1]"),
        ("plateau", "patience", 0, "at least 1"),
        ("plateau", "minimum_epoch", -1, "at least 0"),
        ("plateau", "maximum_decays", 1.5, "at least 1"),
        ("plateau", "reload_best", "no", "true or false"),
    ],
)
def test_a_learning_rate_value_out_of_range(shape, key, value, allowed):
    text = the_problem(learning_rate_problems({"shape": shape, key: value}))
    assert text.startswith(f"{key} is {value!r}; allowed: ") and allowed in text
    with pytest.raises(InputError, match=key):
        learning_rate_schedule({"shape": shape, key: value}, Clock(1, 10))
