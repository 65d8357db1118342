"""Where a step stands in its cycle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kl_annealing.schedules.clock import Clock, exact


@dataclass(frozen=True)
class Cycles:
    """Equal cycles after a delay, in exact steps; `count` None repeats them to the end.

    Cycle c starts at step delay + floor(c * period), as in the schedule notebook of
    haofuml/cyclical_annealing, so that periods that are not whole steps never drift.
    """

    delay: int
    period: Fraction
    count: int | None

    @classmethod
    def of(cls, settings: Mapping[str, Any], clock: Clock) -> "Cycles":
        """Read `delay` and one of `cycles` and `period`."""
        delay = int(clock.resolve(settings.get("delay", {"steps": 0})))
        if "period" in settings:
            return cls(delay, clock.resolve(settings["period"]), None)
        count = int(settings.get("cycles", 1))
        return cls(delay, Fraction(clock.total_steps - delay, count), count)

    def ramp(self, settings: Mapping[str, Any], clock: Clock) -> Fraction:
        """Return the ramp's steps: the length `ramp`, or the part `ratio` of a period."""
        if "ramp" in settings:
            return clock.resolve(settings["ramp"])
        return self.period * exact(settings["ratio"])

    def position(self) -> Callable[[int], int]:
        """Return the function from a step to its position in its cycle; below 0 in the delay.

        Steps beyond the last cycle count on from that cycle's beginning.
        """
        delay, count = self.delay, self.count
        numerator, denominator = self.period.numerator, self.period.denominator

        def position(step: int) -> int:
            """Return the position of a step in its cycle."""
            step -= delay
            if step < 0:
                return step
            # ceil((step + 1) / period) - 1, in integers
            cycle = ((step + 1) * denominator - 1) // numerator
            if count is not None and cycle >= count:
                cycle = count - 1
            return step - cycle * numerator // denominator

        return position

    def abscissa(self, length: Fraction, offset: int = 0) -> Callable[[int], float]:
        """Return the function from a step to (position + offset) / length; -1 in the delay."""
        position = self.position()
        numerator, denominator = length.numerator, length.denominator

        def abscissa(step: int) -> float:
            """Return how far a step is in its cycle, in units of `length`."""
            place = position(step)
            # one correctly rounded division of integers: no error adds up
            return (place + offset) * denominator / numerator if place >= 0 else -1.0

        return abscissa
