"""Which utterances of a dialog are a response, and which the context before it.

Utterances are numbered through all dialogs of a split; `starts` [D + 1] has the number of each
dialog's first utterance, the pseudo utterance `<d>`, and at the end how many there are.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
    """Responses and the oldest utterance of the context of each, which ends before the response.

    `first` [N], `response` [N]: numbers of utterances. `sizes` [M]: windows of each batch, in
    their order; None where batches are cut freely.
    """

    first: np.ndarray
    response: np.ndarray
    sizes: np.ndarray | None = None


def complete_windows(starts: np.ndarray, backward_size: int) -> Windows:
    """Return every utterance but `<d>` as a response once, after at most `backward_size` - 1."""
    utterances = np.arange(starts[-1])
    response = np.delete(utterances, starts[:-1])
    own = starts[np.searchsorted(starts, response, side="right") - 1]
    return Windows(np.maximum(own, response - (backward_size - 1)), response)


def published_windows(starts: np.ndarray, block: int, backward_size: int) -> Windows | None:
    """Return the windows of Zhao et al.'s loader, which Fu et al. (2019) use, None without any.

    Dialogs are sorted by length and cut into blocks; dialogs after the last full block are left
    out. A batch is one window over all dialogs of a block. Its end runs to one short of the longest
    dialog, and it starts before the last utterance of the shortest one; in a dialog that has ended,
    the last utterance is the response again, after less context. The published sort is not stable;
    this one is.
    """
    counts = np.diff(starts)
    order = np.argsort(counts, kind="stable")
    first, response = [], []
    for begin in range(0, len(order) - block + 1, block):
        dialogs = order[begin : begin + block]
        for start, end in _grid(counts[dialogs], backward_size):
            first.append(starts[dialogs] + start)
            response.append(starts[dialogs] + np.minimum(end, counts[dialogs]) - 1)
    if not first:
        return None
    return Windows(np.concatenate(first), np.concatenate(response), np.full(len(first), block))


def arranged(windows: Windows, lengths: np.ndarray, generator: np.random.Generator) -> Windows:
    """Shuffle, then sort by the length of the response and of the context, so padding is small.

    `lengths` [U] of the utterances. The sort is stable: equal ones stay shuffled.
    """
    order = generator.permutation(len(windows.response))
    first, response = windows.first[order], windows.response[order]
    place = np.lexsort((lengths[response], response - first))
    return Windows(first[place], response[place])


def _grid(counts: np.ndarray, backward_size: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each window over dialogs of these lengths, `<d>` counted."""
    for end in range(2, counts.max()):
        start = max(0, end - backward_size)
        if start < counts.min() - 1:
            yield start, end
