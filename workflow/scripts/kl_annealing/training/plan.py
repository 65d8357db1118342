"""What a run prescribes for each step: beta, learning rate, teacher forcing, evaluations."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kl_annealing.errors import InputError
from kl_annealing.schedules import Clock, beta_schedule, learning_rate_schedule


@dataclass(frozen=True)
class Plan:
    """The schedule of a run; its functions take the number of updates already made."""

    clock: Clock
    beta: Callable[[int], float]
    learning_rate: Callable[[int], float]
    teacher_forcing: Callable[[int], float]
    evaluate_every: Fraction
    evaluates_epochs: bool
    snapshots: frozenset[int]

    @classmethod
    def of(cls, run: Mapping[str, Any], steps_per_epoch: int) -> "Plan":
        """Resolve the lengths of a run; raises InputError for one that ends after the training."""
        training = run["training"]
        total_steps = training["steps"] or steps_per_epoch * training["epochs"]
        clock = Clock(steps_per_epoch, total_steps)
        factor = _schedule("learning_rate", learning_rate_schedule, run, clock)
        base = training["learning_rate"]
        return cls(
            clock=clock,
            beta=_schedule("schedule", beta_schedule, run, clock),
            learning_rate=lambda step: base * factor(step),
            teacher_forcing=_schedule("teacher_forcing", beta_schedule, run, clock),
            evaluate_every=_interval(training["evaluate_every"], clock),
            evaluates_epochs=_counts_epochs(run),
            snapshots=frozenset(
                _moment("snapshots", length, clock) for length in training["snapshots"]
            ),
        )

    @property
    def steps_per_epoch(self) -> int:
        """How many updates an epoch has."""
        return self.clock.steps_per_epoch

    @property
    def total_steps(self) -> int:
        """How many updates the training has, unless a rule ends it."""
        return self.clock.total_steps

    def evaluates(self, step: int) -> bool:
        """Whether validation is measured after `step` updates: at times due, and at the end.

        Times are whole multiples of the interval rounded down, as cycles of schedules begin.
        The plateau rule and some strategies count epochs: there each epoch's end is measured too.
        """
        if self.evaluates_epochs and step % self.steps_per_epoch == 0:
            return True
        multiple = -int(-step // self.evaluate_every)
        return step == self.total_steps or step == int(multiple * self.evaluate_every)

    def epoch(self, step: int) -> float | int:
        """Return how many epochs `step` updates are; whole numbers as integers."""
        whole, rest = divmod(step, self.steps_per_epoch)
        return step / self.steps_per_epoch if rest else whole


def _counts_epochs(run: Mapping[str, Any]) -> bool:
    """Return whether something in a training acts on the validation of each epoch."""
    return run["learning_rate"]["shape"] == "plateau" or run["strategy"]["kind"] == "aggressive"


def _schedule(
    key: str, make: Callable[..., Callable[[int], float]], run: Mapping[str, Any], clock: Clock
) -> Callable[[int], float]:
    """Return a schedule of the run; raises InputError, with its values and where they stand."""
    try:
        return make(run[key], clock)
    except InputError as error:
        values = ", ".join(f"{name}: {value}" for name, value in run[key].items())
        raise InputError(
            f"{error} (an epoch has {clock.steps_per_epoch} steps, the training "
            f"{clock.total_steps}); change it in {key}s of the configuration, {{{values}}}, or in "
            "the study's grid"
        ) from None


def _interval(length: Mapping[str, float], clock: Clock) -> Fraction:
    """Return the steps between two validations, at least 1; raises InputError as `_moment`."""
    _moment("evaluate_every", length, clock)
    return max(Fraction(1), clock.resolve(length))


def _moment(key: str, length: Mapping[str, float], clock: Clock) -> int:
    """Return the step of a moment, at least 1; raises InputError when it is after the end."""
    step = max(1, math.floor(clock.resolve(length)))
    if step > clock.total_steps:
        raise InputError(
            f"training.{key}: {dict(length)} is step {step}, after the end of training at step "
            f"{clock.total_steps}; shorten it, or give it as a fraction of the training"
        )
    return step
