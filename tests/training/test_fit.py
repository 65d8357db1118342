import cProfile
import csv
import errno
import json
import os
import pstats
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest
import torch

import kl_annealing
from kl_annealing.data import Corpus
from kl_annealing.errors import InputError
from kl_annealing.jobs import provenance
from kl_annealing.models import build_model
from kl_annealing.training import DivergenceError, fit, records
from kl_annealing.training.loop import Fit
from kl_annealing.training.plateau import Plateau
from kl_annealing.training.strategies.standard import Standard
from kl_annealing.training.validation import Validation

RESULTS = ("last.pt", "best.pt", "history.csv", "snapshots.h5", "config.json")
STEPS_PER_EPOCH = 8


def train(run, corpus, folder, **options) -> dict[str, bytes]:
    fit(run, corpus, folder, **{"device": "cpu", "threads": 1} | options)
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in RESULTS if (folder / name).exists()}


def history(folder: Path, split: str) -> list[dict[str, float]]:
    with open(folder / "history.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.pop("split") == split]
    return [{name: float(value) for name, value in row.items() if value} for row in rows]


class KilledError(Exception):
    pass


@pytest.fixture
def killed_at(monkeypatch):
    """A function that lets update number `step` of a fit raise, until its result is called."""

    def kill(step):
        original = Standard.update
        calls = []

        def update(self, *arguments):
            calls.append(1)
            if len(calls) == step:
                raise KilledError
            return original(self, *arguments)

        monkeypatch.setattr(Standard, "update", update)
        return lambda: monkeypatch.setattr(Standard, "update", original)

    return kill


def test_all_results_are_written_and_nothing_else(run_of, corpus, tmp_path):
    train(run_of(), corpus, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*RESULTS, "timing.json"}
    assert json.loads((tmp_path / "config.json").read_text()) == run_of()


def test_timing_says_what_was_done_how_fast_and_with_what(run_of, corpus, tmp_path):
    attributes = {"sums": {"train": "0" * 64}, "digest": "1"}
    parts = {name: getattr(corpus, name) for name in ("train", "valid", "test")}
    named = Corpus("mine", corpus.vocabulary, **parts, attributes=attributes)
    train(run_of(), named, tmp_path, code="abc")
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert timing["examples"] == 3 * 48
    assert timing["tokens"] == 3 * corpus.train.n_targets
    assert timing["examples_per_second"] == timing["examples"] / timing["update_seconds"]
    assert 0 < timing["update_seconds"] <= timing["seconds"]
    assert (timing["device"], timing["threads"], timing["precision"]) == ("cpu", 1, "float32")
    assert timing["peak_memory_mb"] > 10
    assert timing["data"] == {"name": "mine", **attributes}
    assert (timing["seed"], timing["training_code"]) == (7, "abc")
    assert timing["packages"]["torch"] and timing["machine"]["processor"]
    assert len(timing["code"]["digest"]) == 12
    (session,) = timing["sessions"]
    assert timing | session == timing | {"first_step": 0, "last_step": 24}


def test_every_process_that_trained_is_told_to_its_last_checkpoint(
    run_of, corpus, tmp_path, killed_at, monkeypatch
):
    for step, commit in ((4, "a"), (6, "b")):
        revive = killed_at(step)
        monkeypatch.setattr(provenance, "_revision", lambda commit=commit: {"commit": commit})
        with pytest.raises(KilledError):
            train(run_of(), corpus, tmp_path, checkpoint_seconds=0)
        revive()
    monkeypatch.setattr(provenance, "_revision", lambda: {"commit": "c"})
    train(run_of(), corpus, tmp_path)
    timing = json.loads((tmp_path / "timing.json").read_text())
    told = [(s["first_step"], s["last_step"], s["code"]["commit"]) for s in timing["sessions"]]
    assert told == [(0, 3, "a"), (3, 8, "b"), (8, 24, "c")]
    assert timing["examples"] == sum(s["examples"] for s in timing["sessions"]) == 3 * 48
    assert timing["seconds"] == sum(s["seconds"] for s in timing["sessions"])
    assert timing["peak_memory_mb"] == max(s["peak_memory_mb"] for s in timing["sessions"])


def test_history_has_a_row_per_evaluation_and_split(run_of, corpus, tmp_path):
    train(run_of(training__epochs=2), corpus, tmp_path)
    for split in ("train", "valid"):
        rows = history(tmp_path, split)
        assert [row["step"] for row in rows] == [4, 8, 12, 16]
        assert [row["epoch"] for row in rows] == [0.5, 1, 1.5, 2]
        assert [row["beta"] for row in rows] == pytest.approx([0.75, 1, 0.75, 1])
    for row in history(tmp_path, "valid"):
        assert row["loss"] == pytest.approx(row["rec"] + row["beta"] * row["kl"], rel=1e-12)
        assert row["elbo"] == -(row["rec"] + row["kl"])


def test_last_step_is_always_evaluated(run_of, corpus, tmp_path):
    train(run_of(training__evaluate_every={"steps": 10}), corpus, tmp_path)
    assert [row["step"] for row in history(tmp_path, "valid")] == [10, 20, 24]


def test_best_is_the_highest_validation_elbo_and_last_is_the_last(run_of, corpus, tmp_path):
    run = run_of(training__learning_rate=0.3, training__evaluate_every={"steps": 2})
    train(run, corpus, tmp_path)
    rows = history(tmp_path, "valid")
    top = max(rows, key=lambda row: row["elbo"])
    validation = Validation(corpus.valid, 1, run["seed"], torch.device("cpu"), 8)
    for name, row in (("best.pt", top), ("last.pt", rows[-1])):
        saved = torch.load(tmp_path / name, weights_only=True)
        assert (saved["step"], saved["epoch"]) == (row["step"], row["epoch"])
        model = build_model(run, corpus.size)
        model.load_state_dict(saved["model"])
        measured = validation.averages(model, saved["step"])
        assert -measured.bound == pytest.approx(row["elbo"], rel=1e-6)
    assert top["step"] != rows[-1]["step"]


def test_snapshots_hold_the_posterior_of_the_validation_set(run_of, corpus, tmp_path):
    train(run_of(), corpus, tmp_path)
    model = build_model(run_of(), corpus.size)
    model.load_state_dict(torch.load(tmp_path / "last.pt", weights_only=True)["model"])
    expected = Validation(corpus.valid, 1, 0, torch.device("cpu"), 8).posterior(model)
    with h5py.File(tmp_path / "snapshots.h5") as file:
        assert set(file) == {"step_4", "step_24"}
        last = file["step_24"]
        assert dict(last.attrs) == {"step": 24, "beta": 1.0}
        assert last["index"][:].tolist() == corpus.valid.index.tolist()
        for name in ("mu", "logvar"):
            torch.testing.assert_close(torch.from_numpy(last[name][:]), expected[name])
            assert not (file["step_4"][name][:] == last[name][:]).all()


def test_same_run_same_bits_and_other_seed_other_bits(run_of, corpus, tmp_path):
    first = train(run_of(), corpus, tmp_path / "a")
    torch.rand(3)
    assert train(run_of(), corpus, tmp_path / "b") == first
    other = train(run_of(seed=8), corpus, tmp_path / "c")
    assert all(other[name] != first[name] for name in RESULTS)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training__precision": "bfloat16"},
        {"training__optimiser": "sgd", "model__frozen_last_embedding": True},
        {
            "training__learning_rate": 0.7,  # the rate decays at step 16
            "training__validation_samples": 3,
            "learning_rate": {"shape": "plateau", "minimum_epoch": 0, "patience": 1},
        },
        {  # ends at step 20, since the best of step 16 at most lets the patience grow
            "training__early_stopping": {
                "patience": 5,
                "threshold": 1e-3,
                "growth": 2,
                "at": "validation",
            },
        },
    ],
    ids=["adam", "bfloat16", "sgd", "plateau", "early_stopping"],
)
def test_interrupted_anywhere_ends_with_the_same_bits(run_of, corpus, tmp_path, killed_at, changes):
    run = run_of(**changes)
    expected = train(run, corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    for step in (1, 3, 5, 12):  # counted from each resumption
        revive = killed_at(step)
        with pytest.raises(KilledError):
            train(run, corpus, folder, checkpoint_seconds=0)
        revive()
        assert contents(folder) == {}  # else Snakemake would call the run incomplete
    assert train(run, corpus, folder) == expected


def test_without_instructions_for_bfloat16_products_are_made_in_float32_and_it_says_so(
    run_of, corpus, tmp_path, with_bfloat16, capsys
):
    with_bfloat16(False)
    asked = train(run_of(training__precision="bfloat16"), corpus, tmp_path / "asked")
    assert "no bfloat16 on this device: products in float32" in capsys.readouterr().out
    timing = json.loads((tmp_path / "asked" / "timing.json").read_text())
    assert timing["precision"] == timing["sessions"][0]["precision"] == "float32"
    plain = train(run_of(), corpus, tmp_path / "plain")
    assert asked["history.csv"] == plain["history.csv"]
    assert "this device" not in capsys.readouterr().out


@pytest.mark.parametrize("moved", [0, 1, len(records.RESULTS) - 1])
def test_killed_while_the_results_move_ends_with_the_same_bits(
    run_of, corpus, tmp_path, monkeypatch, moved
):
    expected = train(run_of(), corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    replace = os.replace

    def kill(source, target):
        if target == folder / records.RESULTS[moved]:
            raise KilledError
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(records.os, "replace", kill)
        with pytest.raises(KilledError):
            train(run_of(), corpus, folder, checkpoint_seconds=0)
    for name in contents(folder):  # as Snakemake does before a job that starts again
        (folder / name).unlink()
    assert train(run_of(), corpus, folder) == expected
    assert not (folder / "unfinished").exists()


def test_old_checkpoint_undoes_what_was_written_after_it(run_of, corpus, tmp_path, killed_at):
    run = run_of(training__evaluate_every={"steps": 1}, training__snapshots=[{"steps": 9}])
    expected = train(run, corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    revive = killed_at(6)
    with pytest.raises(KilledError):
        train(run, corpus, folder, checkpoint_seconds=0)
    revive()
    revive = killed_at(10)
    with pytest.raises(KilledError):
        train(run, corpus, folder, checkpoint_seconds=1000)
    revive()
    assert train(run, corpus, folder) == expected


def test_damaged_checkpoint_starts_again_with_a_warning(
    run_of, corpus, tmp_path, killed_at, capsys
):
    expected = train(run_of(), corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    revive = killed_at(9)
    with pytest.raises(KilledError):
        train(run_of(), corpus, folder, checkpoint_seconds=0)
    revive()
    checkpoint = folder / "unfinished" / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1000])
    assert train(run_of(), corpus, folder) == expected
    assert "checkpoint.pt is damaged; starting from the beginning" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["corpus", "training code"])
def test_other_data_or_code_starts_again_and_says_so(
    run_of, corpus, tmp_path, killed_at, capsys, what
):
    edited = Corpus("tiny", corpus.vocabulary, corpus.valid, corpus.valid, corpus.test)
    used, code = (edited, "old") if what == "corpus" else (corpus, "new")
    expected = train(run_of(), used, tmp_path / "whole", code=code)
    folder = tmp_path / "killed"
    revive = killed_at(5)
    with pytest.raises(KilledError):
        train(run_of(), corpus, folder, checkpoint_seconds=0, code="old")
    revive()
    assert train(run_of(), used, folder, code=code) == expected
    said = f"belongs to another {what}; starting from the beginning"
    assert said in capsys.readouterr().out


def test_a_checkpoint_of_another_configuration_is_not_gone_on_from(
    run_of, corpus, tmp_path, killed_at, capsys
):
    other = run_of(training__learning_rate=0.01)
    expected = train(other, corpus, tmp_path / "whole")
    revive = killed_at(9)
    with pytest.raises(KilledError):
        train(run_of(), corpus, tmp_path / "killed", checkpoint_seconds=0)
    revive()
    shutil.copytree(tmp_path / "killed", tmp_path / "other")
    assert train(other, corpus, tmp_path / "other") == expected
    said = "belongs to another configuration; starting from the beginning"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("file", ["checkpoint.pt", "history.csv", "best.pt", "snapshots.h5"])
def test_a_disk_that_fills_keeps_the_checkpoint_and_a_rerun_ends_with_the_same_bits(
    run_of, corpus, tmp_path, monkeypatch, file
):
    expected = train(run_of(), corpus, tmp_path / "whole")
    unfinished, replace, written = tmp_path / "full" / "unfinished", os.replace, []

    def fills(source, target):
        written.append(Path(target))
        if Path(target) == unfinished / file and unfinished / "checkpoint.pt" in written[:-5]:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fills)
    with pytest.raises(OSError, match="No space left"):
        train(run_of(), corpus, tmp_path / "full", checkpoint_seconds=0)
    monkeypatch.undo()
    assert not contents(tmp_path / "full")
    kept = {"checkpoint.pt", *(name for name in RESULTS if (unfinished / name).exists())}
    assert {path.name for path in unfinished.iterdir()} == kept  # no half file
    step = torch.load(unfinished / "checkpoint.pt", weights_only=True)["state"]["step"]
    assert step > 1
    assert train(run_of(), corpus, tmp_path / "full") == expected


