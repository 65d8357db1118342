import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kl_annealing.reporting.statistics import interval, paired_difference

VALUES = st.lists(
    st.floats(-100, 100).map(lambda value: round(value, 3)), min_size=2, max_size=8
).filter(lambda values: np.ptp(values) > 0.01)


def test_interval_by_hand():
    # Mean 3, standard deviation 1: the half width is t(0.975, 2) / sqrt(3) = 4.302653 / 1.732051.
    mean, low, high, n = interval([2, 3, 4])
    assert (mean, n) == (3, 3)
    assert high - mean == pytest.approx(2.484138, abs=1e-6)
    assert mean - low == pytest.approx(2.484138, abs=1e-6)


def test_few_or_missing_values():
    assert interval([]).n == 0 and math.isnan(interval([]).mean)
    one = interval([5.0, math.nan])
    assert (one.mean, one.n) == (5.0, 1) and math.isnan(one.half_width)


@given(VALUES)
def test_interval_agrees_with_scipy(values):
    ours = interval(values)
    expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert (ours.low, ours.high) == pytest.approx(expected, rel=1e-9, abs=1e-9)


PAIRS = st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), min_size=2).filter(
    lambda pairs: len({one - other for one, other in pairs}) > 1
)


@given(PAIRS)
def test_paired_test_agrees_with_scipy(pairs):
    left, right = np.array(pairs).T / 100
    ours = paired_difference(pd.Series(left), pd.Series(right))
    expected = stats.ttest_rel(left, right)
    span = expected.confidence_interval(0.95)
    assert ours.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert (ours.interval.low, ours.interval.high) == pytest.approx(span, rel=1e-6, abs=1e-9)


def test_pairs_are_made_by_seed_not_by_order():
    left = pd.Series([1.0, 2.0, 4.0], index=[0, 1, 2])
    right = pd.Series([3.9, 1.9, 7.0], index=[2, 1, 9])
    difference, _ = paired_difference(left, right)
    assert difference.n == 2
    assert difference.mean == pytest.approx(0.1)


def test_equal_differences_have_no_test():
    left = pd.Series([1.0, 2.0])
    difference = paired_difference(left, left - 0.5)
    assert difference.interval[:3] == (0.5, 0.5, 0.5)
    assert math.isnan(difference.p_value) and difference.interval.is_point


def test_rounding_is_no_spread():
    left = pd.Series([0.3, 0.7])
    assert len(set(left - (left - 0.1))) == 2
    assert math.isnan(paired_difference(left, left - 0.1).p_value)


def test_a_seed_that_occurs_twice_is_refused():
    twice = pd.Series([1.0, 2.0, 1.5, 2.5], index=[0, 1, 0, 1])
    for pair in ((twice, twice[:2]), (twice[:2], twice), (twice, twice)):
        with pytest.raises(ValueError, match="a seed occurs twice"):
            paired_difference(*pair)
