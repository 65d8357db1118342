"""What a dialog model knows of the dialog act y of a response (Zhao et al. 2017, section 3.2)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class NoActs(nn.Module):
    """Of a model without dialog acts: what it tells of them has no dimension."""

    width = 0

    def known(self, acts: Tensor) -> Tensor:
        """Return [B, 0]."""
        return acts.new_zeros(len(acts), 0, dtype=torch.float32)

    def expected(self, code: Tensor) -> Tensor:
        """Return [B, 0]."""
        return code.new_zeros(len(code), 0)


class DialogActs(nn.Module):
    """Word vectors for acts, and p(y|c,z) over the known ones; act 0, unknown, is a zero vector.

    With `rectified` the logits of p cannot be negative, as in the published program.
    """

    def __init__(self, settings: Mapping[str, Any], acts: int, code_dim: int) -> None:
        super().__init__()
        self.width, self.rectified = settings["embedding_dim"], settings["rectified"]
        self.embedding = nn.Embedding(acts, self.width, padding_idx=0)
        self.hidden = nn.Linear(code_dim, settings["hidden_dim"])
        self.output = nn.Linear(settings["hidden_dim"], acts - 1)

    def known(self, acts: Tensor) -> Tensor:
        """Return the vectors [B, E] of acts [B]."""
        return self.embedding(acts)

    def expected(self, code: Tensor) -> Tensor:
        """Return the mean of the vectors [B, E] under p(y|c,z), for codes [c; z]."""
        return self._log_p(code).exp() @ self.embedding.weight[1:]

    def log_p(self, code: Tensor) -> Tensor:
        """Return log p(y|c,z) [B, A] in nats; that of act 0 is minus infinity."""
        return functional.pad(self._log_p(code), (1, 0), value=-torch.inf)

    def loss(self, code: Tensor, acts: Tensor) -> Tensor:
        """Return -log p(y|c,z) [B] in nats of acts [B]; 0 where the act is unknown."""
        picked = self._log_p(code).gather(1, (acts - 1).clamp(min=0)[:, None])[:, 0]
        return torch.where(acts > 0, -picked, 0)

    def _log_p(self, code: Tensor) -> Tensor:
        """Return log p(y|c,z) [B, A - 1] of the known acts, in float32 also under autocast."""
        with torch.autocast(code.device.type, enabled=False):
            logits = self.output(torch.tanh(self.hidden(code.to(self.hidden.weight.dtype))))
            return functional.log_softmax(logits.relu() if self.rectified else logits, dim=-1)
