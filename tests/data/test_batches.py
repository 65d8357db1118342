import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.data.batches import arrange, equal_length_batches
from kl_annealing.data.vocabulary import PAD, START, STOP

lengths = st.lists(st.integers(3, 12), min_size=1, max_size=60).map(sorted)
sentences = st.lists(st.lists(st.integers(4, 99), min_size=1, max_size=9), min_size=1, max_size=40)


def test_lengths_are_never_mixed_and_remainders_are_smaller():
    batches = equal_length_batches(np.array([3, 3, 3, 3, 3, 5, 5, 6]), 2)
    assert batches == [(0, 2, 3), (2, 2, 3), (4, 1, 3), (5, 2, 5), (7, 1, 6)]


@given(lengths, st.integers(1, 7))
def test_every_sentence_once_in_order_with_its_length(values, batch_size):
    batches = equal_length_batches(np.array(values), batch_size)
    rows = [row for batch in batches for row in range(*batch.rows.indices(len(values)))]
    assert rows == list(range(len(values)))
    assert sum(batch.targets for batch in batches) == sum(length - 1 for length in values)
    for batch in batches:
        assert 1 <= batch.size <= batch_size
        assert set(values[batch.start : batch.start + batch.size]) == {batch.length}
    assert len(batches) == sum(-(-values.count(n) // batch_size) for n in set(values))


@given(sentences, st.integers(0, 9))
def test_arranged_rows_hold_the_sentences_they_say(text, seed):
    index = [3 * n + 1 for n in range(len(text))]
    split = arrange(
        text,
        index,
        np.random.default_rng(seed),
    )
    assert sorted(split.index) == index
    assert split.tokens.shape == (len(text), max(map(len, text)) + 2)
    for row, length, line in zip(split.tokens, split.lengths, split.index, strict=True):
        assert row[:length].tolist() == [START, *text[(line - 1) // 3], STOP]
        assert set(row[length:]) <= {PAD}
    for batch in split.batches(2):
        found = split.examples(batch)
        assert found.dtype == np.int64 and found.shape == (batch.size, batch.length)
        assert np.array_equal(found, split.tokens[batch.rows, : batch.length])
    assert np.all(np.diff(split.lengths) >= 0)
    assert split.n_targets == sum(len(sentence) + 1 for sentence in text)


def test_shuffle_depends_on_the_seed_only():
    text = [[4, 5]] * 30
    orders = [
        arrange(text, list(range(30)), np.random.default_rng(seed)).index.tolist()
        for seed in (1, 1, 2)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != list(range(30))


@pytest.mark.parametrize(("values", "size"), [([5, 3], 2), ([3], 0)])
def test_unsorted_lengths_and_empty_batches_are_refused(values, size):
    with pytest.raises(ValueError, match=r"sorted by length|at least 1"):
        equal_length_batches(np.array(values), size)
