"""What counts as a number where users give one."""

import math
from numbers import Integral, Real


def is_number(value: object) -> bool:
    """Tell whether `value` is a finite real number; booleans and text are not."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    return isinstance(value, Integral) or math.isfinite(value)


def is_integer(value: object) -> bool:
    """Tell whether `value` is an integer of any kind (numpy's too); booleans are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)
