"""The training of a collaborative variational encoder-decoder, in two phases that take turns."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from kl_annealing.objectives import Terms
from kl_annealing.schedules import Clock
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.plan import Plan
from kl_annealing.training.strategies.standard import Standard


class Collaborative(Standard):
    """Trains the autoencoder of texts for `alternate`, then the VED of their codes, in turn.

    The decoder gets generated codes with a probability that grows linearly to 1 at the length
    `ramp` of the training (Shen et al. 2018; equations in `models.collaborative`). Beta and free
    bits act on the KL of the VED. Turns need not be whole steps long: a tenth of the training
    makes ten.
    """

    def __init__(self, run: Mapping[str, Any], model: nn.Module, data: DeviceSplit) -> None:
        super().__init__(run, model, data)
        plan = Plan.of(run, len(data.batches))
        clock = Clock(plan.steps_per_epoch, plan.total_steps)
        self.turn = max(1, clock.resolve(run["strategy"]["alternate"]))
        self.ramp = float(clock.resolve(run["strategy"]["ramp"]))

    def backward(self, examples: Tensor, step: int, beta: float) -> tuple[Terms, Tensor]:
        """Leave the gradient of the phase whose turn it is; return its terms and loss."""
        autoencodes = self.autoencodes(step)
        terms = self.loss.terms(examples, share=self.share(step), decoded=autoencodes)
        if autoencodes:
            loss, trained = terms.reconstruction.mean(), self.inference.autoencoder
        else:
            of_code = terms._replace(reconstruction=terms.extras["code_error"])
            loss, trained = self.loss.objective.loss(of_code, beta), self.inference.variational
        loss.backward(inputs=trained)
        return terms, loss

    def autoencodes(self, step: int) -> bool:
        """Return whether the update after `step` steps is one of phase 1."""
        return step // self.turn % 2 == 0

    def share(self, step: int) -> float:
        """Return the probability of a generated code after `step` steps."""
        return min(1.0, step / self.ramp)
