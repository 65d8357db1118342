import numpy as np
import pytest

from kl_annealing.training import measure_throughput
from kl_annealing.training.throughput import evenly_spaced


def test_rates_are_consistent_and_nothing_is_written(run_of, corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = measure_throughput(run_of(), corpus, seconds=0.1, device="cpu", threads=1)
    assert set(found) == {"examples_per_second", "tokens_per_second"}
    mean = found["tokens_per_second"] / found["examples_per_second"]
    assert mean == pytest.approx(np.mean(corpus.train.lengths) - 1)  # all eight batches
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [1, 3, 16, 100])
def test_sample_lies_evenly(count):
    sample = evenly_spaced(range(100), count)
    assert len(sample) == count
    assert len(set(sample)) == count
    assert np.mean(sample) == pytest.approx(50, abs=1)
    assert evenly_spaced(range(5), 16) == [0, 1, 2, 3, 4]
