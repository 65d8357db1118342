"""The two stopping rules of aggressive training: of the encoder's turn, and of the whole phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass
class Turn:
    """Ends the encoder's turn when its mean loss rises from one window of steps to the next.

    `reference` is the mean to be exceeded, in nats a word or an example; the first is a setting.
    A mean that is not a number ends nothing: the step after it is reported as divergence.
    """

    window: int
    reference: float
    steps: int = 0
    total: Tensor | float = 0.0
    units: int = 0

    def ends(self, loss: Tensor, units: int) -> bool:
        """Take a step's loss, summed over `units` words or examples; only a window's end waits."""
        self.total = self.total + loss.double()
        self.units += units
        self.steps += 1
        if self.steps % self.window:
            return False
        mean = float(self.total) / self.units
        rises = mean > self.reference
        self.reference, self.total, self.units = mean, 0.0, 0
        return rises


@dataclass
class Phase:
    """Ends the aggressive phase after `patience` epochs with less information than the best one.

    The epochs need not follow each other. Up to the first fall the best epoch is the one before, so
    that `patience` 1 is the rule of He et al. (2019) for text; for images they have 5.
    """

    patience: int
    best: float
    falls: int = 0

    @property
    def active(self) -> bool:
        """Whether the encoder still leads."""
        return self.falls < self.patience

    def observe(self, information: float) -> None:
        """Take an epoch's mutual information of the validation set, in nats."""
        self.falls += information < self.best
        self.best = max(self.best, information)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {"best": self.best, "falls": self.falls}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.best, self.falls = state["best"], state["falls"]
