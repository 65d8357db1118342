"""A convolution over a sequence as one matrix product over its windows.

A text encoder's convolutions have hundreds of channels and a few positions. PyTorch's own spend
most of their time on a CPU in the backward pass; one product of all windows makes the same sums in
a quarter to two fifths of it (benchmarks/README.md).
"""

from torch import Tensor, nn
from torch.nn import functional


class WindowConvolution(nn.Conv1d):
    """`nn.Conv1d` without padding, dilation and groups; on a GPU it is PyTorch's own."""

    def __init__(self, inputs: int, outputs: int, width: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, width, stride)

    def forward(self, input: Tensor) -> Tensor:
        """Return [B, outputs, (L - width) // stride + 1] for sequences [B, inputs, L]."""
        if input.device.type != "cpu":
            return super().forward(input)
        windows = input.unfold(2, *self.kernel_size, *self.stride)  # [B, C, places, width]
        rows = windows.transpose(1, 2).flatten(2)  # [B, places, C * width]
        return functional.linear(rows, self.weight.flatten(1), self.bias).transpose(1, 2)
