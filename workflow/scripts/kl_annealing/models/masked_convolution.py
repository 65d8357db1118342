"""Convolutions that see no pixel ahead (van den Oord et al. 2016, section 3.4)."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedConvolution(nn.Module):
    """A k x k convolution over what comes before each pixel in raster order, row by row.

    `own` says whether it sees the pixel itself too (mask B), or not (mask A). The rows below the
    pixel are masked whole, so they have no weights.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, own: bool) -> None:
        super().__init__()
        half = kernel // 2
        self.weight = nn.Parameter(torch.empty(outputs, inputs, half + 1, kernel))
        mask = torch.ones(half + 1, kernel)
        mask[half, half + own :] = 0
        self.register_buffer("mask", mask, persistent=False)
        self.border = (half, half, half, 0)  # left, right, above, below

    def forward(self, maps: Tensor) -> Tensor:
        """Return [B, outputs, H, W] for maps [B, inputs, H, W]."""
        return functional.conv2d(functional.pad(maps, self.border), self.weight * self.mask)


class PixelBlock(nn.Module):
    """A residual block that sees each pixel and those before it, through half the channels."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        narrow = channels // 2
        self.body = nn.Sequential(
            nn.Conv2d(channels, narrow, 1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.ELU(),
            MaskedConvolution(narrow, narrow, kernel, own=True),
            nn.BatchNorm2d(narrow),
            nn.ELU(),
            nn.Conv2d(narrow, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return [B, C, H, W] for maps [B, C, H, W]."""
        return functional.elu(maps + self.body(maps))
