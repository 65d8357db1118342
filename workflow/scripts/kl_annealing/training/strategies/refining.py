"""What the strategies share that refine a batch's posteriors before they update the weights."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from kl_annealing.makers import inference
from kl_annealing.refinement.bound import Bound
from kl_annealing.refinement.descent import Descent
from kl_annealing.refinement.noise import Noise
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.strategies.standard import Standard

STREAM = 3  # keeps the noise apart from others of the same seed and step


class Refining(Standard):
    """The standard strategy with a descent of each batch's bound."""

    def __init__(self, run: Mapping[str, Any], model: nn.Module, data: DeviceSplit) -> None:
        super().__init__(run, model, data)
        self.seed = run["seed"]
        self.descent = Descent.of(run["strategy"])
        self.inference = inference(run, model)

    def bound(self, examples: Tensor, start: Tensor, step: int, beta: float) -> Bound:
        """Return the bound that a training step descends from parameters `start` [2, B, D]."""
        noise = Noise.of([self.seed, step, STREAM], self.descent.steps, start[0])
        return Bound(self.loss.model, examples, beta, noise, self.loss.reduced)
