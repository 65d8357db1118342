from dataclasses import dataclass

import numpy as np
import torch

from kl_annealing.examples import Bundle, moved, repeated


@dataclass(frozen=True, eq=False)
class Pairs(Bundle):
    tokens: object
    topics: object


def test_a_bundle_is_moved_and_repeated_part_by_part():
    pairs = Pairs(np.arange(6).reshape(2, 3), np.array([7, 8]))
    found = repeated(moved(pairs, "cpu"), 2)
    assert isinstance(found, Pairs)
    assert found.tokens.tolist() == [[0, 1, 2], [3, 4, 5], [0, 1, 2], [3, 4, 5]]
    assert found.topics.tolist() == [7, 8, 7, 8]
    assert len(found) == 4
    assert found.numel() == 12
    assert found.device == torch.device("cpu")


def test_a_tensor_is_repeated_likewise():
    images = moved(np.arange(8.0).reshape(2, 2, 2), "cpu")
    assert torch.equal(repeated(images, 3), torch.cat([images] * 3))
