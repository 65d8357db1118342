import numpy as np

from kl_annealing.data import ImageSplit
from kl_annealing.generation.images import spread_images


def numbers_of(images):
    return images[:, 0, 0].tolist()


def test_given_images_are_spread_over_the_source_whatever_the_order_of_the_rows():
    index = np.random.default_rng(0).permutation(101)
    split = ImageSplit(np.tile(index[:, None, None], (1, 2, 2)), index)
    assert numbers_of(spread_images(split, 5)) == [0, 25, 50, 75, 100]
    assert numbers_of(spread_images(split, 1)) == [0]


def test_of_few_images_each_is_given_once():
    split = ImageSplit(np.arange(3)[:, None, None], np.arange(3))
    assert numbers_of(spread_images(split, 20)) == [0, 1, 2]
