"""Lengths of training (steps, epochs, fractions of the whole) and the clock that resolves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real

from kl_annealing.errors import InputError
from kl_annealing.numbers import is_integer, is_number

UNITS = ("steps", "epochs", "fraction")
LENGTH_HELP = 'a mapping with one of "steps", "epochs" or "fraction", such as {"epochs": 10}'


def is_length(value: object) -> bool:
    """Tell whether `value` is a length: one unit and a number that is not negative."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    unit, number = next(iter(value.items()))
    return unit in UNITS and is_number(number) and number >= 0


def is_some_length(value: object) -> bool:
    """Tell whether `value` is a length above zero."""
    return is_length(value) and next(iter(value.values())) > 0


def exact(number: Real) -> Fraction:
    """Return the decimal that was written, exactly: 0.45 is 9/20, not its nearest double."""
    if isinstance(number, float):
        return Fraction(repr(float(number)))
    return Fraction(number)


@dataclass(frozen=True)
class Clock:
    """How many updates an epoch and the whole training have."""

    steps_per_epoch: int
    total_steps: int

    def __post_init__(self) -> None:
        for name in ("steps_per_epoch", "total_steps"):
            value = getattr(self, name)
            if not is_integer(value) or value < 1:
                raise InputError(f"{name} is {value!r}; allowed: an integer of at least 1")

    def resolve(self, length: Mapping[str, Real]) -> Fraction:
        """Return a length as an exact number of steps.

        Raises InputError where `length` is not a length.
        """
        if not is_length(length):
            raise InputError(f"{length!r} is not a length; allowed: {LENGTH_HELP}")
        unit, number = next(iter(length.items()))
        steps = {"steps": 1, "epochs": self.steps_per_epoch, "fraction": self.total_steps}
        return exact(number) * int(steps[unit])


@dataclass(frozen=True)
class Ruler:
    """What is known of the clock before the data are: the training's length, perhaps an epoch's."""

    training: Mapping[str, Real] | None = None
    steps_per_epoch: int | None = None

    @classmethod
    def of(cls, clock: Clock) -> "Ruler":
        """Return the ruler that knows all that `clock` does."""
        return cls({"steps": clock.total_steps}, clock.steps_per_epoch)

    def common(self, *lengths: Mapping[str, Real]) -> list[Fraction] | None:
        """Return the lengths in one unit, or None where what is known does not connect them."""
        for unit in UNITS:
            measured = [self._in(unit, length) for length in lengths]
            if None not in measured:
                return measured
        return None

    def steps(self, length: Mapping[str, Real]) -> Fraction | None:
        """Return a length in steps, or None where that is not known yet."""
        return self._in("steps", length)

    def _in(self, unit: str, length: Mapping[str, Real]) -> Fraction | None:
        own, number = next(iter(length.items()))
        if own == unit or number == 0:
            return exact(number)
        one = self._one(own, unit)
        return None if one is None else exact(number) * one

    def _one(self, own: str, unit: str) -> Fraction | None:
        """Return how many of `unit` make one of `own`."""
        factors = self._per_whole()
        if own in factors and unit in factors:
            return factors[unit] / factors[own]
        if self.steps_per_epoch and {own, unit} == {"steps", "epochs"}:
            return Fraction(self.steps_per_epoch) ** (1 if own == "epochs" else -1)
        return None

    def _per_whole(self) -> dict[str, Fraction]:
        """Return the whole training in every unit that is known."""
        whole = {"fraction": Fraction(1)}
        if is_some_length(self.training):
            unit, number = next(iter(self.training.items()))
            whole[unit] = exact(number)
        if self.steps_per_epoch and "epochs" in whole:
            whole["steps"] = whole["epochs"] * self.steps_per_epoch
        elif self.steps_per_epoch and "steps" in whole:
            whole["epochs"] = whole["steps"] / self.steps_per_epoch
        return whole
