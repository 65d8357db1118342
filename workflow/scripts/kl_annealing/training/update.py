"""One update of all parameters: the standard training strategy."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kl_annealing.errors import InputError
from kl_annealing.objectives import Terms, loss
from kl_annealing.training.optimisers import build_optimiser

PRECISIONS = ("float32", "bfloat16")


class Outcome(NamedTuple):
    """What an update leaves behind, on the device and without a graph."""

    terms: Terms
    loss: Tensor
    gradient_norm: Tensor


class StandardUpdate:
    """Follows the gradient of the annealed loss jointly in encoder and decoder."""

    def __init__(self, model: nn.Module, training: Mapping[str, Any], device: torch.device) -> None:
        if training["precision"] not in PRECISIONS:
            allowed = ", ".join(PRECISIONS)
            raise InputError(f"training.precision: {training['precision']!r} is not in {allowed}")
        self.model = model
        self.training = training
        self.device_type = device.type
        self.parameters = list(model.parameters())
        self.reset()

    def reset(self) -> None:
        """Forget the optimiser's moments."""
        self.optimiser = build_optimiser(self.training, self.parameters)

    def __call__(self, tokens: Tensor, beta: float, learning_rate: float) -> Outcome:
        """Make one update on a batch of sentences tokens [B, L]; nothing here waits for a GPU."""
        reduced = self.training["precision"] == "bfloat16"
        with torch.autocast(self.device_type, torch.bfloat16, enabled=reduced):
            terms = self.model.terms(tokens)
        value = loss(terms, beta)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        norm = self._clip()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        return Outcome(
            Terms(terms.reconstruction.detach(), terms.kl.detach()), value.detach(), norm
        )

    def _clip(self) -> Tensor:
        """Scale the gradient to at most the wanted norm; return the norm it had."""
        norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        limit = self.training["gradient_clip"]
        if limit is None or (self.device_type == "cpu" and norm <= limit):
            return norm  # a GPU would have to be waited for to know this
        nn.utils.clip_grads_with_norm_(self.parameters, limit, norm)
        return norm
