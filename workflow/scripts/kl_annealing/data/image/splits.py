"""Sets of binary images, as training and evaluation walk through them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from kl_annealing.data.batches import Batch, chunk_edges

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, eq=False)
class ImageSplit:
    """One part of a set of images.

    `images` [N, H, W]: pixels 0 or 1, uint8. `grey` [N, H, W]: where training draws its pixels anew
    at every visit, the probabilities that it draws them with, float32; else None. `index` [N]:
    number of each image in its source, counted from 0.
    """

    images: np.ndarray
    index: np.ndarray
    grey: np.ndarray | None = None
    n_targets: ClassVar[int] = 0  # an image has no tokens, so nothing of it has a perplexity

    @property
    def n_examples(self) -> int:
        """Number of images."""
        return len(self.images)

    def batches(self, batch_size: int) -> list[Batch]:
        """Return the batches in the order of the rows.

        A last image alone joins the batch before it: batch normalisation trains on two or more.
        """
        edges = chunk_edges(self.n_examples, batch_size)
        if batch_size > 1 and len(edges) > 2 and edges[-1] - edges[-2] == 1:
            del edges[-2]
        return [Batch(start, end - start, 1) for start, end in pairwise(edges)]

    def examples(self, batch: Batch) -> np.ndarray:
        """Return the images [B, H, W] of a batch as they were drawn once, float32."""
        return self.images[batch.rows].astype(np.float32)

    def content(self) -> Iterator[np.ndarray]:
        """Yield all that a training reads of the split."""
        yield from (self.images, self.index)
        if self.grey is not None:
            yield self.grey


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Three splits of images of one size; `attributes` as those of a `Corpus`."""

    name: str
    train: ImageSplit
    valid: ImageSplit
    test: ImageSplit
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images."""
        _, height, width = self.train.images.shape
        return height, width

    def content(self) -> Iterator[np.ndarray]:
        """Yield all that a training reads."""
        yield from (*self.train.content(), *self.valid.content())
