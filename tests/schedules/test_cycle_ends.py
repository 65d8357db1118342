import pytest

from kl_annealing.schedules import Clock, cycle_ends

CLOCK = Clock(10, 40)


def ends(block, clock=CLOCK):
    found = cycle_ends(block, clock)
    return [step for step in range(1, clock.total_steps + 1) if found(step)]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"shape": "linear", "cycles": 4, "ratio": 0.5}, [10, 20, 30, 40]),
        ({"shape": "linear", "period": {"steps": 15}, "ratio": 0.5}, [15, 30, 40]),
        ({"shape": "linear", "cycles": 2, "delay": {"steps": 10}}, [25, 40]),
        ({"shape": "cosine", "cycles": 3, "ratio": 0.5}, [13, 26, 40]),  # starts at floor(40 c / 3)
        ({"shape": "linear", "cycles": 1, "ratio": 0.95}, [38, 39, 40]),
        ({"shape": "linear", "ramp": {"steps": 37.5}}, [38, 39, 40]),
        ({"shape": "constant"}, list(range(1, 41))),
        ({"shape": "constant", "delay": {"steps": 38}}, [38, 39, 40]),
        ({"shape": "points", "points": [[0, 0], [1, 1]], "cycles": 1}, [40]),
    ],
)
def test_where_beta_ends_a_cycle(block, expected):
    assert ends(block) == expected


def test_the_published_dialog_cycle_ends_with_every_third_short_epoch():
    """Fu et al. 2019, dialog: cycles of 5148 steps, a validation after each 1716."""
    block = {"shape": "linear", "period": {"steps": 5148}, "ramp": {"steps": 3432}, "offset": 1}
    found = cycle_ends(block, Clock(6864, 60 * 1716))
    assert [number for number in range(1, 61) if found(1716 * number)] == list(range(3, 61, 3))
