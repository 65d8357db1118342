"""Watches the loss without making a GPU wait at every step."""

import math

import torch

from kl_annealing.errors import InputError
from kl_annealing.training.strategies import Outcome


class DivergenceError(InputError):
    """The loss or the gradient is no longer a number."""


class LossMonitor:
    """Collects loss and gradient norm on the device and looks at them once a window."""

    def __init__(self, device: torch.device, window: int = 64) -> None:
        self.values = torch.zeros(window, 2, device=device)
        self.steps: list[tuple[int, float, float]] = []
        self.losses: list[float] = []  # since a mean was last asked for

    def record(self, step: int, beta: float, learning_rate: float, outcome: Outcome) -> None:
        """Take the outcome of update number `step` (from 1)."""
        torch.stack(
            [outcome.loss, outcome.gradient_norm.to(outcome.loss.dtype)],
            out=self.values[len(self.steps)],
        )
        self.steps.append((step, beta, learning_rate))
        if len(self.steps) == len(self.values):
            self.check()

    def check(self) -> None:
        """Read what was collected; raises DivergenceError, naming the first bad step."""
        if not self.steps:
            return
        seen, self.steps = self.steps, []
        values = self.values[: len(seen)].tolist()
        for (step, beta, learning_rate), pair in zip(seen, values, strict=True):
            if not all(map(math.isfinite, pair)):
                raise diverged(step, beta, learning_rate, *pair)
        self.losses += [loss for loss, _ in values]

    def mean_loss(self) -> float:
        """Return the mean over all steps since the last call; NaN without any.

        Looks at them first: raises as `check` does.
        """
        self.check()
        losses, self.losses = self.losses, []
        return sum(losses) / len(losses) if losses else math.nan


def diverged(
    step: int, beta: float, learning_rate: float, loss: float, norm: float = math.nan
) -> DivergenceError:
    """Return the error that says where a training was lost, in one line."""
    return DivergenceError(
        f"training diverged at step {step}: loss {loss:.4g}, gradient norm {norm:.4g}, with beta "
        f"{beta:.6g} and learning rate {learning_rate:.6g}; nothing of it was saved; lower "
        "training.learning_rate or training.gradient_clip"
    )
