"""The gradient of a loss at the end of a descent, carried back to its start and to the weights.

Differentiating the descent gives, from the last step to the first, with L the gradient with respect
to the parameters after step k, H the bound's second derivatives at the parameters before it, and
P = 0 at first (Kim et al. 2018, algorithm 2, by the chain rule on `descent`):

    P <- P + step_size L,    L <- L - H P,    weights' gradient <- it - H_weights P,    P <- m P.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kl_annealing.refinement.bound import Bound
from kl_annealing.refinement.descent import Descent, Path, Visit, clipped

Products = tuple[Tensor | None, ...]  # of the parameters, then of each weight


@dataclass(frozen=True)
class Reverse:
    """How a gradient is carried back; `clip` is the largest norm of L and of H_weights P.

    As published that of L is the norm of mu's and logvar's parts together.
    """

    descent: Descent
    products: Callable[[Bound, Visit, int, Sequence[Tensor], Tensor], Products]
    clip: float | None

    def __call__(self, bound: Bound, path: Path, outer: Tensor) -> Tensor:
        """Return the gradient at the start of `path` for `outer` [2, B, D] at its end.

        What reaches the weights through the descent is added to their `grad`.
        """
        weights = [weight for weight in bound.model.parameters() if weight.requires_grad]
        momentum = torch.zeros_like(outer)
        for step in reversed(range(len(path.visits))):
            momentum = momentum + self.descent.scaled(outer)
            through, *others = self.products(bound, path.visits[step], step, weights, momentum)
            _subtract(weights, others, self.clip)
            (outer,) = _clipped_whole((outer - through,), self.clip)
            momentum = self.descent.momentum * momentum
        return outer


def exact_products(limit: float | None) -> Callable[..., Products]:
    """Return the products with the exact second derivatives, those of the clipping among them."""

    def products(
        bound: Bound, visit: Visit, step: int, weights: Sequence[Tensor], vector: Tensor
    ) -> Products:
        """Return the second derivatives times `vector`, as `Bound.hessian_products` does."""
        gradient = visit.gradient.detach().requires_grad_()
        with torch.enable_grad():
            held = clipped(gradient, limit)
        direction = vector
        if held is not gradient:
            (direction,) = torch.autograd.grad(held, gradient, vector)
        return bound.hessian_products(visit.parameters, step, weights, direction)

    return products


def finite_differences(limit: float | None, difference: float) -> Callable[..., Products]:
    """Return the published products: differences of gradients `difference` times the vector apart.

    As published the gradient at the displaced parameters is clipped whole, weights and all, and the
    other only in its parts with respect to mu and logvar: above the limit the difference is that
    of the two ways to clip, divided by `difference`.
    """

    def products(
        bound: Bound, visit: Visit, step: int, weights: Sequence[Tensor], vector: Tensor
    ) -> Products:
        """Return the second derivatives times `vector`, as `Bound.hessian_products` does."""
        _, *here = bound.gradients(visit.parameters, step, weights)
        moved = visit.parameters + difference * vector
        there = _clipped_whole(bound.gradients(moved, step, weights), limit)
        pairs = zip(there, [clipped(visit.gradient, limit), *here], strict=True)
        return tuple(None if one is None else (one - other) / difference for one, other in pairs)

    return products


def _clipped_whole(gradients: Products, limit: float | None) -> Products:
    """Scale gradients to at most the norm `limit` together."""
    if limit is None:
        return gradients
    factor = _factor(gradients, limit)
    return tuple(None if gradient is None else gradient * factor for gradient in gradients)


def _subtract(weights: Iterable[Tensor], products: Products, limit: float | None) -> None:
    """Take the products, at most of the norm `limit` together, from the weights' gradients."""
    factor = 1.0 if limit is None else _factor(products, limit)
    for weight, product in zip(weights, products, strict=True):
        if product is not None:
            weight.grad.sub_(product * factor)


def _factor(gradients: Products, limit: float) -> Tensor:
    norm = nn.utils.get_total_norm([gradient for gradient in gradients if gradient is not None])
    return (limit / (norm + 1e-6)).clamp(max=1)
