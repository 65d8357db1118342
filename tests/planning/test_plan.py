import io
import json
import math

import numpy as np
import pytest
from tiny import PARTS

from kl_annealing.data import Split
from kl_annealing.jobs.provenance import processor
from kl_annealing.planning.plan import plan, plan_runs, training_sentences, write_plan
from kl_annealing.planning.plan_text import readable, said_configurations, time_text
from kl_annealing.planning.states import TRAINED, state_of

TRAINING = {
    "epochs": 10, "steps": None, "batch_size": 32, "precision": "float32", "optimiser": "adam",
}  # fmt: skip


def record(folder, study="ptb", seed=0, model="vae", evaluation="e1", **training):
    settings = {
        "dataset": {"name": "ptb"}, "model": {"kind": model}, "training": TRAINING | training,
        "seed": seed, **PARTS,
    }  # fmt: skip
    names = {"model": model, "schedule": "cyclical", "learning_rate": "constant", "seed": seed}
    return {
        "study": study, "folder": str(folder), "names": names, "settings": settings,
        "evaluation": evaluation, "metrics": f"{folder}/{evaluation}/metrics.json",
    }  # fmt: skip


def split(*counts):
    """Return a split of so many sentences of 1 word, of 2 words and so on."""
    lengths = np.repeat(np.arange(len(counts)) + 3, counts)
    return Split(np.zeros((len(lengths), 4)), lengths, np.arange(len(lengths)))


def finish(
    folder, seconds=1800.0, sentences=3600, processor_name=None, device="cpu", begun_on=None
):
    folder.mkdir(parents=True)
    for name in TRAINED:
        (folder / name).touch()
    machine = {"machine": {"processor": processor_name or processor()}}
    machine |= {"device": device}
    begun = machine | ({"machine": {"processor": begun_on}} if begun_on else {})
    timing = {"seconds": seconds, "examples": sentences, "sessions": [begun, machine]} | machine
    (folder / "timing.json").write_text(json.dumps(timing))
    metrics = {"provenance": {"evaluation": {"seconds": 720} | machine}}
    (folder / "e1").mkdir()
    (folder / "e1" / "metrics.json").write_text(json.dumps(metrics))


def test_states(tmp_path):
    finish(tmp_path / "done")
    (tmp_path / "half" / "unfinished").mkdir(parents=True)
    (tmp_path / "half" / "unfinished" / "checkpoint.pt").touch()
    assert [state_of(tmp_path / name) for name in ("done", "half", "new")] == [
        "finished", "resumable", "to do",
    ]  # fmt: skip


def test_length_of_a_run():
    epochs, steps = record("a")["settings"], record("a", steps=50, epochs=None)["settings"]
    assert training_sentences(epochs, {"ptb": split(100)}) == 1000
    assert training_sentences(steps, {"ptb": split(320)}) == 50 * 32
    assert training_sentences(steps, {"ptb": split(33, 31)}) == 50 * 64 / 3  # 32 + 1 and 31
    assert math.isnan(training_sentences(epochs, {}))
    assert math.isnan(training_sentences(steps, {}))


def test_finished_runs_of_the_same_kind_set_the_speed(tmp_path):
    finish(tmp_path / "done")  # 2 sentences a second
    asked = []
    records = [
        record(tmp_path / "done"),
        record(tmp_path / "new", seed=1),
        record(tmp_path / "other", model="autoreg"),
        record(tmp_path / "other1", model="autoreg", seed=1),
    ]
    table = plan(records, {"ptb": split(720)}, lambda settings: asked.append(settings) or 4.0)
    assert list(table["training_hours"]) == [1.0, 1.0, 0.5, 0.5]
    assert list(table["source"]) == ["finished runs"] * 2 + ["measured now"] * 2
    assert len(asked) == 1 and asked[0]["model"]["kind"] == "autoreg"
    assert list(table["evaluation_hours"][:2]) == [0.2, 0.2]
    assert table["evaluation_hours"][2:].isna().all()
    text = readable(table)
    assert "4 runs: 1 finished, 0 resumable, 3 to do." in text
    assert "About 2.0 h of training left for 3 runs." in text
    assert "About 12 min of evaluation left for 1 runs." in text
    assert "Time of evaluation not known yet for 2 runs" in text


