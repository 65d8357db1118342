"""How the loss of the output layer changes when what it reads does: forward differentiation.

With a = W h + b, p = softmax(a) and da = W dh the loss -log p[target] changes by

    p . da - da[target],

and that has the gradients (p - onehot) with respect to da and p (da - p . da) with respect to a.
Like the loss itself (`cross_entropy`), the products of a block become these gradients in place.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from kl_annealing.models.cross_entropy import (
    accumulate,
    at_least_float,
    block_rows,
    cached_rows,
    for_products,
    padded,
)
from kl_annealing.models.matrix_products import linear, linear_gradients


def linear_cross_entropy_slope(
    hidden: Tensor, slope: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
) -> Tensor:
    """Return the derivative [N] of `linear_cross_entropy` when `hidden` moves along `slope`.

    `hidden` and `slope` [N, H], `weight` [V, H], `bias` [V] or None, `targets` [N]. It can be
    differentiated once, in all of them.
    """
    count = len(targets)
    hidden, slope, targets = (padded(part) for part in (hidden, slope, targets))
    parts = [for_products(part) for part in (hidden, slope, weight)]
    with torch.autocast(hidden.device.type, enabled=False):
        return _LinearCrossEntropySlope.apply(*parts, bias, targets)[:count]


class _LinearCrossEntropySlope(torch.autograd.Function):
    """Keeps, for each block of n rows, the gradients [2n, V] with respect to a, then to da."""

    @staticmethod
    def forward(ctx, hidden, slope, weight, bias, targets):
        """Return the slope [N] of the NLL of targets [N] along the `slope` [N, H] of `hidden`."""
        found, ctx.blocks = [], []
        for rows, pair in _pairs(hidden, slope, weight):
            block = linear(pair, weight, None)
            found += _slopes(block, bias, targets[rows])
            ctx.blocks.append(block)
        ctx.save_for_backward(hidden, slope, weight)
        return torch.cat(found)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream):
        """Return the gradients of all but the targets, None for those not wanted."""
        hidden, slope, weight = ctx.saved_tensors
        wanted = any(ctx.needs_input_grad[:2]), ctx.needs_input_grad[2]
        for_rows, for_weight, for_bias = [], None, None
        for block, (rows, pair) in zip(ctx.blocks, _pairs(hidden, slope, weight), strict=True):
            weights = upstream[rows].repeat(2)[:, None]
            left, right = linear_gradients(block, (pair * weights).to(pair.dtype), weight, wanted)
            if wanted[0]:
                for_rows.append((left * weights).to(pair.dtype).chunk(2))
            if wanted[1]:
                for_weight = accumulate(for_weight, right)
            if ctx.needs_input_grad[3]:
                half = upstream[None, rows].to(block.dtype) @ block[: len(pair) // 2]
                for_bias = accumulate(for_bias, half[0].to(upstream.dtype))
        both = [torch.cat(part) for part in zip(*for_rows, strict=True)] or [None, None]
        return *both, for_weight, for_bias, None


def _pairs(hidden: Tensor, slope: Tensor, weight: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield the rows of each block, and `hidden` over `slope` [2n, H] there."""
    size = block_rows(hidden, weight)
    for start in range(0, len(hidden), size):
        rows = slice(start, start + size)
        yield rows, torch.cat([hidden[rows], slope[rows]])


def _slopes(block: Tensor, bias: Tensor | None, targets: Tensor) -> Iterator[Tensor]:
    """Yield the slopes of n rows from products [2n, V], and overwrite these with gradients."""
    size = cached_rows(block)
    pieces = [half.split(size) for half in block.chunk(2)]
    for logits, changes, column in zip(*pieces, targets[:, None].split(size), strict=True):
        values = at_least_float(logits)
        p = (values if bias is None else values + bias).softmax(-1)
        change = at_least_float(changes)
        mean = (p * change).sum(-1, keepdim=True)
        yield (mean - change.gather(1, column))[:, 0]
        torch.mul(p, change - mean, out=values)
        logits.copy_(values)
        changes.copy_(p.scatter_(1, column, p.gather(1, column) - 1))
