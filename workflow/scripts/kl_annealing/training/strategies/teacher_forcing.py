"""Teacher forcing: whether an update reads the true words before, or what the model said itself.

The ratio of updates that read the true words follows a schedule, as the probability does by which
Bengio et al. (2015, scheduled sampling) choose for each word; here the choice is of a whole batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from kl_annealing.schedules import schedule_settings
from kl_annealing.training.plan import Plan

ALWAYS = schedule_settings({"shape": "constant"})


@dataclass(frozen=True)
class TeacherForcing:
    """Draws for each update whether it is forced, at a `ratio` by the step; None: always it is."""

    ratio: Callable[[int], float] | None = None

    @classmethod
    def of(cls, run: Mapping[str, Any], steps_per_epoch: int) -> "TeacherForcing":
        """Return the teacher forcing of a run; raises InputError as `Plan.of`."""
        if schedule_settings(run["teacher_forcing"]) == ALWAYS:
            return cls()
        return cls(Plan.of(run, steps_per_epoch).teacher_forcing)

    def options(self, step: int) -> dict[str, bool]:
        """Return `forced` for the model's `terms`, drawn from torch's global state.

        Nothing is drawn, and nothing asked of the model, where all updates are forced.
        """
        if self.ratio is None:
            return {}
        return {"forced": bool(torch.rand(()) < self.ratio(step))}

    def columns(self, step: int, forced: bool = True) -> dict[str, float]:
        """Return the ratio and the choice for the learning curve, unless all are forced."""
        if self.ratio is None:
            return {}
        return {"teacher_forcing": self.ratio(step), "teacher_forced": float(forced)}
