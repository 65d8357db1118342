"""The examples on which the encoder leads: whole batches or single examples, drawn at random."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import Batch
from kl_annealing.training.batches import DeviceImages, DeviceSplit


class DrawnBatch(NamedTuple):
    """Any `rows` [B] of a split in which all examples have one length; otherwise as `Batch`."""

    rows: Tensor
    length: int

    @property
    def size(self) -> int:
        """The number of examples."""
        return len(self.rows)

    @property
    def targets(self) -> int:
        """Number of predicted tokens."""
        return self.size * (self.length - 1)


def inner_batches(
    data: DeviceSplit | DeviceImages, kind: str, size: int, random: np.random.Generator
) -> Iterator[Batch | DrawnBatch]:
    """Yield batches without end, as He et al. (2019) draw them.

    `batches`: each one uniformly from those of the split (text). `examples`: `size` examples of
    which none is twice in a batch (images).
    """
    count = min(size, data.n_examples)
    while True:
        if kind == "batches":
            yield data.batches[random.integers(len(data.batches))]
        else:
            rows = torch.from_numpy(random.choice(data.n_examples, count, replace=False))
            yield DrawnBatch(rows.to(data.device), data.batches[0].length)
