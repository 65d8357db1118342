"""Gradients of embeddings that hold the rows of a batch's words alone, for plain SGD.

A batch has some hundred words, the vocabulary ten thousand: zeros would be most of what is written,
added up for the norm, scaled and subtracted. Optimisers with moments move every row anyway.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn


def sparse_layers(model: nn.Module, optimiser: str) -> list[nn.Embedding]:
    """Return the embeddings whose gradients may be sparse: with SGD on the CPU the plain ones."""
    if optimiser != "sgd" or next(model.parameters()).device.type != "cpu":
        return []
    return [layer for layer in model.modules() if type(layer) is nn.Embedding]


@contextmanager
def sparse_gradients(layers: Iterable[nn.Embedding]) -> Iterator[None]:
    """Let what these layers look up within the block give sparse gradients."""
    layers = list(layers)
    for layer in layers:
        layer.sparse = True
    try:
        yield
    finally:
        for layer in layers:
            layer.sparse = False


def gradient_values(parameter: nn.Parameter) -> Tensor:
    """Return the gradient, of a sparse one a view of its rows, first added up by word in place."""
    if not parameter.grad.is_sparse:
        return parameter.grad
    parameter.grad = parameter.grad.coalesce()
    return parameter.grad.values()
