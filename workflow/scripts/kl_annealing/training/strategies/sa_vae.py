"""The semi-amortised VAE (Kim et al. 2018): refinement starts at the encoder's posterior."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.objectives import Terms
from kl_annealing.refinement.bound import Bound, still
from kl_annealing.refinement.descent import Path, refine
from kl_annealing.refinement.reverse import Reverse, exact_products, finite_differences
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.strategies.refining import Refining


class SemiAmortised(Refining):
    """Updates the decoder at the refined posteriors, and the encoder in one of three ways.

    `through`: the same loss, by its gradient carried back through the refinement (SA-VAE); `plain`:
    the loss before the refinement (VAE+SVI); `kl`: the KL divergence of its posterior from the
    refined one, which is held (VAE+SVI+KL). Without steps it is the plain VAE.
    """

    def __init__(self, run: Mapping[str, Any], model: nn.Module, data: DeviceSplit) -> None:
        super().__init__(run, model, data)
        strategy = run["strategy"]
        self.teach = {"through": self._through, "plain": self._plain, "kl": self._kl}[
            strategy["encoder"]
        ]
        if strategy["encoder"] == "through":
            self.reverse = Reverse(self.descent, _products(strategy), strategy["reverse_clip"])

    def backward(self, examples: Tensor, step: int, beta: float) -> tuple[Terms, Tensor]:
        """Leave the gradients of encoder and decoder; return terms and loss of the refined."""
        if not self.descent.steps:
            return super().backward(examples, step, beta)
        model = self.loss.model
        with torch.autocast(examples.device.type, torch.bfloat16, enabled=self.loss.reduced):
            encoded = torch.stack(model.encode(examples))
        bound = self.bound(examples, encoded, step, beta)
        path = refine(bound, encoded, self.descent)
        end = path.end.requires_grad_()
        terms, loss = self.loss(examples, beta, posterior=DiagonalGaussian(*end))
        loss.backward()
        encoded.backward(self.teach(bound, path, encoded))
        return terms, loss

    def _through(self, bound: Bound, path: Path, encoded: Tensor) -> Tensor:
        return self.reverse(bound, path, path.end.grad)

    def _plain(self, bound: Bound, path: Path, encoded: Tensor) -> Tensor:
        encoded = encoded.detach().requires_grad_()
        with still(self.loss.model):
            _, loss = self.loss(bound.examples, bound.beta, posterior=DiagonalGaussian(*encoded))
        return torch.autograd.grad(loss, encoded)[0]

    def _kl(self, bound: Bound, path: Path, encoded: Tensor) -> Tensor:
        encoded = encoded.detach().requires_grad_()
        refined = DiagonalGaussian(*path.end.detach())
        kl = DiagonalGaussian(*encoded).kl(refined).sum(-1).mean()
        return torch.autograd.grad(kl, encoded)[0]


def _products(strategy: Mapping[str, Any]) -> Callable[..., Any]:
    if strategy["gradients"] == "exact":
        return exact_products(strategy["gradient_clip"])
    return finite_differences(strategy["gradient_clip"], strategy["difference"])
