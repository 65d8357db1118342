"""What `generate_images` writes: images from the prior and reconstructions of one finished run."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import ImageSplit, read_corpus
from kl_annealing.files.arrays import new_arrays
from kl_annealing.files.atomic import read_json
from kl_annealing.jobs.devices import reproducible, resolve_device
from kl_annealing.models.image_vae import ImageVAE
from kl_annealing.models.trained import load_iterate

Arrays = dict[str, np.ndarray]


def generate_images(
    folder: str | os.PathLike,
    images_path: str | os.PathLike,
    request: Mapping[str, Any],
    destination: str | os.PathLike,
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Write the images that the run in `folder` draws to the HDF5 file `destination`.

    `request` is the image_generation block of the configuration. Group `prior`: `images` [N, H, W]
    drawn pixel by pixel for z from the prior, and the `probabilities` that each pixel was drawn
    with. Group `reconstructions`, where the model has a latent: the `given` test images, spread
    over the set, and `images` and `probabilities` for the mean of their posteriors. The same
    request gives the same bytes. Raises InputError as its parts do.
    """
    place, images = resolve_device(device), read_corpus(images_path)
    run = read_json(Path(folder) / "config.json")
    with reproducible(place, request["seed"], threads):
        model, step = load_iterate(folder, request["iterate"], run, images.size, place)
        groups = {"prior": from_prior(model, request["prior_samples"], request["seed"], place)}
        if model.latent_dim:
            given = spread_images(images.test, request["reconstructions"])
            groups["reconstructions"] = reconstructed(model, given, request["seed"], place)
    with new_arrays(destination) as file:
        file.attrs["step"] = step
        for group, arrays in groups.items():
            for name, array in arrays.items():
                file.create_dataset(f"{group}/{name}", data=array)


@torch.no_grad()
def from_prior(model: ImageVAE, count: int, seed: int, device: torch.device) -> Arrays:
    """Return `count` images drawn for z from the standard normal prior."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(count, model.latent_dim, generator=generator)
    return _drawn(model, z.to(device), generator)


@torch.no_grad()
def reconstructed(model: ImageVAE, given: np.ndarray, seed: int, device: torch.device) -> Arrays:
    """Return binary images [N, H, W] beside what is drawn for the means of their posteriors."""
    generator = torch.Generator().manual_seed(seed)
    z = model.encode(torch.from_numpy(given).float().to(device)).mu
    return {"given": given, **_drawn(model, z, generator)}


def spread_images(split: ImageSplit, count: int) -> np.ndarray:
    """Return `count` images of a split, evenly spaced in the order of its source, each once.

    The source has the images of one character one after another. Fewer where the split has fewer.
    """
    order = split.index.argsort(kind="stable")
    return split.images[order[np.unique(np.linspace(0, len(order) - 1, count).astype(int))]]


def _drawn(model: ImageVAE, z: Tensor, generator: torch.Generator) -> Arrays:
    noise = torch.rand(len(z), *model.decoder.size, generator=generator).to(z.device)
    images, probabilities = model.decoder.sample(z, noise)
    arrays = {"images": images.to(torch.uint8), "probabilities": probabilities}
    return {name: array.cpu().numpy() for name, array in arrays.items()}
