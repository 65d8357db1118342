"""The inference network of images: a residual network (He et al. 2019, appendix)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.gaussians import DiagonalGaussian


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, the first of stride 2, beside a 1 x 1 convolution of stride 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ELU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return [B, outputs, ceil(H / 2), ceil(W / 2)] for maps [B, inputs, H, W]."""
        return functional.elu(self.body(maps) + self.shortcut(maps))


class ResidualEncoder(nn.Module):
    """Residual blocks, a convolution over all that is left, and a linear map to mu and logvar.

    As published: blocks of 64, 64, 64 channels (28 -> 14 -> 7 -> 4) and 512 features.
    """

    def __init__(self, settings: Mapping[str, Any], size: tuple[int, int], latent_dim: int) -> None:
        super().__init__()
        widths = [1, *settings["channels"]]
        left = tuple(-(-side // 2 ** len(settings["channels"])) for side in size)
        self.network = nn.Sequential(
            *(ResidualBlock(*pair) for pair in zip(widths, widths[1:], strict=False)),
            nn.Conv2d(widths[-1], settings["features"], left, bias=False),
            nn.BatchNorm2d(settings["features"]),
            nn.ELU(),
            nn.Flatten(),
        )
        self.head = nn.Linear(settings["features"], 2 * latent_dim)

    def forward(self, images: Tensor) -> DiagonalGaussian:
        """Return q(z|x) [B, D], in float32 also under autocast, for images [B, H, W]."""
        features = self.network(images[:, None])
        with torch.autocast(images.device.type, enabled=False):
            mu, logvar = self.head(features.to(self.head.weight.dtype)).chunk(2, dim=-1)
        return DiagonalGaussian(mu, logvar)
