"""Table 1 of He et al. (2019) as we make it: names, published rows, relative times."""

from dataclasses import replace

import pandas as pd
import pytest

from kl_annealing.reporting.tables.lagging import build


def test_published_numbers_stand_above_ours_of_the_stand_in(make_study):
    table = build(make_study("lagging_text", stand_in_for="yahoo"))
    rows = [row for row in table.rows if row["dataset"] == "yahoo valid"]
    assert rows[0]["iw_nll"] == "328.8" and rows[0]["status"] == "seen"
    assert sum(row["status"] == "measured" for row in rows) == 3
    assert all(row["status"] == "measured" for row in table.rows if row["dataset"] == "synthetic")
    assert any("stand-in for yahoo" in note for note in table.notes)
    ours = {row["method"]: row for row in rows if row["status"] == "measured"}
    assert ours["constant"]["relative_time"].mean == 1
    assert "aggressive" in ours


def test_ours_are_those_of_best_validation(make_study):
    study = make_study("lagging_text")
    runs = study.table()
    runs = runs[(runs["dataset"] == "synthetic") & (runs["strategy"] == "aggressive")]
    (row,) = (
        row
        for row in build(study).rows
        if row["dataset"] == "synthetic" and row["method"] == "aggressive"
    )
    assert row["iw_nll"].mean == pytest.approx(runs["best_test_iw_nll"].mean())


def test_published_methods_that_are_none_of_ours_stand_by_their_dataset(make_study):
    study = replace(make_study("lagging_text", stand_in_for="omniglot"), name="images")
    methods = {"yahoo valid": [], "synthetic": []}
    for row in build(study).rows:
        if row["status"] != "measured":
            methods[row["dataset"]].append(row["method"])
    assert {"VAE", "SA-VAE", "PixelCNN"} <= set(methods["yahoo valid"])
    assert not methods["synthetic"]


def test_relative_time_is_that_of_the_vae_on_whichever_split_is_measured(make_study):
    study = make_study("lagging_text")
    metrics = study.metrics.drop(columns=[c for c in study.metrics if "_test_" in c])
    language = metrics["model"] == "language_model"
    seconds = language.map({True: 10.0, False: 20.0})
    metrics = metrics.assign(train_seconds=seconds).sort_values("model", kind="stable")
    rows = build(replace(study, metrics=metrics)).rows
    found = [row["relative_time"].mean for row in rows if row["status"] == "measured"]
    assert sorted(found) == [0.5, 0.5, 1, 1, 1, 1]


def timed(study, seconds):
    """Return the measured rows of a study whose runs trained for `seconds` of their metrics."""
    metrics = study.metrics
    table = build(replace(study, metrics=metrics.assign(train_seconds=seconds(metrics))))
    return [row for row in table.rows if row["status"] == "measured"]


def test_relative_time_counts_the_run_that_a_run_starts_from(make_study):
    study = make_study("lagging_text")
    started = study.metrics["strategy"] == "aggressive"
    metrics = study.metrics.assign(parent_seconds=started.map({True: 50.0, False: None}))
    rows = timed(replace(study, metrics=metrics), lambda runs: 100.0)
    assert {row["relative_time"].mean for row in rows if row["method"] == "aggressive"} == {1.5}
    assert {row["relative_time"].mean for row in rows if row["method"] == "constant"} == {1.0}


def test_relative_time_is_that_at_the_same_learning_rate_and_rows_name_it(make_study):
    study = make_study("lagging_text")
    slow = study.metrics.assign(learning_rate="plateau", run=study.metrics["run"] + "-slow")
    metrics = pd.concat([study.metrics, slow], ignore_index=True)
    rows = timed(
        replace(study, metrics=metrics),
        lambda runs: runs["learning_rate"].map({"constant": 10.0, "plateau": 30.0}),
    )
    assert {row["relative_time"].mean for row in rows} == {1.0}
    assert {row["learning_rate"] for row in rows} == {"constant", "plateau"}


def test_a_remedy_of_all_runs_of_one_dataset_is_named_and_is_no_baseline(make_study):
    study = make_study("lagging_text")
    usual = (study.metrics["dataset"] == "synthetic") & (study.metrics["strategy"] == "standard")
    rows = timed(replace(study, metrics=study.metrics[~usual]), lambda runs: 10.0)
    (row,) = (row for row in rows if row["dataset"] == "synthetic")
    assert row["method"] == "aggressive"
    assert row["relative_time"].n == 0
