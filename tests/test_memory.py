import resource

import numpy as np
import pytest

from kl_annealing import memory
from kl_annealing.memory import kept_memory


def faults(repetitions: int = 20) -> int:
    """Page faults of using 40 MB and freeing it, again and again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(repetitions):
        np.ones(5_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(memory._glibc() is None, reason="needs glibc")
def test_freed_memory_is_used_again_inside_and_returned_afterwards():
    outside = faults()
    with kept_memory():
        faults(2)
        inside = faults()
    assert inside < 0.1 * outside
    assert faults() > 0.5 * outside


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with kept_memory():
        assert np.ones(10).sum() == 10
