from types import SimpleNamespace

import numpy as np
import pytest

from kl_annealing.schema import completed
from kl_annealing.training import measure_throughput
from kl_annealing.training.throughput import evenly_spaced, typical_first


def test_rates_are_consistent_and_nothing_is_written(run_of, corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = measure_throughput(run_of(), corpus, seconds=1, device="cpu", threads=1)
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


def test_few_stand_for_all():
    batches = [SimpleNamespace(targets=count) for count in (320, 5, 900, 400)]  # mean 406.25
    assert [batch.targets for batch in typical_first(batches)] == [400, 320, 5, 900]


def test_a_slow_step_is_measured_alone(run_of, corpus):
    strategy = completed({"kind": "aggressive", "maximum_steps": 20}, "strategy")
    found = measure_throughput(run_of(strategy=strategy), corpus, 1e-6, "cpu", threads=1)
    mean = found["tokens_per_second"] / found["examples_per_second"]
    typical = typical_first(corpus.train.batches(8))[0]
    assert mean == pytest.approx(typical.targets / typical.size)
