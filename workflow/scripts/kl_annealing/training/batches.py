"""A split on the device, and the batches of its epochs."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import (
    AnySplit,
    Batch,
    DialogSplit,
    Forms,
    ImageSplit,
    PaddedBatch,
    Split,
    TenseSplit,
)
from kl_annealing.examples import Examples, moved

AnyBatch = Batch | PaddedBatch


class OnDevice(ABC):
    """A split on the device and its batches; a subclass has `examples`."""

    def __init__(self, split: AnySplit, batch_size: int, device: torch.device) -> None:
        self.split, self.batch_size, self.device = split, batch_size, device
        self.batches = split.batches(batch_size)
        self.index = torch.from_numpy(np.asarray(split.index, dtype=np.int64))
        self.n_examples = split.n_examples
        self.n_targets = split.n_targets

    @abstractmethod
    def examples(self, batch: AnyBatch) -> Examples:
        """Return the examples of a batch."""

    def epoch(self, seed: int, epoch: int) -> Sequence[AnyBatch]:
        """Return the batches of an epoch in the order of their visits."""
        return [self.batches[number] for number in epoch_order(len(self.batches), seed, epoch)]


class DeviceSplit(OnDevice):
    """The sentences of a split and its batches: sentences of equal length."""

    def __init__(self, split: Split, batch_size: int, device: torch.device) -> None:
        super().__init__(split, batch_size, device)
        width = int(split.lengths.max())
        self.tokens = torch.from_numpy(split.tokens[:, :width].astype(np.int64)).to(device)

    def examples(self, batch: Batch) -> Tensor:
        """Return the token ids [B, L] of a batch, without copying them."""
        return self.tokens[batch.rows, : batch.length]


class DeviceDialogs(OnDevice):
    """The responses of a split and its batches; each batch is moved to the device when it is due.

    All windows of a dialog share its utterances, so a batch is small beside the split.
    """

    def examples(self, batch: PaddedBatch) -> Examples:
        """Return the responses of a batch in their contexts."""
        return moved(self.split.examples(batch), self.device)


class Permuted(OnDevice):
    """A split whose batches hold other examples in each epoch."""

    def __init__(self, split: AnySplit, batch_size: int, device: torch.device) -> None:
        super().__init__(split, batch_size, device)
        self.order = torch.arange(self.n_examples, device=device)

    def epoch(self, seed: int, epoch: int) -> Sequence[AnyBatch]:
        """Return the batches of an epoch, filled from a fresh permutation of the examples."""
        order = epoch_order(self.n_examples, seed, epoch)
        self.order = torch.tensor(order, device=self.device)
        self.batches = self._batches(np.array(order))
        return self.batches

    def _batches(self, order: np.ndarray) -> Sequence[AnyBatch]:
        """Return the batches of the rows in an `order` [N]."""
        return self.batches


class DeviceImages(Permuted):
    """The images of a split and its batches, which hold other images in each epoch."""

    def __init__(self, split: ImageSplit, batch_size: int, device: torch.device) -> None:
        super().__init__(split, batch_size, device)
        self.drawn_anew = split.grey is not None
        pixels = split.grey if self.drawn_anew else split.images
        self.pixels = torch.from_numpy(pixels).float().to(device)

    def examples(self, batch: Batch) -> Tensor:
        """Return the images [B, H, W] of a batch, float32.

        Grey ones are drawn anew at each call, from torch's global state, which checkpoints keep:
        the dynamic binarisation of Burda et al. (2016) and He et al. (2019).
        """
        pixels = self.pixels[self.order[batch.rows]]
        return torch.bernoulli(pixels) if self.drawn_anew else pixels


class DeviceForms(Permuted):
    """The forms of verbs of a split and its batches, which hold other forms in each epoch."""

    def __init__(self, split: TenseSplit, batch_size: int, device: torch.device) -> None:
        super().__init__(split, batch_size, device)
        self.forms = moved(split.forms, device)

    def examples(self, batch: PaddedBatch) -> Forms:
        """Return the forms of a batch, cut to its longest."""
        rows = self.order[batch.rows]
        return Forms(self.forms.tokens[rows, : batch.length], self.forms.tenses[rows])

    def _batches(self, order: np.ndarray) -> list[PaddedBatch]:
        return self.split.batches(self.batch_size, order)


_KINDS = {
    Split: DeviceSplit,
    ImageSplit: DeviceImages,
    DialogSplit: DeviceDialogs,
    TenseSplit: DeviceForms,
}


def on_device(split: AnySplit, batch_size: int, device: torch.device) -> OnDevice:
    """Return a split of sentences, images, dialogs or verbs on the device."""
    return _KINDS[type(split)](split, batch_size, device)


def epoch_order(count: int, seed: int, epoch: int) -> list[int]:
    """Return the order in which an epoch (from 0) visits what it has: a fresh permutation."""
    return np.random.default_rng([seed, epoch]).permutation(count).tolist()
