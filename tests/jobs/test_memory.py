import os
import subprocess
import sys

import numpy as np
import pytest

from kl_annealing.jobs import memory
from kl_annealing.jobs.memory import kept_memory

# In a process of its own: what pytest did before would decide how malloc behaves.
MEASUREMENT = """
import resource
import numpy as np
from kl_annealing.jobs.memory import kept_memory

def faults(repetitions=20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(repetitions):
        np.ones(5_000_000)  # 40 MB, freed at once
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

outside = faults()
with kept_memory():
    faults(2)
    inside = faults()
print(outside, inside, faults())
"""


@pytest.mark.skipif(memory._glibc() is None, reason="needs glibc")
def test_freed_memory_is_used_again_inside_and_returned_afterwards():
    command = [sys.executable, "-c", MEASUREMENT]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    outside, inside, afterwards = map(int, output.stdout.split())
    assert inside < 0.1 * outside
    assert afterwards > 0.5 * outside


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with kept_memory():
        assert np.ones(10).sum() == 10
