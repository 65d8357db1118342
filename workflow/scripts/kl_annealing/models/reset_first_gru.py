"""A gated recurrent unit whose reset gate acts on the state before the candidate's product.

That is the unit of Cho et al. (2014) and of TensorFlow 1, with gates r (reset) and u (update):

    r, u = sigmoid(W x + U h + b)
    c    = tanh(V x + T (r * h) + d)
    h'   = u * h + (1 - u) * c

PyTorch's has c = tanh(V x + r * (T h) + d), for which a step needs one product instead of two.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from kl_annealing.models.cross_entropy import padded
from kl_annealing.models.matrix_products import linear, linear_gradients
from kl_annealing.models.packing import refilled


class ResetFirstGRU(nn.Module):
    """The unit over packed sequences; called as an `nn.GRU` of one layer, with its gate order."""

    def __init__(self, inputs: int, units: int, bidirectional: bool = False) -> None:
        super().__init__()
        self.hidden_size, self.directions = units, 1 + bidirectional
        for suffix in self._suffixes():
            for name, width in (("ih", inputs), ("hh", units)):
                weight = nn.Parameter(torch.empty(3 * units, width))
                nn.init.xavier_uniform_(weight)
                self.register_parameter(f"weight_{name}_{suffix}", weight)
            self.register_parameter(f"bias_ih_{suffix}", nn.Parameter(torch.zeros(3 * units)))

    def forward(
        self, sequences: PackedSequence, start: Tensor | None = None
    ) -> tuple[PackedSequence, Tensor]:
        """Return the states after each input, and the last of each sequence [directions, B, H].

        `start` [directions, B, H] is zero where it is not given. In float32 also under autocast.
        """
        sizes = sequences.batch_sizes.tolist()
        starts = self._starts(sequences, sizes[0], start)
        outputs, lasts = [], []
        for number, suffix in enumerate(self._suffixes()):
            steps = list(_steps(sizes, backward=number == 1))
            output, last = self._read(sequences.data, starts[number], suffix, steps)
            outputs.append(output)
            lasts.append(last)
        last = torch.stack(lasts)
        if sequences.unsorted_indices is not None:
            last = last.index_select(1, sequences.unsorted_indices)
        return refilled(sequences, torch.cat(outputs, dim=-1)), last

    def _read(
        self, values: Tensor, start: Tensor, suffix: str, steps: list[slice]
    ) -> tuple[Tensor, Tensor]:
        """Run one direction over values [N, I]; return states [N, H] and the last [B, H]."""
        for_input, recurrent, bias = (
            getattr(self, f"{name}_{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih")
        )
        driven = linear(padded(values), for_input, bias)[: len(values)]  # of all steps [N, 3H]
        with torch.autocast(values.device.type, enabled=False):
            return _Recurrence.apply(driven.to(recurrent.dtype), recurrent, start, steps)

    def _starts(self, sequences: PackedSequence, count: int, start: Tensor | None) -> Tensor:
        """Return the first states in the packed order of the sequences."""
        if start is None:
            return self.weight_hh_l0.new_zeros(self.directions, count, self.hidden_size)
        if sequences.sorted_indices is not None:
            start = start.index_select(1, sequences.sorted_indices)
        return start.to(self.weight_hh_l0.dtype)

    def _suffixes(self) -> tuple[str, ...]:
        return ("l0", "l0_reverse")[: self.directions]


def _steps(sizes: list[int], backward: bool) -> Iterator[slice]:
    """Yield the rows of each step in the order in which a direction takes them."""
    bounds = [0]
    for size in sizes:
        bounds.append(bounds[-1] + size)
    rows = [slice(*pair) for pair in zip(bounds, bounds[1:], strict=False)]
    yield from reversed(rows) if backward else rows


class _Recurrence(torch.autograd.Function):
    """The steps alone, with the gradient of the weights by one product over all of them."""

    @staticmethod
    def forward(ctx, driven, recurrent, start, steps):
        """Return the states [N, H] of all steps, in the rows of `driven`, and the last [B, H]."""
        units = recurrent.shape[1]
        for_gates, for_candidate = recurrent.t().split([2 * units, units], dim=1)
        before, after = (driven.new_empty(len(driven), units) for _ in "ab")
        gates, candidates = driven[:, : 2 * units].clone(), driven[:, 2 * units :].clone()
        state = start.clone()
        for rows in steps:
            count = rows.stop - rows.start
            h = before[rows].copy_(state[:count])
            r, u = gates[rows].addmm_(h, for_gates).sigmoid_().chunk(2, dim=1)
            c = candidates[rows].addmm_(r * h, for_candidate).tanh_()
            state[:count] = torch.lerp(c, h, u, out=after[rows])
        ctx.steps = steps
        ctx.save_for_backward(recurrent, before, gates, candidates)
        return after, state

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, for_after, for_state):
        """Return the gradients of the driving terms, the recurrent weights and the start."""
        recurrent, before, gates, candidates = ctx.saved_tensors
        units = recurrent.shape[1]
        of_gates, of_candidate = recurrent.split([2 * units, units])
        r, u = gates.chunk(2, dim=1)
        # What multiplies the gradient of a step's state, for all steps at once.
        to_update = (before - candidates) * (u * (1 - u))
        to_candidate = (1 - u) * (1 - candidates.square())
        to_reset = before * (r * (1 - r))
        found = gates.new_empty(len(gates), 3 * units)
        change = for_state.clone()
        for rows in reversed(ctx.steps):
            part = change[: rows.stop - rows.start]
            part += for_after[rows]
            step = found[rows]
            torch.mul(part, to_candidate[rows], out=step[:, 2 * units :])
            through = step[:, 2 * units :] @ of_candidate
            torch.mul(through, to_reset[rows], out=step[:, :units])
            torch.mul(part, to_update[rows], out=step[:, units : 2 * units])
            part.mul_(u[rows]).addcmul_(through, r[rows]).addmm_(step[:, : 2 * units], of_gates)
        for_recurrent = None
        if ctx.needs_input_grad[1]:
            pairs = ((found[:, : 2 * units], before), (found[:, 2 * units :], r * before))
            for_recurrent = torch.cat([_weight_gradient(*pair) for pair in pairs])
        return found, for_recurrent, change, None


def _weight_gradient(gradient: Tensor, rows: Tensor) -> Tensor:
    """Return the transpose of gradient [N, G] times rows [N, H]."""
    weight = rows.new_empty(gradient.shape[1], rows.shape[1])
    return linear_gradients(padded(gradient), padded(rows), weight, (False, True))[1]
