"""Early stopping by a patience that grows, as in the published dialog code (Fu et al. 2019)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kl_annealing.errors import InputError
from kl_annealing.schedules import cycle_ends, ends_within
from kl_annealing.training.plan import Plan


@dataclass
class EarlyStopping:
    """Ends the training after `patience` validations, unless their criterion keeps falling.

    A new best that is at most `threshold` times the last one that counted lets the patience grow to
    `growth` times the validations made (at least what it was). With `at` `cycle_end` the training
    goes on to the end of the beta schedule's cycle, so that no run is compared in the middle of
    one.
    """

    patience: float
    threshold: float
    growth: float
    may_end: Callable[[int], bool]
    best: float = math.inf
    counted: float = math.inf
    validations: int = 0
    finished: bool = False

    @classmethod
    def of(cls, run: Mapping[str, Any], plan: Plan) -> "EarlyStopping | None":
        """Return the rule that a run's training asks for, None where it asks for none.

        Raises InputError where the training could never end by it.
        """
        block = run["training"]["early_stopping"]
        if block is None:
            return None
        anywhere = block["at"] == "validation"
        may_end = (lambda step: True) if anywhere else cycle_ends(run["schedule"], plan.clock)
        if not anywhere:
            _check(may_end, plan)
            if ends_within(run["schedule"], plan.clock):
                raise InputError(
                    "training.early_stopping.at = 'cycle_end': the training itself ends in the "
                    f"middle of a cycle, after {plan.total_steps} steps; let its epochs be whole "
                    "periods of the schedule, or give the schedule cycles in place of a period"
                )
        return cls(block["patience"], block["threshold"], block["growth"], may_end)

    def observe(self, criterion: float, step: int) -> None:
        """Take the criterion of a validation after `step` updates."""
        self.validations += 1
        if criterion < self.best:
            self.best = criterion
            if criterion <= self.threshold * self.counted:
                self.patience = max(self.patience, self.growth * self.validations)
                self.counted = criterion
        self.finished = self.patience <= self.validations and self.may_end(step)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        for name in _STATE:
            setattr(self, name, state[name])


def _check(may_end: Callable[[int], bool], plan: Plan) -> None:
    if not any(plan.evaluates(step) and may_end(step) for step in range(1, plan.total_steps)):
        every = f"every {float(plan.evaluate_every):g} of {plan.total_steps} steps"
        raise InputError(
            "training.early_stopping.at = 'cycle_end': no validation before the training's end is "
            f"at the end of a cycle; one is made {every}: let training.evaluate_every divide the "
            "cycle, or take validation"
        )


_STATE = ("patience", "best", "counted", "validations", "finished")
