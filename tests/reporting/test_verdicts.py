import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kl_annealing.reporting.statistics import Interval
from kl_annealing.reporting.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_RUN,
    SUPPORTED,
    judge,
    verdict_of,
)
from kl_annealing.schema import read_schema

DIRECTIONS = read_schema("claims")["$defs"]["claim"]["properties"]["direction"]["enum"]

HIGH = pd.Series([2.0, 2.1, 1.9, 2.2], index=[0, 1, 2, 3])
LOW = pd.Series([1.0, 1.2, 1.1, 1.1], index=[0, 1, 2, 3])


@pytest.mark.parametrize(
    ("left", "right", "direction", "verdict"),
    [
        (HIGH, LOW, "greater", SUPPORTED),
        (LOW, HIGH, "greater", CONTRADICTED),
        (LOW, HIGH, "less", SUPPORTED),
        (HIGH, LOW, "less", CONTRADICTED),
    ],
)
def test_clear_differences(left, right, direction, verdict):
    assert judge(left, right, direction).verdict == verdict


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_one_seed_is_always_inconclusive(direction):
    judgement = judge(HIGH[:1], LOW[:1], direction, 0.1)
    assert judgement.verdict == INCONCLUSIVE
    assert judgement.difference.interval.n == 1


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_no_run_on_either_side(direction):
    nothing = pd.Series(dtype=float)
    assert judge(nothing, LOW, direction, 0.1).verdict == NOT_RUN
    assert judge(HIGH, nothing, direction, 0.1).verdict == NOT_RUN
    assert judge(HIGH * np.nan, LOW, direction, 0.1).verdict == NOT_RUN


def test_seeds_that_do_not_meet_are_inconclusive():
    other = pd.Series([1.0, 1.1], index=[7, 8])
    assert judge(HIGH, other, "greater").verdict == INCONCLUSIVE


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 3.0, 10.0])
def test_supported_exactly_when_the_paired_test_is_significant(scale):
    noise = np.array([0.5, -1.0, 0.8, -0.2, 0.3])
    left = pd.Series(1 + scale * noise)
    right = pd.Series(np.zeros(5))
    p_value = stats.ttest_rel(left, right).pvalue
    expected = SUPPORTED if p_value < 0.05 and left.mean() > 0 else INCONCLUSIVE
    judgement = judge(left, right, "greater")
    assert judgement.verdict == expected
    assert judgement.difference.p_value == pytest.approx(p_value)


@pytest.mark.parametrize(
    ("low", "high", "direction", "verdict"),
    [
        (-0.05, 0.08, "equal", SUPPORTED),
        (-0.05, 0.12, "equal", INCONCLUSIVE),
        (0.11, 0.20, "equal", CONTRADICTED),
        (-0.3, -0.2, "equal", CONTRADICTED),
        (-0.05, 3.0, "not_less", SUPPORTED),
        (-0.15, 3.0, "not_less", INCONCLUSIVE),
        (-3.0, -0.15, "not_less", CONTRADICTED),
        (-3.0, 0.05, "not_greater", SUPPORTED),
        (0.15, 3.0, "not_greater", CONTRADICTED),
        (0.05, 0.3, "greater", INCONCLUSIVE),
        (0.15, 0.3, "greater", SUPPORTED),
    ],
)
def test_margins(low, high, direction, verdict):
    difference = Interval((low + high) / 2, low, high, 3)
    assert verdict_of(difference, direction, 0.1) == verdict


@pytest.mark.parametrize(
    ("direction", "margin", "verdict"),
    [
        ("greater", 0.0, INCONCLUSIVE),
        ("less", 0.0, INCONCLUSIVE),
        ("greater", 0.1, CONTRADICTED),
        ("equal", 0.1, SUPPORTED),
    ],
)
def test_equal_differences_need_a_margin(direction, margin, verdict):
    """Two collapsed runs that differ in the fifth digit by the same amount show nothing."""
    left = pd.Series([0.30001, 0.70001])
    judgement = judge(left, left - 1e-5, direction, margin)
    assert judgement.verdict == verdict
    assert np.isnan(judgement.difference.p_value)


def test_known_number_on_the_right():
    near = pd.Series([2.31, 2.32, 2.30])
    judgement = judge(near, np.log(10), "equal", 0.1)
    assert judgement.verdict == SUPPORTED
    assert judgement.right.mean == pytest.approx(2.302585)
    assert judge(near + 1, np.log(10), "equal", 0.1).verdict == CONTRADICTED
    assert judge(near[:1], np.log(10), "equal", 0.1).verdict == INCONCLUSIVE
