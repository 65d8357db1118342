"""The gradient of the annealed loss, and its clipping."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.jobs.precision import precision_on
from kl_annealing.models.sparse_rows import gradient_values
from kl_annealing.objectives import Objective, Terms


class AnnealedLoss:
    """Computes the loss of a run on a batch, its matrix products in the run's precision."""

    def __init__(self, run: Mapping[str, Any], model: nn.Module) -> None:
        self.model = model
        self.objective = Objective.of(run["objective"])
        asked, device = run["training"]["precision"], next(model.parameters()).device
        self.reduced = precision_on(device, asked, "training.precision") == "bfloat16"

    def __call__(self, examples: Tensor, beta: float, **options: Any) -> tuple[Terms, Tensor]:
        """Return the terms of the examples and their annealed loss, with its graph.

        `options` are those of the model's `terms`.
        """
        terms = self.terms(examples, **options)
        return terms, self.objective.loss(terms, beta)

    def terms(self, examples: Tensor, **options: Any) -> Terms:
        """Return the terms of the examples alone, with their graph."""
        with torch.autocast(examples.device.type, torch.bfloat16, enabled=self.reduced):
            return self.model.terms(examples, **options)


def clip(
    parameters: Iterable[nn.Parameter], limit: float | None, other_norms: Iterable[Tensor] = ()
) -> Tensor:
    """Scale the gradients to at most the norm `limit` together; return the norm they had.

    `other_norms` are those of gradients that count and that no parameter holds.
    """
    parameters = [parameter for parameter in parameters if parameter.grad is not None]
    norm = nn.utils.get_total_norm([*map(gradient_values, parameters), *other_norms])
    if limit is None or (norm.device.type == "cpu" and norm <= limit):
        return norm  # a GPU would have to be waited for to know this
    nn.utils.clip_grads_with_norm_(parameters, limit, norm)
    return norm
