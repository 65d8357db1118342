"""Closed forms against the published notebook's loop, written again here by accumulation.

Fu et al. 2019, haofuml/cyclical_annealing, plot/plot_schedules.ipynb.
"""

import math

import pytest

from kl_annealing.schedules import Clock, beta_schedule

SHAPES = {
    "linear": lambda v: v,
    "sigmoid": lambda v: 1.0 / (1.0 + math.exp(-(v * 12.0 - 6.0))),
    "cosine": lambda v: 0.5 - 0.5 * math.cos(v * math.pi),
}


def accumulated(n, cycles, ratio, shape):
    """Fill a table of ones with ramps whose abscissa is added up step by step.

    The one thing mended: an index beyond the table is dropped, where the notebook raises.
    """
    table = [1.0] * n
    period = n / cycles
    step = 1.0 / (period * ratio)
    for c in range(cycles):
        v, i = 0.0, 0
        while v <= 1.0:
            if int(i + c * period) < n:
                table[int(i + c * period)] = SHAPES[shape](v)
            v += step
            i += 1
    return table


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("n", "cycles", "ratio"),
    [(40_000, 4, 0.5), (40_000, 4, 1.0), (40_000, 1, 0.25), (1000, 7, 0.5), (1000, 7, 1.0)],
)
def test_equals_the_accumulating_loop(shape, n, cycles, ratio):
    beta = beta_schedule({"shape": shape, "cycles": cycles, "ratio": ratio}, Clock(1, n))
    expected = accumulated(n, cycles, ratio, shape)
    differing = [t for t in range(n) if abs(beta(t) - expected[t]) > 1e-9]
    assert differing == []


def test_hundred_steps_skip_the_top_of_the_ramp_as_published():
    beta = beta_schedule({"shape": "linear", "cycles": 4, "ratio": 0.5}, Clock(1, 100))
    assert [beta(t) for t in (11, 12, 13)] == pytest.approx([0.88, 0.96, 1.0])


def test_added_rounding_loses_a_sigmoid_point_that_the_closed_form_keeps():
    # n = 200: fifty additions of 1/50 give more than 1, so the loop never writes the point v = 1
    expected = accumulated(200, 2, 0.5, "sigmoid")
    beta = beta_schedule({"shape": "sigmoid", "cycles": 2, "ratio": 0.5}, Clock(1, 200))
    differing = [t for t in range(200) if abs(beta(t) - expected[t]) > 1e-9]
    assert differing == [50, 150]
    assert beta(50) == pytest.approx(0.9975273768) and expected[50] == 1.0


def test_cycles_that_are_not_whole_steps_start_where_the_notebook_starts_them():
    beta = beta_schedule({"shape": "linear", "cycles": 7, "ratio": 1}, Clock(1, 1000))
    starts = [t for t in range(1, 1000) if beta(t) == 0]
    assert starts == [142, 285, 428, 571, 714, 857]


@pytest.mark.parametrize(
    ("shape", "foot", "middle", "head"),
    [
        ("linear", 0, 0.5, 1),
        ("sigmoid", 0.00247262, 0.5, 0.99752738),
        ("cosine", 0, 0.5, 1),
    ],
)
def test_values_of_the_shapes(shape, foot, middle, head):
    beta = beta_schedule({"shape": shape, "cycles": 4, "ratio": 0.5}, Clock(1, 40_000))
    values = [beta(10_000 + place) for place in (0, 2500, 5000, 5001, 9999)]
    assert values == pytest.approx([foot, middle, head, 1, 1], abs=1e-8)
