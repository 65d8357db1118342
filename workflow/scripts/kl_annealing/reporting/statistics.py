"""Means over seeds with Student-t intervals, and differences paired by seed."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special  # scipy.stats takes half a second to import

LEVEL = 0.95


class Interval(NamedTuple):
    """A mean over `n` seeds with its confidence interval; low and high are NaN below two seeds."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Return half the length of the interval."""
        return (self.high - self.low) / 2

    @property
    def is_point(self) -> bool:
        """Say whether all values agree to rounding: nothing tells how far chance moves them."""
        return math.isclose(self.low, self.high, rel_tol=1e-9, abs_tol=1e-12)


class Difference(NamedTuple):
    """The mean of left minus right over common seeds, its interval and the paired t-test's p."""

    interval: Interval
    p_value: float


def interval(values: Iterable[float], level: float = LEVEL) -> Interval:
    """Return mean and Student-t interval of the finite `values`: independent seeds of one run."""
    values = np.asarray([value for value in values if math.isfinite(value)], dtype=float)
    if len(values) == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(values.mean())
    if len(values) == 1:
        return Interval(mean, math.nan, math.nan, 1)
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    half = error * float(special.stdtrit(len(values) - 1, (1 + level) / 2))
    return Interval(mean, mean - half, mean + half, len(values))


def crossed_interval(values: pd.DataFrame, level: float = LEVEL) -> Interval:
    """Return the mean of values by seed (rows) and draw (columns), the same draws for every seed.

    Runs of one seed share their training and runs of one draw their labels, so they are not as many
    independent values as there are cells. With mean squares of rows, columns and what is left, the
    variance of the mean is (MS_rows + MS_columns - MS_rest) / cells, its degrees of freedom those
    of Satterthwaite (1946). Of one row, or one column, it is the `interval` of the others. Where
    chance makes the variance less than that of the larger side alone, that one counts.
    """
    values = values.dropna(how="any", axis="columns").dropna()
    rows, columns = values.shape
    if min(rows, columns) < 2:
        return interval(values.to_numpy().ravel(), level)
    mean, by_row, by_column = values.to_numpy().mean(), values.mean(axis=1), values.mean()
    rest = values.sub(by_row, axis=0).sub(by_column, axis=1) + mean
    freedom = np.array([rows - 1, columns - 1, (rows - 1) * (columns - 1)])
    squares = (
        columns * by_row.var(),
        rows * by_column.var(),
        (rest**2).to_numpy().sum() / freedom[2],
    )
    parts = np.array([squares[0], squares[1], -squares[2]]) / values.size
    variance = max(parts.sum(), parts[0], parts[1])
    if variance == 0:
        return Interval(mean, mean, mean, rows)
    kept = parts if variance == parts.sum() else np.where(parts == variance, parts, 0)
    degrees = variance**2 / (kept**2 / freedom).sum()
    half = math.sqrt(variance) * float(special.stdtrit(degrees, (1 + level) / 2))
    return Interval(float(mean), float(mean - half), float(mean + half), rows)


def equivalence_p(difference: Interval, margin: float, level: float = LEVEL) -> float:
    """Return the p-value of two one-sided t-tests that a mean is beyond ±`margin`.

    `difference` is the `interval` of the values at `level`. NaN where that is none or a point.
    Schuirmann 1987.
    """
    if difference.n < 2 or difference.is_point:
        return math.nan
    freedom = difference.n - 1
    error = difference.half_width / special.stdtrit(freedom, (1 + level) / 2)
    return float(special.stdtr(freedom, -(margin - abs(difference.mean)) / error))


def paired_difference(left: pd.Series, right: pd.Series, level: float = LEVEL) -> Difference:
    """Return left minus right over the seeds (index) that both have, with a paired t-test.

    With fewer than two common seeds neither an interval nor a p-value exists: they are NaN. Nor has
    a difference without spread a p-value. Raises ValueError where a side has a seed twice: two
    configurations must not count as more seeds of one.
    """
    if left.index.has_duplicates or right.index.has_duplicates:
        raise ValueError("a seed occurs twice on one side of a paired difference")
    pairs = pd.concat({"left": left, "right": right}, axis=1).dropna()
    differences = interval(pairs["left"] - pairs["right"], level)
    half = differences.half_width
    if differences.n < 2 or differences.is_point:
        return Difference(differences, math.nan)
    freedom = differences.n - 1
    t = differences.mean / half * special.stdtrit(freedom, (1 + level) / 2)
    return Difference(differences, float(2 * special.stdtr(freedom, -abs(t))))
