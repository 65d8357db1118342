"""The optimisers of the published trainings."""

import inspect
from collections.abc import Iterable

import torch
from torch import nn

from kl_annealing.errors import InputError


def _light(kind: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """Return the optimiser without its guards against torch.compile, which nothing here calls.

    They import torch._dynamo, which takes longer than to import torch itself, in every training.
    """
    guarded = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in guarded}
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), methods)


KINDS = {"adam": _light(torch.optim.Adam), "sgd": _light(torch.optim.SGD)}
KERNELS = {"adam": {"fused": True}, "sgd": {"foreach": True}}


def build_optimiser(
    name: str, parameters: Iterable[nn.Parameter], learning_rate: float
) -> torch.optim.Optimizer:
    """Return Adam with its usual moments, in one kernel a step, or SGD without momentum.

    SGD must take sparse gradients, which its fused kernel does not.
    """
    if name not in KINDS:
        raise InputError(f"training.optimiser: {name!r} is not one of {', '.join(KINDS)}")
    return KINDS[name](parameters, lr=learning_rate, **KERNELS[name])


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    """Let the next updates have this learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate
