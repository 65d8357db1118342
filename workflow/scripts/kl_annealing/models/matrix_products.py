"""Matrix products for the output layer, by the fastest public route of each device.

PyTorch sends float32 products on the CPU to its BLAS, but convolutions to oneDNN. On processors
where that BLAS is not at its best (MKL on AMD) oneDNN is more than twice as fast, so a large
product is written as a convolution with a 1 x 1 kernel: the same sums, only in another order.
"""

import torch
from torch import Tensor
from torch.nn import functional

ROWS = 16  # rows are made a multiple of this; PyTorch chooses oneDNN for as many images or more
SMALL = 2**24  # multiply-adds below which the plain product is as fast


def linear(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return rows [N, H] times the transpose of weight [V, H], plus bias [V]: [N, V]."""
    if not _as_convolution(rows, weight):
        return functional.linear(rows, weight, bias)
    return _rows(functional.conv2d(_images(rows), weight[:, :, None, None], bias))


def linear_gradients(
    gradient: Tensor, rows: Tensor, weight: Tensor, wanted: tuple[bool, bool]
) -> tuple[Tensor | None, Tensor | None]:
    """Return gradient [N, V] times weight: [N, H], and its transpose times rows: [V, H].

    Only the `wanted` ones are computed. The first does not depend on `rows`.
    """
    if not _as_convolution(rows, weight):
        for_rows = gradient @ weight if wanted[0] else None
        return for_rows, _transposed_product(gradient, rows) if wanted[1] else None
    for_rows, for_weight, _ = torch.ops.aten.convolution_backward(
        _images(gradient),
        _images(rows),
        weight[:, :, None, None],
        bias_sizes=None,
        stride=[1, 1],
        padding=[0, 0],
        dilation=[1, 1],
        transposed=False,
        output_padding=[0, 0],
        groups=1,
        output_mask=[*wanted, False],
    )
    return (
        _rows(for_rows) if wanted[0] else None,
        for_weight[:, :, 0, 0] if wanted[1] else None,
    )


def _transposed_product(gradient: Tensor, rows: Tensor) -> Tensor:
    """Return the transpose of gradient [N, V] times rows [N, H], in low precision as a view.

    There a CPU lays a transposed factor out anew; of the two that is cheaper for the rows.
    """
    if rows.dtype.itemsize >= 4 or rows.device.type != "cpu":
        return gradient.t() @ rows
    return (rows.t().contiguous() @ gradient).t()


def _as_convolution(rows: Tensor, weight: Tensor) -> bool:
    return (
        rows.device.type == "cpu"
        and rows.dtype == torch.float32
        and len(rows) % ROWS == 0
        and rows.shape[0] * weight.numel() > SMALL
        and torch.backends.mkldnn.is_available()
        and torch.backends.mkldnn.enabled
    )


def _images(rows: Tensor) -> Tensor:
    """View contiguous rows [N, C] as images [16, C, 1, N / 16] whose channels are innermost."""
    return rows.contiguous().view(ROWS, -1, rows.shape[1]).transpose(1, 2)[:, :, None]


def _rows(images: Tensor) -> Tensor:
    """Undo `_images`."""
    return images[:, :, 0].transpose(1, 2).reshape(-1, images.shape[1])