def test_another_machine_says_nothing_about_this_one(tmp_path):
    finish(tmp_path / "done", processor_name="an abacus")
    records = [record(tmp_path / "done"), record(tmp_path / "new", seed=1)]
    table = plan(records, {"ptb": split(720)}, lambda settings: 1.0)
    assert list(table["source"]) == ["measured now"] * 2


def test_a_run_begun_on_another_machine_says_nothing_about_this_one(tmp_path):
    finish(tmp_path / "done", begun_on="an abacus")
    table = plan([record(tmp_path / "done"), record(tmp_path / "new", seed=1)], {"ptb": split(720)})
    assert table["training_hours"].isna().all()


def test_another_device_says_nothing_about_this_one(tmp_path):
    finish(tmp_path / "done", device="a GPU")
    records = [record(tmp_path / "done"), record(tmp_path / "new", seed=1)]
    table = plan(records, {"ptb": split(720)}, lambda settings: 1.0, device="cpu")
    assert list(table["source"]) == ["measured now"] * 2
    assert table["evaluation_hours"].isna().all()
    table = plan(records, {"ptb": split(720)}, lambda settings: 1.0, device="a GPU")
    assert list(table["source"]) == ["finished runs"] * 2
    assert list(table["evaluation_hours"]) == [0.2, 0.2]


def test_a_corpus_that_is_not_prepared_is_not_measured(tmp_path):
    def measure(settings):
        raise AssertionError("there is nothing to measure on")

    assert plan([record(tmp_path / "new")], {}, measure)["training_hours"].isna().all()


def test_nothing_known_is_said(tmp_path):
    table = plan([record(tmp_path / "new")], {})
    assert table["training_hours"].isna().all()
    assert "Time of training not known yet for 1 runs." in readable(table)
    assert "About" not in readable(table)
    assert "?" in readable(table)


def test_configurations_say_what_differs():
    records = [record("a"), record("b", model="autoreg"), record("c", study="toy")]
    records[0]["names"]["schedule.cycles"] = 4
    assert said_configurations(records) == {
        ("ptb", "a"): "vae cycles=4",
        ("ptb", "b"): "autoreg",
        ("toy", "c"): "cyclical",
    }


def test_a_shared_run_is_planned_once(tmp_path):
    records = [record(tmp_path / "new"), record(tmp_path / "new", study="ablation")]
    table = plan(records, {"ptb": split(720)}, lambda settings: 1.0)
    assert list(table["study"]) == ["ptb, ablation"]
    write_plan(table, tmp_path / "plan.csv")
    header = (tmp_path / "plan.csv").read_text().splitlines()[0]
    assert header.startswith("study,configuration,seed,state,evaluated,classified,training_hours")


def test_classifications_take_what_finished_ones_took(tmp_path):
    """No short trial can be made of them: without a finished one their time is not known."""
    runs = [
        record(tmp_path / name, seed=seed) | {"classification": f"{tmp_path / name}/c1"}
        for seed, name in enumerate(("done", "new"))
    ]
    told = readable(plan(runs, {}))
    assert "Time of classification not known yet for 2 runs." in told
    made = {"seconds": 1800, "machine": {"processor": processor()}, "device": "cpu"}
    (tmp_path / "done" / "c1").mkdir(parents=True)
    (tmp_path / "done" / "c1" / "metrics.json").write_text(
        json.dumps({"provenance": {"classification": made}})
    )
    table = plan(runs, {})
    assert list(table["classified"]) == [True, False]
    assert list(table["classification_hours"]) == [0.5, 0.5]
    assert "About 30 min of classification left for 1 runs." in readable(table)


