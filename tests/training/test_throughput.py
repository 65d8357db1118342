from kl_annealing.training import measure_throughput


def test_rates_are_consistent_and_nothing_is_written(run_of, corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = measure_throughput(run_of(), corpus, seconds=0.2, device="cpu", threads=1)
    assert set(found) == {"sentences_per_second", "tokens_per_second"}
    mean = found["tokens_per_second"] / found["sentences_per_second"]
    assert 2 <= mean <= 5
    assert list(tmp_path.iterdir()) == []
