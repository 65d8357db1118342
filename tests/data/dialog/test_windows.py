import numpy as np
import pytest

from kl_annealing.data.dialog.windows import arranged, complete_windows, published_windows


def starts_of(turns):
    """Return the table's `starts` of dialogs with these numbers of utterances after `<d>`."""
    return np.cumsum([0, *(number + 1 for number in turns)])


def pairs(windows):
    return list(zip(windows.first.tolist(), windows.response.tolist(), strict=True))


def described(counts, block, backward=10):
    """Return the batches of specification A.2.2, taken word by word: rows (dialog, first, last)."""
    order = sorted(range(len(counts)), key=lambda dialog: counts[dialog])
    for number in range(len(counts) // block):
        dialogs = order[number * block : (number + 1) * block]
        shortest, longest = counts[dialogs[0]], counts[dialogs[-1]]
        if longest > backward:
            grid = [(0, end) for end in range(2, backward)]
            grid += [(start, start + backward) for start in range(longest - backward)]
        else:
            grid = [(0, end) for end in range(2, longest)]
        for start, end in grid:
            if start < shortest - 1:
                rows = [(d, list(range(counts[d]))[start:end]) for d in dialogs]
                yield [(dialog, taken[0], taken[-1]) for dialog, taken in rows]


def test_every_utterance_is_a_response_once_after_its_own_dialog_alone():
    windows = complete_windows(starts_of([1, 3, 12]), backward_size=10)
    third = [(6 + max(0, turn - 9), 6 + turn) for turn in range(1, 13)]
    assert pairs(windows) == [(0, 1), (2, 3), (2, 4), (2, 5), *third]
    assert windows.sizes is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("block", [1, 2, 5])
def test_published_windows_are_those_of_the_description(seed, block):
    turns = np.random.default_rng(seed).integers(1, 25, size=11)
    starts = starts_of(turns)
    expected = [
        (starts[dialog] + first, starts[dialog] + last)
        for batch in described((turns + 1).tolist(), block)
        for dialog, first, last in batch
    ]
    windows = published_windows(starts, block, backward_size=10)
    assert pairs(windows) == expected
    assert set(windows.sizes.tolist()) == {block}


def test_consequences_of_the_published_windows():
    starts = starts_of([14, 20])
    windows = published_windows(starts, block=2, backward_size=10)
    short, long = pairs(windows)[::2], pairs(windows)[1::2]
    # the shorter dialog's last utterance is the response again, after less and less context
    assert [first for first, last in short if last == 14] == [5, 6, 7, 8, 9, 10]
    # the last utterance of the longest dialog is never one
    assert [last - starts[1] for _, last in long] == list(range(1, 20))
    # windows that start behind the shorter dialog are left out
    cut = published_windows(starts_of([3, 20]), block=2, backward_size=10)
    assert [first for first, _ in pairs(cut)[1::2]] == [4] * 9 + [5, 6]


def test_a_block_that_is_not_full_is_left_out():
    windows = published_windows(starts_of([9, 2, 2]), block=2, backward_size=10)
    assert windows.response.max() > starts_of([9])[1]  # the two short dialogs only
    assert windows.response.min() > 9
    assert published_windows(starts_of([4]), block=2, backward_size=10) is None
    assert published_windows(starts_of([1, 1]), block=2, backward_size=10) is None


def test_published_windows_one_dialog_at_a_time():
    turns = [1, 5, 13]
    windows = published_windows(starts_of(turns), block=1, backward_size=10)
    assert len(windows.response) == sum(turns) - len(turns)
    assert sum(windows.response - windows.first > 1) == sum(turns) - 2 * len(turns) + 1


def test_arrangement_keeps_every_window_and_sorts_by_context_and_length():
    starts = starts_of([4, 9, 15, 3])
    lengths = np.random.default_rng(0).integers(3, 9, size=starts[-1])
    windows = complete_windows(starts, 10)
    one, again, other = (
        arranged(windows, lengths, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert sorted(pairs(one)) == sorted(pairs(windows))
    assert pairs(one) == pairs(again) != pairs(other)
    keys = [(last - first, lengths[last]) for first, last in pairs(one)]
    assert keys == sorted(keys)


# Utterances of each dialog of the released files, in their order.
RELEASED = {
    "valid": [
        69, 49, 184, 137, 76, 43, 80, 84, 86, 99, 107, 60, 89, 48, 53, 90, 127, 71, 65,
        57, 53, 61, 100, 79, 121, 80, 47, 63, 96, 64, 111, 113, 112, 116, 84, 71, 137, 41,
        155, 99, 84, 57, 36, 102, 56, 58, 39, 190, 65, 72, 33, 43, 118, 79, 79, 136, 86,
        156, 96, 163
    ],
    "test": [
        53, 84, 86, 93, 58, 26, 70, 99, 49, 42, 61, 110, 13, 172, 138, 149, 44, 185, 124,
        73, 58, 206, 48, 29, 74, 120, 115, 141, 128, 140, 56, 97, 75, 121, 71, 65, 106,
        74, 79, 92, 45, 51, 89, 175, 67, 130, 37, 59, 36, 150, 94, 62, 55, 67, 173, 145,
        66, 78, 44, 41, 64, 191
    ],
}  # fmt: skip


@pytest.mark.parametrize(("split", "batches"), [("valid", 41), ("test", 21)])
def test_released_dialogs_give_the_published_numbers_of_batches(split, batches):
    starts = starts_of(RELEASED[split])
    windows = published_windows(starts, block=60, backward_size=10)
    assert windows.sizes.tolist() == [60] * batches


def test_released_test_dialogs_one_by_one_give_the_published_contexts():
    starts = starts_of(RELEASED["test"])
    windows = published_windows(starts, block=1, backward_size=10)
    contexts = windows.response - windows.first
    assert (len(contexts), sum(contexts > 1)) == (5481, 5419)
    assert len(complete_windows(starts, backward_size=10).response) == 5543
