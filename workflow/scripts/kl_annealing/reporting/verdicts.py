"""From two sets of seeds to a verdict."""

import math
from typing import NamedTuple

import pandas as pd

from kl_annealing.reporting.statistics import (
    Difference,
    Interval,
    equivalence_p,
    interval,
    paired_difference,
)

SUPPORTED, CONTRADICTED = "supported", "contradicted"
INCONCLUSIVE, NOT_RUN = "inconclusive", "not run"


class Judgement(NamedTuple):
    """Both sides over their seeds, the difference over common seeds, and what it says.

    `p_value` is that of the paired t-test, for `equal` that of two one-sided tests.
    """

    left: Interval
    right: Interval
    difference: Difference
    verdict: str
    p_value: float = math.nan


def judge(
    left: pd.Series, right: pd.Series | float, direction: str, margin: float = 0.0
) -> Judgement:
    """Hold `left` against `right`, values indexed by seed (`right` may be a known number).

    The claim is supported when the whole 95 % interval of the mean paired difference agrees with
    it, contradicted when the whole interval disagrees, else inconclusive. `margin` is what a
    difference may be and still count as none: greater means above +margin, not_less above -margin,
    equal within +-margin (two one-sided tests; the 95 % interval makes them the stricter 2.5 %).
    With fewer than two common seeds there is no interval, hence no verdict; nor, without a margin,
    where all seeds have one difference: any, however small, would lie beside zero.
    """
    fixed = isinstance(right, (int, float))
    known = pd.Series(float(right), index=left.index) if fixed else right
    difference = paired_difference(left, known)
    sides = interval(left), Interval(right, right, right, 0) if fixed else interval(right)
    if left.dropna().empty or known.dropna().empty:
        return Judgement(*sides, difference, NOT_RUN)
    if difference.interval.n < 2 or (difference.interval.is_point and not margin):
        return Judgement(*sides, difference, INCONCLUSIVE)
    verdict = verdict_of(difference.interval, direction, margin)
    p_value = difference.p_value
    if direction == "equal":
        p_value = equivalence_p(difference.interval, margin)
    return Judgement(*sides, difference, verdict, p_value)


def verdict_of(difference: Interval, direction: str, margin: float = 0.0) -> str:
    """Return what an interval of left minus right says about a claimed direction."""
    low, high = difference.low, difference.high
    agrees, disagrees = {
        "greater": (low > margin, high < margin),
        "less": (high < -margin, low > -margin),
        "not_less": (low > -margin, high < -margin),
        "not_greater": (high < margin, low > margin),
        "equal": (-margin < low and high < margin, low > margin or high < -margin),
    }[direction]
    if agrees:
        return SUPPORTED
    return CONTRADICTED if disagrees else INCONCLUSIVE
