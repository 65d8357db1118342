"""The optimisers of the published trainings."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from kl_annealing.errors import InputError


def build_optimiser(
    training: Mapping[str, Any], parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """Return Adam with its usual moments, or SGD without momentum, in one kernel per step."""
    kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    if training["optimiser"] not in kinds:
        raise InputError(
            f"training.optimiser: {training['optimiser']!r} is not one of {', '.join(kinds)}"
        )
    return kinds[training["optimiser"]](parameters, lr=training["learning_rate"], fused=True)


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    """Let the next updates have this learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate
