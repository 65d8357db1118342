"""Free bits: the part of the KL term that the loss does not count.

A KL below its floor costs as much as the floor does and so has no gradient, above it the KL counts
as ever. Kingma et al. (2016, section 2.4) introduced it; Li et al. (2019) train with three kinds.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class FreeBits:
    """`nats` of the KL of a sentence that are free, by one of three ways to compare it with them.

    `of` says what is held against its floor: the KL of each `sentence`, that of each `dimension` of
    each sentence (its floor is nats / D), or the mean over the `batch`. `value` is what a KL below
    its floor counts: the floor ("bound", so that the loss is never below the negative ELBO), or
    nothing ("thresholded", Li et al. 2019). The gradients of the two are the same.
    """

    nats: float
    of: Literal["sentence", "dimension", "batch"]
    value: Literal["bound", "thresholded"] = "bound"

    def __call__(self, kl_parts: Tensor) -> Tensor:
        """Return the KL [B] that counts, in nats, of the KL by dimension [B, D]."""
        if self.of == "dimension":
            return self._counted(kl_parts, kl_parts, self.nats / kl_parts.shape[-1]).sum(-1)
        kl = kl_parts.sum(-1)
        return self._counted(kl, kl.mean() if self.of == "batch" else kl, self.nats)

    def _counted(self, kl: Tensor, compared: Tensor, floor: float) -> Tensor:
        below = torch.full_like(kl, floor if self.value == "bound" else 0.0)
        return torch.where(compared > floor, kl, below)
