"""From a run's folder to its metrics and arrays."""

import json

import h5py
import numpy as np
import pytest
import torch
from tiny import PARTS

from kl_annealing.data.store import write_corpus
from kl_annealing.errors import InputError
from kl_annealing.evaluation import run as module
from kl_annealing.evaluation.run import evaluate_run
from kl_annealing.models.trained import load_iterate
from kl_annealing.schema import completed

SETTINGS = completed(
    {
        "importance_samples": 3,
        "posterior_samples": 1,
        "batch_size": 8,
        "splits": ["test"],
    },
    "evaluation",
)


def save(model, path, step):
    torch.save({"model": model.state_dict(), "step": step}, path)


@pytest.fixture
def folder(tmp_path, make_model, corpus, model_settings):
    write_corpus(tmp_path / "corpus.h5", corpus)
    folder = tmp_path / "run"
    folder.mkdir()
    settings = {
        **PARTS,
        "task": "language_model",
        "model": model_settings(),
        "training": {"posterior_means": None},
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "timing.json").write_text(json.dumps({"seconds": 1.5}))
    save(make_model(seed=1), folder / "last.pt", 20)
    save(make_model(seed=2), folder / "best.pt", 10)
    return folder


def run(folder, **changes):
    found, settings = folder.parent / "evaluation", SETTINGS | changes
    evaluate_run(folder, folder.parent / "corpus.h5", settings, found, "cpu", threads=1)
    return json.loads((found / "metrics.json").read_text())


def test_both_iterates_are_measured(folder):
    metrics = run(folder)
    assert metrics["last_test_rec"] != metrics["best_test_rec"]
    assert metrics["best_test_n_examples"] == 23
    assert (metrics["last_step"], metrics["best_step"]) == (20, 10)
    assert metrics["provenance"]["training"] == {"seconds": 1.5}
    evaluation = metrics["provenance"]["evaluation"]
    assert evaluation["data"]["name"] == "tiny" and evaluation["device"] == "cpu"
    assert evaluation["settings"] == SETTINGS
    assert {"code", "packages", "machine", "threads", "seconds"} <= set(evaluation)
    assert evaluation["peak_memory_mb"] > 10
    numbers = {name: value for name, value in metrics.items() if name != "provenance"}
    assert all(isinstance(value, int | float) for value in numbers.values())
    with h5py.File(folder.parent / "evaluation" / "evaluation.h5") as file:
        for iterate in ("last", "best"):
            group = file[iterate]["test"]
            assert set(group) == {"index", "n_targets", "rec", "kl", "iw_nll", "mu", "logvar"}
            assert np.mean(group["rec"]) == pytest.approx(metrics[f"{iterate}_test_rec"])


def test_files_are_the_same_every_time(folder):
    run(folder)
    first = (folder.parent / "evaluation" / "evaluation.h5").read_bytes()
    run(folder)
    assert (folder.parent / "evaluation" / "evaluation.h5").read_bytes() == first


def test_without_instructions_for_bfloat16_it_is_measured_and_told_in_float32(
    folder, with_bfloat16
):
    expected = run(folder)
    with_bfloat16(False)
    found = run(folder, precision="bfloat16")
    assert found["provenance"]["evaluation"]["settings"]["precision"] == "float32"
    assert found["last_test_iw_nll"] == expected["last_test_iw_nll"]


def test_one_iterate_under_two_names_is_measured_once(folder, make_model, monkeypatch):
    save(make_model(seed=1), folder / "best.pt", 20)
    calls, evaluate = [], module.evaluate
    monkeypatch.setattr(module, "evaluate", lambda *args: calls.append(1) or evaluate(*args))
    metrics = run(folder)
    assert len(calls) == 1
    assert metrics["best_test_iw_nll"] == metrics["last_test_iw_nll"]


def test_failure_leaves_no_file(folder, make_model):
    broken = make_model()
    torch.nn.init.constant_(broken.decoder.output.weight, 3e38)  # finite, its logits are not
    save(broken, folder / "best.pt", 10)
    with pytest.raises(InputError, match="diverged"):
        run(folder)
    assert not (folder.parent / "evaluation").exists()


@pytest.mark.parametrize("damage", ["missing", "truncated", "other_vocabulary", "no_number"])
def test_unusable_weights_are_named(folder, make_model, model_settings, damage):
    path, size = folder / "last.pt", 9
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "no_number":
        broken = make_model()
        torch.nn.init.constant_(broken.decoder.output.bias, float("nan"))
        save(broken, path, 10)
    else:
        size = 12
    with pytest.raises(InputError, match=r"last\.pt"):
        load_iterate(folder, "last", {**PARTS, "model": model_settings()}, size)


def test_unknown_iterate(folder):
    with pytest.raises(InputError, match="'middle': allowed are last and best"):
        load_iterate(folder, "middle", {}, 9)


def test_weights_are_never_unpickled(folder, model_settings, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    torch.save({"model": Trap(), "step": 0}, folder / "last.pt")
    with pytest.raises(InputError):
        load_iterate(folder, "last", {**PARTS, "model": model_settings()}, 9)
    assert not (tmp_path / "sprung").exists()
