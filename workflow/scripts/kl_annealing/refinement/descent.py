"""Gradient descent with momentum on the posteriors of a batch (Kim et al. 2018, section 3).

Of step k, with g the gradient of the bound, clipped, and momentum m:

    v <- m v - g,    parameters <- parameters + step_size v.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from kl_annealing.refinement.bound import Bound


@dataclass(frozen=True)
class Descent:
    """How posteriors are refined; `step_sizes` are those of mu and of logvar."""

    steps: int
    step_sizes: tuple[float, float]
    momentum: float
    gradient_clip: float | None

    @classmethod
    def of(cls, strategy: Mapping[str, Any]) -> "Descent":
        """Return the descent of a run's `strategy` block."""
        sizes = strategy["mu_step_size"], strategy["logvar_step_size"]
        return cls(strategy["steps"], sizes, strategy["momentum"], strategy["gradient_clip"])

    def scaled(self, velocity: Tensor) -> Tensor:
        """Return velocity [2, B, D] times the step sizes."""
        return velocity * velocity.new_tensor(self.step_sizes)[:, None, None]


class Visit(NamedTuple):
    """Parameters that a descent passed, and the gradient there before clipping, [2, B, D]."""

    parameters: Tensor
    gradient: Tensor


class Path(NamedTuple):
    """The way of a descent: what it visited in order, and the parameters where it ended."""

    visits: list[Visit]
    end: Tensor


def refine(bound: Bound, start: Tensor, descent: Descent) -> Path:
    """Descend the bound from parameters `start` [2, B, D]; nothing of it is differentiable."""
    parameters, velocity = start.detach(), torch.zeros_like(start)
    visits = []
    for step in range(descent.steps):
        gradient = bound.gradient(parameters, step)
        visits.append(Visit(parameters, gradient))
        velocity = descent.momentum * velocity - clipped(gradient, descent.gradient_clip)
        parameters = parameters + descent.scaled(velocity)
    return Path(visits, parameters.detach())


def clipped(gradient: Tensor, limit: float | None) -> Tensor:
    """Scale the parts [B, D] of a gradient [2, B, D], each by itself, to at most the norm `limit`.

    As published the norm is that of a part of the whole batch.
    """
    if limit is None:
        return gradient
    norms = torch.linalg.vector_norm(gradient, dim=(1, 2), keepdim=True)
    return gradient * (limit / (norms + 1e-6)).clamp(max=1)
