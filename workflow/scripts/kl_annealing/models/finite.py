"""Whether a model is still one: training that diverges leaves weights that are no numbers."""

import torch
from torch import nn


def require_finite(model: nn.Module) -> None:
    """Raise ValueError where a weight is infinite or not a number."""
    finite = torch.stack([parameter.isfinite().all() for parameter in model.parameters()])
    if not finite.all():
        raise ValueError("its weights are not finite")
