"""A split of a corpus on the device: one tensor, of which every batch is a rectangle."""

import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import Batch, Split


class DeviceSplit:
    """The examples of a split and its batches: sentences of equal length."""

    def __init__(self, split: Split, batch_size: int, device: torch.device) -> None:
        width = int(split.lengths.max())
        self.tokens = torch.from_numpy(split.tokens[:, :width].astype(np.int64)).to(device)
        self.device = device
        self.batches = split.batches(batch_size)
        self.index = torch.from_numpy(np.asarray(split.index, dtype=np.int64))
        self.n_examples = split.n_examples
        self.n_targets = split.n_targets

    def examples(self, batch: Batch) -> Tensor:
        """Return the token ids [B, L] of a batch, without copying them."""
        return self.tokens[batch.rows, : batch.length]


def epoch_order(batches: int, seed: int, epoch: int) -> list[int]:
    """Return the order in which an epoch (from 0) visits its batches: a fresh permutation."""
    return np.random.default_rng([seed, epoch]).permutation(batches).tolist()
