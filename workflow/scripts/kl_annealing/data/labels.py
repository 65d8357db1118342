"""Names such as topics and dialog acts, and their ids."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from kl_annealing.data.vocabulary import MARKERS, UNK

UNKNOWN = 0


def ranked(names: Iterable[str]) -> list[str]:
    """Return `<unk>`, then the names by decreasing count, ties by their first occurrence.

    The empty name is no name: it is unknown.
    """
    unknown = MARKERS[UNK]
    counted = Counter(name for name in names if name not in ("", unknown))
    return [unknown, *(name for name, _ in counted.most_common())]


def encoded(names: Iterable[str], known: Sequence[str]) -> np.ndarray:
    """Return the ids of the names, 0 for those that are not known; int32."""
    ids = {name: number for number, name in enumerate(known)}
    return np.array([ids.get(name, UNKNOWN) for name in names], dtype=np.int32)
