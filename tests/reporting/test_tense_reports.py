"""The figure and the tables of tense conversion, from small results made by hand."""

import h5py
import numpy as np
import pandas as pd
import pytest

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.figures.tense_curves import PANELS, WEIGHTS
from kl_annealing.reporting.figures.tense_curves import draw as curves
from kl_annealing.reporting.tables import conversions, tense_scores, tuples
from kl_annealing.reporting.tables.table import FORMS


def test_one_panel_a_quantity_with_every_method_and_both_weights(make_study):
    with style.look():
        figure = curves(make_study("tense"))
    assert len(figure.axes) == len(PANELS) + len(WEIGHTS) == 7
    assert all(len(axes.lines) == 4 for axes in figure.axes)
    forcing = figure.axes[-1].lines
    assert sorted({float(line.get_ydata()[0]) for line in forcing}) == [0.5, 1]
    named = [text.get_text() for text in figure.legends[0].texts]
    assert named == ["constant", "cyclical", "gru", "forcing half"]


def test_loss_and_kl_are_of_training_the_rest_of_validation(make_study):
    study = make_study("tense")
    histories = []
    for run in study.runs:
        history = pd.read_csv(run.folder / "history.csv")
        history.loc[history["split"] == "train", list(PANELS)] += 1
        history.to_csv(run.folder / "history.csv", index=False)
        histories.append(history.set_index("split"))
    with style.look():
        figure = curves(study)
    one, other = histories[:2]  # the seeds of the first method
    splits = ["train", "train", "valid", "valid", "valid"]
    for axes, column, split in zip(figure.axes, PANELS, splits, strict=False):
        means = (one.loc[split, column].to_numpy() + other.loc[split, column].to_numpy()) / 2
        assert axes.lines[0].get_ydata() == pytest.approx(means), column


def test_scores_are_means_over_seeds_for_both_iterates(make_study):
    table = tense_scores.build(make_study("tense"))
    assert len(table.rows) == 8
    row = next(row for row in table.rows if row["method"] == "forcing half")
    assert row["bleu4"].mean == pytest.approx(0.31) and row["bleu4"].n == 2
    assert {"gaussian_score", "distinct_tuples", "exact_conversions", "rec", "kl"} <= row.keys()


def test_conversions_stand_word_by_word_with_their_mean(make_study):
    table = conversions.build(make_study("tense"))
    first, second, mean = table.rows
    assert (first["source"], first["target_tense"], first["constant"]) == (
        "go",
        "simple past",
        "went",
    )
    assert second["forcing half"] == "seed_3"
    assert mean["gru: bleu4"] == pytest.approx(0.625)
    assert list(table.texts())[4:6] == ["constant", "BLEU-4, constant"]
    for suffix in FORMS.keys() - {".csv"}:
        assert "BLEU-4, constant" in FORMS[suffix](table)


def test_the_last_row_is_the_mean_not_the_median(make_study):
    study = make_study("tense")
    for run in study.runs:
        with h5py.File(run.measured / "evaluation.h5", "a") as file:
            group = file["last/test/conversions"]
            for name, values in [(name, group[name][:]) for name in group]:
                del group[name]
                group[name] = values[[0, 1, 1]]  # of bleu4: 1, 0.25, 0.25
    assert conversions.build(study).rows[-1]["gru: bleu4"] == pytest.approx(0.5)


def test_draws_are_marked_and_equal_ones_counted(make_study):
    table = tuples.build(make_study("tense"))
    first, second = table.rows[:2]
    assert (first["simple_past"], first["exact"], first["draws"]) == ("went", "yes", 2)
    assert (second["exact"], second["draws"]) == ("no", 1)
    assert len(table.rows) == 8


@pytest.mark.parametrize("build", [conversions.build, tuples.build])
def test_a_run_without_them_is_named(make_study, build):
    study = make_study("tense")
    with h5py.File(study.runs[0].measured / "evaluation.h5", "w"):
        pass
    with pytest.raises(InputError, match=r"evaluation\.h5: no (conversions|draws); the study"):
        build(study)


def test_other_words_are_refused(make_study):
    study = make_study("tense")
    with h5py.File(study.runs[2].measured / "evaluation.h5", "a") as file:
        group = file["last/test/conversions"]
        group["source"][...] = np.array(["be", "do"], dtype=h5py.string_dtype())
    with pytest.raises(InputError, match="converts other words; use one dataset"):
        conversions.build(study)
