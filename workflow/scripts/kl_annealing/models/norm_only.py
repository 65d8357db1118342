"""Gradients of which only the norm is wanted, as that of weights which count in a clipping.

The embedding and the output layer have a matrix as large as the vocabulary. Where it is not
stepped, its gradient [V, H] need not be filled with zeros, converted, laid out and stored.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from kl_annealing.models.freezing import frozen


class GradientSum:
    """The gradient of a matrix [V, H], from whole matrices and from rows of some words."""

    def __init__(self) -> None:
        self.whole: Tensor | None = None
        self.rows: list[tuple[Tensor, Tensor]] = []

    def add(self, gradient: Tensor) -> None:
        """Add a matrix [V, H], or more rows whose end is zero; it is kept, and may be changed."""
        self.whole = gradient if self.whole is None else self.whole.add_(gradient)

    def add_rows(self, words: Tensor, gradients: Tensor) -> None:
        """Add to the rows of the words [...] the gradients [..., H]."""
        self.rows.append((words.flatten(), gradients.flatten(0, -2)))

    def norm(self) -> Tensor:
        """Return the Euclidean norm of the sum; 0 of no gradient."""
        if not self.rows:
            return torch.zeros(()) if self.whole is None else _norm(self.whole)
        words, gradients = (torch.cat(parts) for parts in zip(*self.rows, strict=True))
        if self.whole is None:
            _, words = words.unique(return_inverse=True)
            total = torch.zeros_like(gradients)
        else:
            total = self.whole.to(gradients.dtype)
        return _norm(total.index_add(0, words, gradients))


def _norm(matrix: Tensor) -> Tensor:
    """Return the Euclidean norm of a matrix, at least in float32."""
    dtype = torch.promote_types(matrix.dtype, torch.float32)
    along = 1 if matrix.stride(1) == 1 else 0  # line by line: all at once it takes twice as long
    return torch.linalg.vector_norm(torch.linalg.vector_norm(matrix, dim=along, dtype=dtype))


_SUMS: dict[int, GradientSum] = {}  # by the identity of a weight, within `norm_only`


def gradient_sum(weight: Tensor) -> GradientSum | None:
    """Return what takes the gradient of this weight, where only its norm is wanted."""
    return _SUMS.get(id(weight))


def word_layers(decoder: nn.Module) -> list[nn.Embedding | nn.Linear]:
    """Return embedding and output layer, as far as their weights are plain parameters.

    The embedding is to be read by calls alone, the output layer's weight by `linear_cross_entropy`
    alone. They may share it.
    """
    layers = (getattr(decoder, name, None) for name in ("embedding", "output"))
    return [layer for layer in layers if type(layer) in (nn.Embedding, nn.Linear)]


@contextmanager
def norm_only(layers: Iterable[nn.Embedding | nn.Linear]) -> Iterator[list[GradientSum]]:
    """Let the weights of word layers have, instead of a gradient, a `GradientSum` each."""
    layers = list(layers)
    sums = {id(layer.weight): GradientSum() for layer in layers}
    hooks = [
        layer.register_forward_hook(_watch) for layer in layers if isinstance(layer, nn.Embedding)
    ]
    _SUMS.update(sums)
    try:
        with frozen(layer.weight for layer in layers):
            yield list(sums.values())
    finally:
        for key in sums:
            del _SUMS[key]
        for hook in hooks:
            hook.remove()


def _watch(layer: nn.Embedding, given: tuple[Tensor], vectors: Tensor) -> Tensor | None:
    """Let vectors [..., E] of words tell their gradient."""
    if not torch.is_grad_enabled():
        return None
    (words,), total = given, gradient_sum(layer.weight)
    learned = words != (-1 if layer.padding_idx is None else layer.padding_idx)
    leaf = vectors.detach().requires_grad_()
    leaf.register_hook(lambda slope: total.add_rows(words, slope * learned[..., None]))
    return leaf
