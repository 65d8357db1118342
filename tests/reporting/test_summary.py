import json

import pandas as pd
import pytest

from kl_annealing.errors import InputError
from kl_annealing.files.results import find
from kl_annealing.reporting.study import read_metrics, with_methods
from kl_annealing.reporting.summary import collect, summarise


def test_a_row_a_run_with_names_notes_and_numbers(tmp_path, write_run, names_of):
    records = [
        write_run(tmp_path / "a", names_of(0, schedule="cyclical"), stand_in_for="ptb"),
        write_run(tmp_path / "b", names_of(1, learning_rate="restarts"), floor_nll=3.5),
    ]
    summarise("ptb", records, tmp_path / "ptb.csv")
    table = read_metrics(tmp_path / "ptb.csv")
    assert list(table.columns[:7]) == [
        "study", "task", "dataset", "model", "training", "schedule", "learning_rate",
    ]  # fmt: skip
    assert list(table["run"]) == ["a", "b"] and list(table["seed"]) == [0, 1]
    assert list(table["task"]) == ["language_model"] * 2
    assert list(table["stand_in_for"]) == ["ptb", ""]
    assert table["floor_nll"].iloc[1] == 3.5 and pd.isna(table["floor_nll"].iloc[0])
    metrics = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert table["last_test_kl"].iloc[0] == metrics["last_test_kl"]
    assert table["train_seconds"].iloc[0] == 3600
    assert list(table["epochs"]) == [40, 40] and table["steps"].isna().all()


def test_other_axes_are_columns(make_study):
    table = make_study("ablation").metrics
    assert len(table) == 8
    assert set(table["schedule.cycles"]) == {1, 4}
    assert set(table["schedule.shape"]) == {"linear", "cosine"}


def test_a_value_that_is_no_number_is_named(tmp_path, write_run, names_of):
    record = write_run(tmp_path / "a", names_of(0))
    (tmp_path / "a" / "metrics.json").write_text('{"last_test_kl": "high"}')
    with pytest.raises(InputError, match="last_test_kl is not a number"):
        summarise("ptb", [record], tmp_path / "ptb.csv")
    assert not (tmp_path / "ptb.csv").exists()


def test_missing_value_stays_empty(tmp_path, write_run, names_of):
    record = write_run(tmp_path / "a", names_of(0))
    (tmp_path / "a" / "metrics.json").write_text('{"last_test_kl": null, "last_test_nll": 2.5}')
    table = summarise("ptb", [record], tmp_path / "ptb.csv")
    assert pd.isna(table["last_test_kl"].iloc[0]) and table["last_test_nll"].iloc[0] == 2.5


def test_studies_under_one_another(tmp_path, make_study):
    make_study("ablation")
    make_study("toy", seeds=1)
    collect([tmp_path / "ablation.csv", tmp_path / "toy.csv"], tmp_path / "metrics.csv")
    both = pd.read_csv(tmp_path / "metrics.csv")
    assert list(both["study"].value_counts(sort=False)) == [8, 3]
    assert both.loc[both["study"] == "toy", "schedule.cycles"].isna().all()


def test_find_by_path():
    assert find({"a": {"b": 1}}, ("a", "b")) == 1
    assert find({"a": {"b": 1}}, ("a", "b", "c")) is None
    assert find({}, ("a",)) is None


def test_methods_are_named_by_what_differs():
    table = pd.DataFrame(
        {
            "model": ["lstm", "lstm", "lstm", "baseline"],
            "schedule": ["constant", "cyclical", "cyclical", "constant"],
            "schedule.cycles": [None, 4, 8, None],
        }
    )
    assert list(with_methods(table)["method"]) == [
        "constant",
        "cyclical cycles 4",
        "cyclical cycles 8",
        "baseline",
    ]
    assert list(with_methods(table[:2].drop(columns="schedule.cycles"))["method"]) == [
        "constant",
        "cyclical",
    ]


def test_a_training_does_not_stand_for_its_schedule():
    table = pd.DataFrame(
        {
            "training": ["usual", "whole", "whole"],
            "schedule": ["cyclical", "cyclical", "monotonic"],
        }
    )
    assert list(with_methods(table)["method"]) == ["usual, cyclical", "cyclical", "monotonic"]
