"""The output layer and its loss in one: a linear map to the vocabulary, then cross-entropy.

The vocabulary makes this the most expensive part of a text model. Written plainly it walks through
three arrays [N, V]; here the logits of one block of rows at a time become, in place, the gradient
with respect to them, which is kept for the backward pass.
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from kl_annealing.models.matrix_products import ROWS, linear, linear_gradients
from kl_annealing.models.norm_only import GradientSum, gradient_sum

# Bytes of float32 logits in a block, on the CPU and on a GPU: what one product makes.
BLOCK_BYTES = (32 * 2**20, 512 * 2**20)
CACHED_BYTES = 5 * 2**18  # likewise, of what a CPU works on between reading and writing it once
ALIGNED = 32  # words: 64 bytes in two-byte numbers
LOG2_E = math.log2(math.e)
# From hidden states [..., H], weight [V, H], bias [V] or None and targets [...] to losses [...].
OutputLoss = Callable[[Tensor, Tensor, Tensor | None, Tensor], Tensor]
# Below this, powers of two and sums of them are far from the ends of float32: no maximum is needed.
SMALL_BITS = 60


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
) -> Tensor:
    """Return -log softmax(hidden W' + b)[target] of each target [...] in nats, float32.

    `hidden` [..., H], `weight` [V, H], `bias` [V] or None. Under autocast the products are made in
    its type, everything after them in float32.
    """
    total = gradient_sum(weight)
    nll = _of_rows(hidden.flatten(0, -2), weight, bias, targets.flatten(), total)
    return nll.view(targets.shape)


def _of_rows(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    targets: Tensor,
    total: GradientSum | None,
) -> Tensor:
    """Return the losses of rows [N, H]; `total` takes the weight's gradient where there is one."""
    count = len(targets)
    hidden, targets = padded(hidden), padded(targets)
    parts = (for_products(hidden), *_widened(for_products(weight), bias))
    with torch.autocast(hidden.device.type, enabled=False):
        if torch.is_grad_enabled() and any(p is not None and p.requires_grad for p in parts):
            return _LinearCrossEntropy.apply(*parts, targets, total)[:count]
        return torch.cat([nll for nll, _, _ in _blocks(*parts, targets, keep=False)])[:count]


def _widened(weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Append words of probability 0 in low precision, until each row of logits is aligned."""
    extra = -len(weight) % ALIGNED
    if extra == 0 or weight.dtype.itemsize >= 4:
        return weight, bias
    bias = weight.new_zeros(len(weight), dtype=torch.float32) if bias is None else bias
    weight = functional.pad(weight, (0, 0, 0, extra))
    return weight, functional.pad(bias, (0, extra), value=-math.inf)


class _LinearCrossEntropy(torch.autograd.Function):
    """Keeps, for each row i, s_i (softmax_i - onehot_i) with s_i the sum of exponentials."""

    @staticmethod
    def forward(ctx, hidden, weight, bias, targets, total):
        """Return the NLL [N] in nats of targets [N] given hidden states [N, H]."""
        ctx.total = total
        nll, ctx.blocks, scales = zip(
            *_blocks(hidden, weight, bias, targets, keep=True), strict=True
        )
        ctx.save_for_backward(hidden, weight, torch.cat(scales))
        return torch.cat(nll)

    @staticmethod
    def backward(ctx, upstream):
        """Return the gradients of hidden states, weight and bias, None for those not wanted."""
        if torch.is_grad_enabled():
            raise RuntimeError("create_graph=True, a second derivative, needs another OutputLoss")
        hidden, weight, scales = ctx.saved_tensors
        wanted = list(ctx.needs_input_grad[:3])
        wanted[1] |= ctx.total is not None
        row_weights = upstream / scales  # [N]
        for_hidden, for_weight, for_bias = [], None, None
        start = 0
        for block in ctx.blocks:
            rows = slice(start, start := start + len(block))
            weights = row_weights[rows, None]
            weighted = (hidden[rows] * weights).to(hidden.dtype)
            left, right = linear_gradients(block, weighted, weight, wanted[:2])
            if wanted[0]:
                for_hidden.append((left * weights).to(hidden.dtype))
            if wanted[1]:
                for_weight = accumulate(for_weight, right)
            if wanted[2]:
                for_bias = accumulate(for_bias, (weights.t().to(block.dtype) @ block)[0])
        if ctx.total is not None:
            ctx.total.add(for_weight)
            for_weight = None
        return torch.cat(for_hidden) if wanted[0] else None, for_weight, for_bias, None, None


def _blocks(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, keep: bool
) -> Iterator[tuple[Tensor, Tensor | None, Tensor]]:
    """Yield, block by block, the losses, the scaled gradients if `keep`, and their scales."""
    size = block_rows(hidden, weight)
    bias = None if bias is None else bias * LOG2_E
    small = _are_small(hidden, weight, bias)
    for rows, wanted in zip(hidden.split(size), targets.split(size), strict=True):
        logits, rest = _product(rows, weight, bias)
        pieces = cached_rows(logits)
        found = [
            _exponentials(piece, rest, column[:, None], keep, small)
            for piece, column in zip(logits.split(pieces), wanted.split(pieces), strict=True)
        ]
        nll, scales = (torch.cat(part) for part in zip(*found, strict=True))
        yield nll, logits if keep else None, scales


def _are_small(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    """Tell whether each row's greatest logit lies within +-`SMALL_BITS`.

    By Cauchy and Schwarz's inequality the word of the greatest bias alone keeps it above that.
    Not asked of a GPU, which would have to wait for the answer.
    """
    if hidden.device.type != "cpu":
        return False
    norms = (torch.linalg.vector_norm(rows, dim=1).amax() for rows in (hidden, weight))
    limit = LOG2_E * math.prod(norms) + (0 if bias is None else bias.amax().abs())
    return bool(limit < SMALL_BITS)


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return logits [n, V] and what is to be added to them to make them bits (times log2 e).

    exp2 is cheaper than exp. In low precision the factor and the bias wait for float32, where they
    cost no accuracy; otherwise they are in the product already and the second result is None.
    """
    if rows.dtype.itemsize < 4:
        zero = torch.zeros(1, device=rows.device)
        return linear(rows, weight, None), zero if bias is None else bias
    return linear(rows * LOG2_E, weight, bias), None


def _exponentials(
    logits: Tensor, rest: Tensor | None, column: Tensor, keep: bool, small: bool
) -> tuple[Tensor, Tensor]:
    """Return the losses and the sums of exponentials of rows [n, V]; overwrite their logits."""
    values = logits if rest is None else _with_rest(logits, rest)
    if not small:
        values.sub_(values.amax(-1, keepdim=True))
    at_target = values.gather(1, column)
    scale = values.exp2_().sum(-1, keepdim=True)
    if keep:
        values.scatter_(1, column, at_target.exp2() - scale)
        logits.copy_(values)
    return ((scale.log2() - at_target) / LOG2_E)[:, 0], scale[:, 0]


def _with_rest(logits: Tensor, rest: Tensor) -> Tensor:
    values = logits.float()
    return torch.add(rest, values, alpha=LOG2_E, out=values)


def block_rows(hidden: Tensor, weight: Tensor) -> int:
    """Return how many rows make a block: about equal blocks, each a multiple of `ROWS`."""
    limit = BLOCK_BYTES[hidden.device.type == "cuda"]
    blocks = math.ceil(4 * len(hidden) * len(weight) / limit)
    return ROWS * max(1, math.ceil(len(hidden) / ROWS / max(1, blocks)))


def cached_rows(block: Tensor) -> int:
    """Return how many rows of logits [n, V] are worked on at a time: on a CPU its cache decides."""
    if block.device.type != "cpu":
        return len(block)
    return max(1, CACHED_BYTES // (4 * block.shape[1]))


def padded(rows: Tensor) -> Tensor:
    """Append zeros until the number of rows [N, ...] is a multiple of `ROWS`."""
    return functional.pad(rows, (0, 0) * (rows.dim() - 1) + (0, -len(rows) % ROWS))


def accumulate(total: Tensor | None, part: Tensor) -> Tensor:
    """Return the sum, in place where there is one already."""
    return part if total is None else total.add_(part)


def at_least_float(value: Tensor) -> Tensor:
    """Return `value` in float32, or in float64 where it is."""
    return value if value.dtype == torch.float64 else value.float()


def for_products(value: Tensor | None) -> Tensor | None:
    """Return `value` in the type in which autocast makes products here."""
    if value is None or not torch.is_autocast_enabled(value.device.type):
        return value
    return value.to(torch.get_autocast_dtype(value.device.type))