def without_window(state):
    del state["window"]


def with_a_strange_step(state):
    state["step"] = 10**6


def with_a_step_that_is_no_count(state):
    state["step"] = True


def with_half_a_step(state):
    state["step"] = 1.5


def with_a_history_of_text(state):
    state["records"]["history"] = "x"


def with_other_weights(state):
    state["model"] = {"decoder": torch.ones(2)}


def with_other_random_states(state):
    state["random"] = [1, 2]


def with_weights_that_are_no_numbers(state):
    next(iter(state["model"].values())).view(-1)[0] = float("nan")


def without_sessions(state):
    state["timing"] = {"seconds": 1.0, "update_seconds": 1.0, "examples": 8, "tokens": 40}


STRANGE = (
    without_window,
    without_sessions,
    with_a_strange_step,
    with_half_a_step,
    with_a_step_that_is_no_count,
    with_a_history_of_text,
    with_other_weights,
    with_other_random_states,
    with_weights_that_are_no_numbers,
)


@pytest.mark.parametrize("change", STRANGE)
def test_a_checkpoint_with_strange_content_is_one_line_and_a_rerun_heals(
    run_of, corpus, tmp_path, killed_at, change
):
    expected = train(run_of(), corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    checkpoint = folder / "unfinished" / "checkpoint.pt"
    revive = killed_at(5)
    with pytest.raises(KilledError):
        train(run_of(), corpus, folder, checkpoint_seconds=0)
    revive()
    saved = torch.load(checkpoint, weights_only=True)
    change(saved["state"])
    torch.save(saved, checkpoint)
    with pytest.raises(InputError, match="not a state of this training") as told:
        train(run_of(), corpus, folder)
    assert len(str(told.value).splitlines()) == 1
    assert (checkpoint.parent / "refused_checkpoint.pt").exists()
    assert train(run_of(), corpus, folder) == expected


PASSING = (
    MemoryError(),
    OSError(5, "io"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: unspecified launch failure"),
    torch.OutOfMemoryError("CUDA out of memory"),
)


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_passes_by_itself_leaves_a_checkpoint_where_it_is(
    run_of, corpus, tmp_path, killed_at, monkeypatch, error
):
    def failing(*_):
        raise error

    revive = killed_at(5)
    with pytest.raises(KilledError):
        train(run_of(), corpus, tmp_path, checkpoint_seconds=0)
    revive()
    checkpoint = tmp_path / "unfinished" / "checkpoint.pt"
    whole = checkpoint.read_bytes()
    monkeypatch.setattr("kl_annealing.training.loop.restore_random_states", failing)
    with pytest.raises(type(error)):
        train(run_of(), corpus, tmp_path)
    assert checkpoint.read_bytes() == whole


SCRIPT = """
import pickle, sys, time
from pathlib import Path
from kl_annealing.training import fit
from kl_annealing.training.strategies.standard import Standard

run, corpus = pickle.loads(Path(sys.argv[1]).read_bytes())
original = Standard.update

def slowly(self, *arguments):
    time.sleep(0.02)
    return original(self, *arguments)

Standard.update = slowly
fit(run, corpus, sys.argv[2], device="cpu", threads=1, checkpoint_seconds=float(sys.argv[3]))
"""


def start(run, corpus, tmp_path, checkpoint_seconds) -> subprocess.Popen:
    import pickle

    (tmp_path / "input.pickle").write_bytes(pickle.dumps((run, corpus)))
    return subprocess.Popen(
        [
            *(sys.executable, "-c", SCRIPT, tmp_path / "input.pickle"),
            *(tmp_path / "killed", str(checkpoint_seconds)),
        ],
        env=os.environ | {"PYTHONPATH": str(Path(kl_annealing.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "the training ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_killed_process_goes_on_to_the_same_bits(run_of, corpus, tmp_path):
    run = run_of(training__epochs=12)
    expected = train(run, corpus, tmp_path / "whole")
    process = start(run, corpus, tmp_path, checkpoint_seconds=0)
    unfinished = tmp_path / "killed" / "unfinished"
    history_file = unfinished / "history.csv"
    wait_for(lambda: history_file.exists() and history_file.read_text().count("\n") > 6, process)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert (unfinished / "checkpoint.pt").exists()
    assert train(run, corpus, tmp_path / "killed") == expected


@pytest.mark.parametrize(
    ("number", "codes"), [(signal.SIGTERM, {143}), (signal.SIGINT, {1, 130, -2})]
)
def test_polite_stop_saves_first(run_of, corpus, tmp_path, number, codes):
    run = run_of(training__epochs=12)
    expected = train(run, corpus, tmp_path / "whole")
    process = start(run, corpus, tmp_path, checkpoint_seconds=1000)
    unfinished = tmp_path / "killed" / "unfinished"
    wait_for((unfinished / "history.csv").exists, process)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode in codes
    assert "the same command goes on from it" in output
    assert (unfinished / "checkpoint.pt").exists()
    assert train(run, corpus, tmp_path / "killed") == expected


def test_divergence_names_step_beta_and_learning_rate_and_saves_nothing(
    run_of, corpus, tmp_path, monkeypatch
):
    run = run_of(schedule={"shape": "points", "points": [[0, 0], [1, 1]]})
    original = Standard.update
    steps = []

    def spoil(self, *arguments):
        steps.append(1)
        if len(steps) == 12:
            with torch.no_grad():
                self.parameters[0].fill_(torch.nan)
        return original(self, *arguments)

    monkeypatch.setattr(Standard, "update", spoil)
    with pytest.raises(DivergenceError) as error:
        fit(run, corpus, tmp_path, device="cpu", checkpoint_seconds=0)
    assert "step 12:" in str(error.value)
    assert "beta 0.458333 and learning rate 0.02" in str(error.value)
    unfinished = tmp_path / "unfinished"
    assert os.listdir(tmp_path) == ["unfinished"]
    state = torch.load(unfinished / "checkpoint.pt", weights_only=True)["state"]
    for weights in (state["model"], state["records"]["best"]["model"]):
        assert all(value.isfinite().all() for value in weights.values())
    assert len(history(unfinished, "valid")) == 2


def test_divergence_by_a_huge_learning_rate(run_of, corpus, tmp_path):
    run = run_of(training__optimiser="sgd", training__learning_rate=1e38, training__epochs=100)
    with pytest.raises(DivergenceError, match=r"beta \S+ and learning rate 1e\+38"):
        fit(run, corpus, tmp_path, device="cpu")
    assert contents(tmp_path) == {}


def test_plateau_reloads_the_best_and_ends_the_training(run_of, corpus, tmp_path):
    run = run_of(
        training__learning_rate=0.5,
        training__epochs=200,
        training__snapshots=[],
        learning_rate={"shape": "plateau", "minimum_epoch": 0, "patience": 1, "maximum_decays": 3},
    )
    train(run, corpus, tmp_path)
    last, best = (torch.load(tmp_path / name, weights_only=True) for name in RESULTS[:2])
    assert last["step"] < 200 * STEPS_PER_EPOCH
    assert best["step"] < last["step"]
    assert all(torch.equal(last["model"][name], best["model"][name]) for name in best["model"])
    rates = {row["learning_rate"] for row in history(tmp_path, "valid")}
    assert rates == {0.5, 0.25, 0.125}


@pytest.mark.parametrize("interval", [{"steps": 3}, {"epochs": 1}, {"epochs": 2}])
def test_plateau_counts_epochs_whatever_the_interval(
    run_of, corpus, tmp_path, monkeypatch, interval
):
    """He et al. (2019): one validation at each epoch's end (text.py)."""
    seen, observe = [], Plateau.observe
    monkeypatch.setattr(Plateau, "observe", lambda *args: seen.append(args[1:]) or observe(*args))
    run = run_of(training__evaluate_every=interval, learning_rate={"shape": "plateau"})
    train(run, corpus, tmp_path)
    ends = [row for row in history(tmp_path, "valid") if row["step"] % STEPS_PER_EPOCH == 0]
    assert seen == [(pytest.approx(-row["elbo"]), epoch) for epoch, row in enumerate(ends)]
    assert len(seen) == 3


def test_steps_may_be_the_length_of_training(run_of, corpus, tmp_path):
    run = run_of(training__epochs=None, training__steps=13, training__snapshots=[])
    train(run, corpus, tmp_path)
    assert torch.load(tmp_path / "last.pt", weights_only=True)["step"] == 13
    with h5py.File(tmp_path / "snapshots.h5") as file:
        assert list(file) == []


def test_language_model_trains_with_no_kl(run_of, corpus, tmp_path):
    train(run_of(model__kind="autoreg", training__snapshots=[]), corpus, tmp_path)
    rows = history(tmp_path, "valid")
    assert all(row["kl"] == 0 for row in rows)
    assert rows[-1]["rec"] < rows[0]["rec"]


def test_beta_one_reaches_the_model_only_through_the_loss(run_of, corpus, tmp_path):
    """With beta 0 the KL term gives no gradient: the encoder's variance is free to shrink."""
    free = train(run_of(schedule={"shape": "constant", "stop": 0}), corpus, tmp_path / "free")
    held = train(run_of(schedule={"shape": "constant", "stop": 20}), corpus, tmp_path / "held")
    assert free != held
    kl = [history(tmp_path / name, "valid")[-1]["kl"] for name in ("free", "held")]
    assert kl[0] > 2 * kl[1]


def calls_of(function) -> int:
    """Return how many calls, of Python and of C functions, one call makes."""
    profile = cProfile.Profile()
    profile.runcall(function)
    return pstats.Stats(profile).total_calls


def test_a_step_of_the_loop_costs_little_beyond_the_model(run_of, corpus, tmp_path):
    run = run_of(training__epochs=1000, training__evaluate_every={"fraction": 1})
    training = Fit(run, corpus, tmp_path, torch.device("cpu"))
    batch, update = training.data.batches[0], training.strategy.update
    bare = min(calls_of(lambda: update(batch, 0, 1.0, 0.01)) for _ in range(8))
    assert min(calls_of(training.advance) for _ in range(8)) < bare + 60
