"""The autoregressive decoder of images: a PixelCNN given z (He et al. 2019, appendix)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.models.masked_convolution import MaskedConvolution, PixelBlock

REACH = 3  # layers that a direct connection skips


class PixelDecoder(nn.Module):
    """p(x|z) = prod_i p(x_i | x_<i, z), the pixels i in raster order; D = 0: p(x).

    z becomes maps as large as the image, which the first layer sees whole beside the pixels before.
    From layer 3 on, a block of its own adds the output of three layers before to a layer's input,
    and so to the output of the last. As published: five layers of kernel 7, four of 5, four of 3,
    64 channels, 4 maps. A connection has the kernel of the layer after the one it starts from.
    """

    vocabulary_size = 0  # pixels are no words

    def __init__(self, settings: Mapping[str, Any], size: tuple[int, int], latent_dim: int) -> None:
        super().__init__()
        self.latent_dim, self.size = latent_dim, size
        self.channels, kernels = settings["channels"], settings["kernels"]
        if latent_dim:
            self.latent_maps = settings["latent_maps"]
            self.latent = nn.Linear(latent_dim, self.latent_maps * size[0] * size[1])
            self.from_latent = nn.Conv2d(
                self.latent_maps, self.channels, kernels[0], padding="same", bias=False
            )
        self.from_pixels = MaskedConvolution(1, self.channels, kernels[0], own=False)
        self.first = nn.Sequential(nn.BatchNorm2d(self.channels), nn.ELU())
        self.layers = nn.ModuleList(PixelBlock(self.channels, kernel) for kernel in kernels[1:])
        self.connections = nn.ModuleList(
            PixelBlock(self.channels, kernel) for kernel in kernels[1:-1]
        )
        self.output = nn.Sequential(
            nn.Conv2d(self.channels, self.channels, 1, bias=False),
            nn.BatchNorm2d(self.channels),
            nn.ELU(),
            nn.Conv2d(self.channels, 1, 1, bias=False),
        )

    def logits(self, images: Tensor, z: Tensor) -> Tensor:
        """Return log odds [B, H, W] of ink in each pixel, given those before it and z [B, D]."""
        return self._logits(images, self._context(z))

    def negative_log_likelihood(self, images: Tensor, z: Tensor) -> Tensor:
        """Return -log p(x|z) [B] in nats for binary images [B, H, W]."""
        logits = self.logits(images, z).float()
        pixels = functional.binary_cross_entropy_with_logits(
            logits, images.to(logits.dtype), reduction="none"
        )
        return pixels.flatten(1).sum(1)

    @torch.no_grad()
    def sample(self, z: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Draw images [B, H, W] pixel by pixel for z [B, D]; return also each pixel's probability.

        `noise` [B, H, W] is uniform: a pixel has ink where it is below the probability.
        """
        height, width = self.size
        context = self._context(z)
        images, probabilities = torch.zeros_like(noise), torch.zeros_like(noise)
        for row in range(height):
            above = slice(0, row + 1)  # nothing below has a say
            for column in range(width):
                logits = self._logits(images[:, above], context[:, :, above])[:, row, column]
                probabilities[:, row, column] = torch.sigmoid(logits)
                ink = noise[:, row, column] < probabilities[:, row, column]
                images[:, row, column] = ink.to(images.dtype)
        return images, probabilities

    def _context(self, z: Tensor) -> Tensor:
        """Return what z adds to the first layer [B, C, H, W]; nothing where there is none."""
        if not self.latent_dim:
            return z.new_zeros(len(z), 1, *self.size)
        return self.from_latent(self.latent(z).view(len(z), self.latent_maps, *self.size))

    def _logits(self, images: Tensor, context: Tensor) -> Tensor:
        """Return the log odds of the first rows of images [B, rows, W] from their context."""
        outputs = [self.first(self.from_pixels(images[:, None]) + context)]
        for number, layer in enumerate(self.layers, start=1):
            outputs.append(layer(self._connected(outputs, number)))
        return self.output(self._connected(outputs, len(outputs)))[:, 0]

    def _connected(self, outputs: list[Tensor], number: int) -> Tensor:
        """Return the input of layer `number` from the outputs of all layers before it."""
        if number < REACH:
            return outputs[-1]
        return outputs[-1] + self.connections[number - REACH](outputs[number - REACH])
