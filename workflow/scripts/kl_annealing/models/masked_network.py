"""An autoregressive network: output i sees the inputs before i (Germain et al. 2015, MADE)."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedLinear(nn.Linear):
    """A linear layer without the connections that `mask` [out, in] forbids."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Return the layer's outputs [..., out] for values [..., in]."""
        return functional.linear(values, self.weight * self.mask, self.bias)


class MaskedNetwork(nn.Module):
    """One hidden layer from z [..., D] and a context [B, C] to `outputs` numbers a dimension.

    The outputs of a dimension see the dimensions before it in the order 1 to D, or D to 1 if
    `reverse`, and all of the context. Hidden units have the degrees 0 to D - 1 in turn: a unit of
    degree m sees the first m dimensions, so the first dimension sees the context too. `hidden_dim`
    is at least D, else dimensions would be cut off.
    """

    def __init__(
        self, latent_dim: int, hidden_dim: int, context_dim: int, outputs: int, reverse: bool
    ) -> None:
        super().__init__()
        degrees = torch.arange(1, latent_dim + 1)
        degrees = degrees.flip(0) if reverse else degrees
        hidden = torch.arange(hidden_dim) % latent_dim
        self.inputs = MaskedLinear(hidden[:, None] >= degrees)
        self.context = nn.Linear(context_dim, hidden_dim, bias=False)
        self.outputs = MaskedLinear((degrees[:, None] > hidden).repeat(outputs, 1))
        self.parts = outputs

    def forward(self, z: Tensor, context: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs, each [..., D]."""
        hidden = functional.elu(self.inputs(z) + self.context(context))
        return self.outputs(hidden).chunk(self.parts, dim=-1)
