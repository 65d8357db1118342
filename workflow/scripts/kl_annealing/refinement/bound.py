"""The bound of one batch as a function of its posteriors' parameters, and its derivatives.

The parameters of a batch are one tensor [2, B, D]: mu, then logvar = log sigma^2.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.freezing import frozen
from kl_annealing.refinement.noise import Noise


@dataclass(frozen=True)
class Bound:
    """The mean over a batch of -log p(x|z) + beta KL(q || p) in nats, z by one draw a step.

    As published it is a mean: each example's gradient, and with it the step that its posterior
    makes, is one B-th of its own. `reduced` makes the products in bfloat16.
    """

    model: Any  # a SentenceModel with the `slope` of its reconstruction
    examples: Tensor
    beta: float
    noise: Noise
    reduced: bool = False

    def value(self, parameters: Tensor, step: int) -> Tensor:
        """Return the bound at `parameters`, by the noise of a step."""
        posterior = DiagonalGaussian(*parameters)
        draw = posterior.draw(self.noise.values[step])
        with self._as_drawn(step):
            reconstruction = self.model.reconstruction(self.examples, draw.z)
        kl = posterior.kl(self.model.prior_of(self.examples), draw).sum(-1)
        return (reconstruction + self.beta * kl).mean()

    def gradient(self, parameters: Tensor, step: int) -> Tensor:
        """Return the gradient [2, B, D] with respect to the parameters, and no other."""
        with still(self.model):
            return self.gradients(parameters, step, ())[0]

    def gradients(
        self, parameters: Tensor, step: int, weights: Sequence[Tensor]
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients with respect to the parameters and the model's weights."""
        parameters = parameters.detach().requires_grad_()
        value = self.value(parameters, step)
        return torch.autograd.grad(value, [parameters, *weights], allow_unused=True)

    def hessian_products(
        self, parameters: Tensor, step: int, weights: Sequence[Tensor], direction: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Return the derivatives of `gradients` when the parameters move along `direction`.

        They are the gradient of the bound's derivative along `direction` (Pearlmutter 1994).
        """
        parameters = parameters.detach().requires_grad_()
        slope = self._slope(parameters, direction.detach(), step)
        return torch.autograd.grad(slope, [parameters, *weights], allow_unused=True)

    def _slope(self, parameters: Tensor, direction: Tensor, step: int) -> Tensor:
        """Return the derivative of `value` along `direction`."""
        posterior = DiagonalGaussian(*parameters)
        draw = posterior.draw(self.noise.values[step])
        movement = direction[0] + 0.5 * direction[1] * (draw.z - posterior.mu)
        with self._as_drawn(step):
            reconstruction = self.model.slope(self.examples, draw.z, movement)
        kl = posterior.kl(self.model.prior_of(self.examples), draw).sum(-1).mean()
        (gradient,) = torch.autograd.grad(kl, parameters, create_graph=True)
        return reconstruction.mean() + self.beta * (gradient * direction).sum()

    @contextmanager
    def _as_drawn(self, step: int) -> Iterator[None]:
        device = self.examples.device.type
        reduced = torch.autocast(device, torch.bfloat16, enabled=self.reduced)
        with reduced, self.noise.dropout(step):
            yield


@contextmanager
def still(model: nn.Module) -> Iterator[None]:
    """Compute no gradient of the model's weights within the block, but any through it.

    In evaluation cuDNN keeps nothing to differentiate a recurrent network by, so these are put into
    training; they have no dropout of their own.
    """
    resting = [
        part for part in model.modules() if isinstance(part, nn.RNNBase) and not part.training
    ]
    for part in resting:
        part.train()
    try:
        with frozen(model.parameters()), torch.enable_grad():
            yield
    finally:
        for part in resting:
            part.eval()
