import re

import pytest

from kl_annealing.schedules import block_slug, learning_rate_slug, schedule_settings
from kl_annealing.schedules.published import PUBLISHED


@pytest.mark.parametrize(
    ("block", "slug"),
    [
        ({"shape": "constant"}, "constant"),
        ({"shape": "constant", "stop": 0}, "constant-stop0"),
        ({"shape": "linear", "cycles": 4}, "linear-M4-R0.5"),
        ({"shape": "linear", "ratio": 0.25}, "linear-M1-R0.25"),
        ({"shape": "cosine", "period": {"epochs": 10}}, "cosine-P10epochs-R0.5"),
        (
            {"shape": "linear", "ramp": {"fraction": 0.2}, "start": 0.1},
            "linear-M1-ramp0.2-start0.1",
        ),
        ({"shape": "sigmoid", "steepness": 20, "cycles": 2}, "sigmoid-M2-R0.5-steepness20"),
        ({"shape": "linear", "delay": {"epochs": 2.5}}, "linear-M1-R0.5-delay2.5epochs"),
        ({"shape": "points", "points": [[0, 0], [1, 1]], "cycles": 3}, "points-M3"),
    ],
)
def test_names_of_beta_schedules(block, slug):
    assert block_slug(block) == block_slug(schedule_settings(block)) == slug


@pytest.mark.parametrize(
    ("block", "slug"),
    [
        ({"shape": "constant"}, "constant"),
        ({"shape": "cosine", "cycles": 4}, "cosine-restarts-M4"),
        ({"shape": "cosine", "period": {"steps": 5148}}, "cosine-restarts-P5148steps"),
        ({"shape": "exponential"}, "exponential-0.99-2epochs"),
        ({"shape": "plateau"}, "plateau-0.5"),
    ],
)
def test_names_of_learning_rate_schedules(block, slug):
    assert learning_rate_slug(block) == slug


@pytest.mark.parametrize("name", PUBLISHED)
def test_names_are_fit_for_folders(name):
    found = PUBLISHED[name]
    for slug in (block_slug(found.schedule), learning_rate_slug(found.learning_rate)):
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,60}", slug)


def test_extreme_numbers_stay_fit_for_folders():
    slug = block_slug({"shape": "linear", "start": 1e-12, "ramp": {"steps": 1e30}})
    assert re.fullmatch(r"[A-Za-z0-9.-]+", slug)