@pytest.mark.parametrize("seconds", [0.0, 1e-12])
def test_absurd_timings_do_not_divide_by_zero(tmp_path, seconds):
    finish(tmp_path / "done", seconds=seconds)
    assert plan([record(tmp_path / "done")], {"ptb": split(720)})["training_hours"].iloc[0] >= 0


def test_a_run_is_evaluated_when_every_study_has_measured_it_in_its_way(tmp_path):
    finish(tmp_path / "done")
    records = [record(tmp_path / "done"), record(tmp_path / "done", study="toy", evaluation="e2")]
    table = plan(records, {"ptb": split(720)})
    assert list(plan(records[:1], {"ptb": split(720)})["evaluated"]) == [True]
    assert list(table["evaluated"]) == [False] and table["evaluation_hours"].isna().all()


def test_the_plan_is_told_and_says_what_would_make_it_complete(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    terminal = io.StringIO()
    plan_runs(
        [record("new")], {"ptb": "data/prepared/ptb.h5"}, "plan.csv", {"device": "cpu"}, terminal
    )
    assert "1 runs: 0 finished" in terminal.getvalue()
    assert terminal.getvalue().endswith("snakemake --cores 1 data/prepared/ptb.h5\n")
    assert (tmp_path / "plan.csv").exists()


@pytest.mark.parametrize(
    ("hours", "text"),
    [(3.44, "3.4 h"), (0.999, "1.0 h"), (0.2, "12 min"), (0.001, "<1 min"), (0, "0 min")],
)
def test_times_below_an_hour_are_minutes(hours, text):
    assert time_text(hours) == text
    assert time_text(math.nan) == "?"


def test_an_evaluation_is_measured_once_a_kind_where_none_was_made(tmp_path):
    finish(tmp_path / "done")
    asked = []
    records = [
        record(tmp_path / "done"),
        record(tmp_path / "new", seed=1),
        record(tmp_path / "other", model="autoreg"),
        record(tmp_path / "other1", model="autoreg", seed=1),
        record(tmp_path / "new", seed=1, study="toy", evaluation="e2"),
    ]
    table = plan(records, {"ptb": split(720)}, None, lambda one: asked.append(one) or 0.5)
    assert list(table["evaluation_hours"]) == [0.2, 0.7, 0.5, 0.5]
    assert [(one["settings"]["model"]["kind"], one["evaluation"]) for one in asked] == [
        ("autoreg", "e1"), ("vae", "e2"),
    ]  # fmt: skip


def test_training_settles_the_time_of_an_evaluation_only_where_it_refines(tmp_path):
    asked = []
    kinds = {"standard": {}, "aggressive": {}, "sa_vae": {"steps": 2}}
    records = [record(tmp_path / kind, optimiser=kind) for kind in kinds]
    for one, (kind, options) in zip(records, kinds.items(), strict=True):
        one["settings"]["strategy"] = {"kind": kind, **options}
    table = plan(records, {"ptb": split(720)}, None, lambda one: asked.append(one) or 0.5)
    assert list(table["evaluation_hours"]) == [0.5, 0.5, 0.5]
    assert [one["settings"]["strategy"]["kind"] for one in asked] == ["aggressive", "sa_vae"]


def test_a_run_that_others_start_from_is_trained_and_not_evaluated(tmp_path):
    parent = record(tmp_path / "parent", study="ptb (parents)", evaluation=None, optimiser="sgd")
    records = [parent | {"metrics": None}, record(tmp_path / "child")]
    table = plan(records, {"ptb": split(720)}, lambda settings: 2.0, lambda one: 0.5)
    assert list(table["study"]) == ["ptb (parents)", "ptb"]
    assert list(table["training_hours"]) == [1.0, 1.0]
    assert list(table["evaluation_hours"]) == [0, 0.5]
    assert list(table["evaluated"]) == [True, False]
