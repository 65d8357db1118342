"""The image VAE of He et al. (2019): residual encoder and PixelCNN decoder."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.models.latent_model import LatentModel
from kl_annealing.models.masked_convolution import MaskedConvolution
from kl_annealing.models.pixel_decoder import PixelDecoder
from kl_annealing.models.residual_encoder import ResidualEncoder
from kl_annealing.objectives import Terms


def build(run: Mapping[str, Any], size: tuple[int, int]) -> "ImageVAE":
    """Return the image model of a run, VAE or PixelCNN alone, with fresh weights.

    `size` is the height and width of the images.
    """
    settings = run["model"]
    latent_dim = settings["latent_dim"] if settings["kind"] == "image_vae" else 0
    encoder = None
    if latent_dim:
        encoder = ResidualEncoder(settings["encoder"], size, latent_dim)
    model = ImageVAE(encoder, PixelDecoder(settings["decoder"], size, latent_dim))
    initialise(model)
    return model.to(memory_format=torch.channels_last)  # convolutions are a third faster on a CPU


@torch.no_grad()
def initialise(model: nn.Module) -> None:
    """Draw convolutions from N(0, 2 / (k^2 outputs)), linear maps by Xavier; biases are 0."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | MaskedConvolution):
            outputs, _, _, kernel = module.weight.shape
            module.weight.normal_(0, math.sqrt(2 / (kernel**2 * outputs)))
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


class ImageVAE(LatentModel):
    """An encoder and a decoder over binary images [B, H, W].

    Without an encoder it is a PixelCNN: latent dimension 0, KL 0.
    """

    def reconstruction(self, images: Tensor, z: Tensor) -> Tensor:
        """Return -log p(x|z) [B] in nats."""
        return self.decoder.negative_log_likelihood(images, z)

    def terms(self, images: Tensor, noise: Tensor | None = None) -> Terms:
        """Return reconstruction and KL of each image, from one sample of the posterior."""
        posterior = self.encode(images)
        draw = posterior.draw(noise)
        kl_parts = posterior.kl(self.prior_of(images), draw)
        return Terms(self.reconstruction(images, draw.z), kl_parts)
