"""The rows of benchmarks/run.py, on tiny networks, and what has none."""

from argparse import Namespace
from importlib import import_module
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from kl_annealing.data import AnyCorpus, ImageSet
from kl_annealing.data.image.prepare import build_splits

TINY = {
    "kind": "image_vae",
    "latent_dim": 2,
    "encoder": {"channels": [4, 4], "features": 4},
    "decoder": {"channels": 4, "kernels": [3, 3, 3], "latent_maps": 1},
}
OPTIONS = Namespace(seconds=0.01, threads=[1], skip_workflow=True)
KINDS = get_args(AnyCorpus)


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    return import_module


@pytest.fixture
def images():
    pool, test = np.random.default_rng(0).random((2, 12, 8, 8), np.float32)
    return ImageSet("tiny", **build_splits("tiny", pool, test, validation=3, shuffle_seed=0))


@pytest.mark.parametrize("precisions", [["float32"], ["float32", "bfloat16"]])
def test_images_have_rows(module, images, precisions, monkeypatch):
    run, common, rows = (module(name) for name in ("run", "rows.common", "rows.images"))
    monkeypatch.setitem(common.CONFIG["models"], "resnet_pixelcnn", TINY)
    monkeypatch.setitem(common.EVALUATION, "importance_samples", 4)
    monkeypatch.setattr(rows, "precisions", lambda: precisions)
    found = list(run.all_rows(images, OPTIONS))
    assert [each["what"] for each in found] == [
        f"{what}, {precision}, 1 threads"
        for precision in precisions
        for what in (
            "training, resnet_pixelcnn",
            "training, resnet_pixelcnn, aggressive, either network's steps",
            "importance-weighted nll, resnet_pixelcnn, K=500",
        )
    ]
    assert {each["unit"] for each in found} == {"images/s"}
    assert all(each["value"] > 0 for each in found)


def test_steps_of_both_networks_count(module, monkeypatch):
    rows, seen = module("rows.images"), []

    def measure(run, *_):
        seen.append(run)
        return {"examples_per_second": 21.0}

    monkeypatch.setattr(rows, "measure_throughput", measure)
    assert rows.aggressive_rate(None, "float32", 1, 1) == 42
    assert [run["strategy"]["maximum_steps"] for run in seen] == [1]


def test_generated_images_are_as_omniglot(module):
    generated = module("rows.generated").like_omniglot()
    assert generated.size == (28, 28)
    assert len(generated.train.batches(50)) == 16
    assert generated.train.grey is not None
    assert set(np.unique(generated.test.images)) == {0, 1}


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_a_given_corpus_has_its_rows_alone(module, kind, monkeypatch):
    run = module("run")
    assert set(run.KINDS) == set(KINDS)
    names = {each: (lambda corpus, _: [corpus], each.__name__.upper) for each in KINDS}
    monkeypatch.setattr(run, "KINDS", names)
    given = kind and object.__new__(kind)
    expected = [each.__name__.upper() for each in KINDS] if kind is None else [given]
    assert list(run.all_rows(given, OPTIONS)) == expected


@pytest.mark.parametrize(("value", "text"), [(1234.56, "1234.6"), (7.46, "7.5"), (0.0461, "0.046")])
def test_slow_rows_keep_their_digits(module, value, text):
    run, common = module("run"), module("rows.common")
    *_, line = run.table([common.row("slow", value, "images/s")]).splitlines()
    assert line.split() == ["slow", text, "images/s"]
