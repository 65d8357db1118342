import numpy as np
import torch

from kl_annealing.training.batches import DeviceSplit, epoch_order


def test_every_batch_is_a_rectangle_of_the_split(corpus, cpu):
    data = DeviceSplit(corpus.train, 8, cpu)
    seen = np.zeros(data.n_examples, dtype=int)
    for batch in data.batches:
        sentences = data.examples(batch)
        assert sentences.dtype == torch.int64
        assert sentences.shape == (batch.size, batch.length)
        assert (sentences[:, 0] == 2).all()
        assert (sentences[:, -1] == 3).all()
        assert sentences.data_ptr() >= data.tokens.data_ptr()
        seen[batch.rows] += 1
    assert (seen == 1).all()
    assert data.n_targets == int((data.tokens != 0).sum()) - data.n_examples


def test_each_epoch_visits_all_batches_in_its_own_order():
    orders = [epoch_order(50, seed, epoch) for seed in (1, 2) for epoch in (0, 1, 2)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == 6
    assert epoch_order(50, 1, 2) == orders[2]
