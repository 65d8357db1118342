"""The random numbers of one refinement, which its reverse pass must see again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

START, STEPS = 0, 1  # streams of one key


@dataclass(frozen=True)
class Noise:
    """Of each step: standard normal noise [K, B, D], and the seed of the decoder's dropout.

    The published code seeds torch's global generator with one of 3,435 numbers at every step, and
    so all that is drawn afterwards. Here that generator is put back where it was.
    """

    values: Tensor
    seeds: Sequence[int]

    @classmethod
    def of(cls, key: Sequence[int], steps: int, like: Tensor) -> "Noise":
        """Return the noise that follows from `key`, for posteriors shaped as `like` [B, D]."""
        random = np.random.default_rng([*key, STEPS])
        values = random.standard_normal((steps, *like.shape))
        return cls(torch.from_numpy(values).to(like), random.integers(2**62, size=steps).tolist())

    @contextmanager
    def dropout(self, step: int) -> Iterator[None]:
        """Draw within the block what is drawn at this step, every time the same."""
        device = self.values.device
        generators = torch.cuda.default_generators if device.type == "cuda" else ()
        generator = generators[device.index] if generators else torch.default_generator
        state = generator.get_state()
        generator.manual_seed(self.seeds[step])
        try:
            yield
        finally:
            generator.set_state(state)


def start_noise(key: Sequence[int], like: Tensor) -> Tensor:
    """Return standard normal noise of the shape of `like` that follows from `key`."""
    values = np.random.default_rng([*key, START]).standard_normal(like.shape)
    return torch.from_numpy(values).to(like)
