"""An LSTM and how its outputs change when its inputs do: forward differentiation by hand.

PyTorch has no forward derivative for the kernels that make its LSTM quick, and differentiating them
twice backward costs several times as much as this.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.models.cross_entropy import for_products


class Dual(NamedTuple):
    """A value and its derivative along one direction."""

    value: Tensor
    slope: Tensor


def lstm_slope(lstm: nn.LSTM, inputs: Dual, hidden: Dual, cell: Dual) -> Dual:
    """Return the outputs [B, L, H] of an LSTM without dropout between layers, with their slope.

    `inputs` are [B, L, I], their slope that or [B, 1, I] where it is the same at every position;
    `hidden` and `cell` are the initial state, [layers, B, H]. Differentiable like any other.
    """
    for layer, weights in enumerate(lstm.all_weights):
        start = (Dual(state.value[layer], state.slope[layer]) for state in (hidden, cell))
        inputs = _layer(weights, inputs, *start)
    return inputs


def _layer(weights: list[Tensor], inputs: Dual, hidden: Dual, cell: Dual) -> Dual:
    for_input, for_hidden, *biases = weights
    driven = functional.linear(inputs.value, for_input, sum(biases) if biases else None)
    pushed = functional.linear(inputs.slope, for_input).expand_as(driven)
    recurrent = for_products(for_hidden).t()
    state = torch.cat(hidden)  # value over slope, so that one product serves both: [2B, H]
    outputs = []
    for value, slope in zip(driven.unbind(1), pushed.unbind(1), strict=True):
        again = (state.to(recurrent.dtype) @ recurrent).to(state.dtype).chunk(2)
        hidden, cell = _cell(Dual(value + again[0], slope + again[1]), cell)
        state = torch.cat(hidden)
        outputs.append(state)
    return Dual(*torch.stack(outputs, dim=1).chunk(2))


def _cell(gates: Dual, cell: Dual) -> tuple[Dual, Dual]:
    """Return hidden and cell [B, H] after gates [B, 4H]: input, forget, candidate, output."""
    opened = torch.sigmoid(gates.value)
    i, f, _, o = opened.chunk(4, dim=-1)
    di, df, _, do = (opened * (1 - opened) * gates.slope).chunk(4, dim=-1)
    g = torch.tanh(gates.value.chunk(4, dim=-1)[2])
    dg = (1 - g * g) * gates.slope.chunk(4, dim=-1)[2]
    c = f * cell.value + i * g
    dc = df * cell.value + f * cell.slope + di * g + i * dg
    t = torch.tanh(c)
    return Dual(o * t, do * t + o * (1 - t * t) * dc), Dual(c, dc)
