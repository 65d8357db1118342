"""The same promises on a GPU; skipped where there is none."""

import pytest
import torch

from kl_annealing.jobs.devices import reproducible, resolve_device
from kl_annealing.models import build_model
from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.monitor import LossMonitor
from kl_annealing.training.strategies.standard import Standard

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
PRECISIONS = ("float32", "bfloat16")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_an_update_never_waits_for_the_gpu(run_of, corpus, precision):
    device = resolve_device("cuda")
    with reproducible(device, 0):
        run = run_of(training__precision=precision)
        model = build_model(run, corpus.size).to(device).train()
        data = DeviceSplit(corpus.train, 8, device)
        strategy = Standard(run, model, data)
        monitor = LossMonitor(device)
        batch = data.batches[0]
        strategy.update(batch, 0, 1.0, 0.01)
        torch.cuda.set_sync_debug_mode("error")
        try:
            for step in range(5):
                monitor.record(step + 1, 1.0, 0.01, strategy.update(batch, step, 1.0, 0.01))
        finally:
            torch.cuda.set_sync_debug_mode("default")
        monitor.check()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_same_run_same_bits(run_of, corpus, tmp_path, precision):
    run = run_of(training__precision=precision)
    for name in ("a", "b"):
        fit(run, corpus, tmp_path / name, device="cuda")
    for name in ("last.pt", "best.pt", "history.csv", "snapshots.h5"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_gpu_and_cpu_measure_the_same_terms(run_of, corpus):
    device = resolve_device("cuda")
    model = build_model(run_of(), corpus.size).eval()
    data = DeviceSplit(corpus.valid, 8, torch.device("cpu"))
    sentences = data.examples(data.batches[0])
    noise = torch.randn(len(sentences), 2)
    expected = model.terms(sentences, noise)
    found = model.to(device).terms(sentences.to(device), noise.to(device))
    for one, other in zip(found[:2], expected[:2], strict=True):
        torch.testing.assert_close(one.cpu(), other, rtol=1e-4, atol=1e-4)
