"""The learning-rate rule of He et al. (2019): halve when the validation loss stops falling."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kl_annealing.schedules.settings import learning_rate_settings


@dataclass
class Plateau:
    """Counts epochs whose validation is strictly worse than the reference; acts from an epoch on.

    A validation that is not worse becomes the reference. After `patience` worse ones in a row, and
    not before epoch `minimum_epoch` (from 0), the rate decays; then the reference is the newest
    loss, as for text, or stays the `best` one, as for images.
    The decay numbered `maximum_decays` ends the training.
    """

    decay: float
    patience: int
    minimum_epoch: int
    maximum_decays: int
    reload_best: bool
    reference: float = math.inf
    worse: int = 0
    decays: int = 0
    compare_with: str = "newest"

    @classmethod
    def of(cls, block: Mapping[str, Any]) -> "Plateau | None":
        """Return the rule of a learning-rate block, or None for blocks of another shape."""
        if block["shape"] != "plateau":
            return None
        settings = learning_rate_settings(block)
        names = (
            "decay",
            "patience",
            "minimum_epoch",
            "maximum_decays",
            "reload_best",
            "compare_with",
        )
        return cls(**{name: settings[name] for name in names})

    @property
    def factor(self) -> float:
        """The factor on the base learning rate."""
        return self.decay**self.decays

    @property
    def finished(self) -> bool:
        """Whether training ends."""
        return self.decays >= self.maximum_decays

    def observe(self, loss: float, epoch: int) -> bool:
        """Take the validation loss after `epoch` (from 0); return whether the rate decays now."""
        if loss <= self.reference:
            self.reference, self.worse = loss, 0
            return False
        self.worse += 1
        if self.worse < self.patience or epoch < self.minimum_epoch:
            return False
        self.worse = 0
        self.decays += 1
        if self.compare_with == "newest":
            self.reference = loss
        return True

    def state_dict(self) -> dict[str, float]:
        """Return what `load_state_dict` needs to continue."""
        return {"reference": self.reference, "worse": self.worse, "decays": self.decays}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Continue from `state`."""
        self.reference, self.worse, self.decays = (
            state[name] for name in ("reference", "worse", "decays")
        )
