"""Tables and figures of classifiers, and intervals over seeds and draws that are crossed."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.statistics import crossed_interval, interval


def crossed(seeds, draws, spread, generator):
    """Return values with effects of seeds and draws and noise, of these deviations."""
    by_seed, by_draw, noise = (
        deviation * generator.standard_normal(shape)
        for deviation, shape in zip(spread, ((seeds, 1), (1, draws), (seeds, draws)), strict=True)
    )
    return pd.DataFrame(1 + by_seed + by_draw + noise)


def test_one_seed_or_one_draw_is_a_plain_interval():
    values = pd.DataFrame([[0.7, 0.8, 0.9]])
    assert crossed_interval(values) == interval([0.7, 0.8, 0.9]) == crossed_interval(values.T)
    assert math.isnan(crossed_interval(pd.DataFrame([[0.7]])).low)


def test_values_that_depend_on_the_seed_alone_are_as_many_as_seeds():
    found = crossed_interval(pd.DataFrame([[0.7] * 4, [0.8] * 4, [0.9] * 4]))
    assert found[:3] == pytest.approx(interval([0.7, 0.8, 0.9])[:3])


def test_equal_values_are_a_point():
    assert crossed_interval(pd.DataFrame([[0.5, 0.5], [0.5, 0.5]]))[:3] == (0.5, 0.5, 0.5)


def table_of(rows, columns, rest):
    """Return values of three seeds and two draws with mean 5: effects times signs."""
    signs = np.array([-1, 0, 1])[:, None], np.array([-1, 1])
    return pd.DataFrame(5 + rows * signs[0] + columns * signs[1] - rest * signs[0] * signs[1])


def test_the_interval_of_a_crossed_table_by_hand():
    # Mean squares: rows 2 * 8 / 2 = 8, columns 3 * 2 / 1 = 6, rest 4 * 0.25 / 2 = 0.5. The mean's
    # variance is (8 + 6 - 0.5) / 6 = 2.25, its freedom 13.5^2 / (8^2 / 2 + 6^2 / 1 + 0.5^2 / 2).
    mean, low, high, n = crossed_interval(table_of(2, 1, 0.5))
    half = 1.5 * stats.t.ppf(0.975, 13.5**2 / (64 / 2 + 36 + 0.25 / 2))
    assert (mean, n) == (5, 3)
    assert (low, high) == pytest.approx((5 - half, 5 + half))


def test_draws_that_differ_less_than_what_is_left_add_nothing():
    values = table_of(2, 0.1, 1)  # mean squares: columns 0.06, rest 2
    assert crossed_interval(values)[:3] == pytest.approx(interval(values.mean(axis=1))[:3])


@pytest.mark.parametrize("spread", [(1, 1, 0.1), (1, 0, 1), (0, 1, 1), (0, 0, 1)])
def test_the_interval_holds_the_mean_as_often_as_it_says(spread):
    generator = np.random.default_rng(0)
    found = [crossed_interval(crossed(4, 5, spread, generator)) for _ in range(400)]
    assert np.mean([each.low < 1 < each.high for each in found]) > 0.92


def test_counting_every_cell_alone_would_claim_too_much():
    generator = np.random.default_rng(1)
    values = [crossed(4, 5, (1, 1, 0.1), generator) for _ in range(400)]
    plain = [interval(each.to_numpy().ravel()) for each in values]
    assert np.mean([each.low < 1 < each.high for each in plain]) < 0.8


def test_the_table_says_how_many_labels_are_seen(make_study):
    notes = TABLES["classification"].load()(make_study("yelp")).notes
    assert "Published optimiser: Adam, 3000 epochs in batches of 32 at 0.0001." in notes
    assert (
        "Fine-tuned encoder: Adam, 20 epochs in batches of 32 at 0.001, but 50 updates at most, "
        "which see 1,600 labels: fewer than the 4,000 that the largest row names; of 1 draw "
        "of labels only."
    ) in notes


def test_the_table_has_the_means_over_seeds_and_draws(make_study):
    study = make_study("yelp")
    table = TABLES["classification"].load()(study)
    assert len(table.rows) == 4 * 3 * 3
    scores = study.classified(study.scores)
    of = scores["method"].eq("monotonic") & scores["classifier"].eq("published")
    values = scores[of & scores["fraction"].eq(0.1)]
    (row,) = [
        row
        for row in table.rows
        if (row["method"], row["fraction"]) == ("monotonic", "10 %") and "Publ" in row["classifier"]
    ]
    assert row["accuracy"].mean == pytest.approx(values["accuracy"].mean())
    assert row["n_labels"] == "400" and row["encoder"] == "frozen"
    notes = " ".join(table.notes)
    assert "Of the 500 test sentences of ptb 50 occur in training" in notes
    assert "2 seeds and 3 draws of labels, which are crossed." in notes


def test_one_seed_is_no_evidence_about_pre_training(make_study):
    table = TABLES["classification"].load()(make_study("yelp", seeds=1))
    assert any("nothing about another pre-training" in note for note in table.notes)


def test_a_study_without_classifiers_says_so(make_study):
    with pytest.raises(InputError, match="study toy: its sentences are not classified"):
        FIGURES["label_curves"].load()(make_study("toy"))


def test_curves_and_their_floor(make_study):
    study = make_study("yelp")
    figure = FIGURES["label_curves"].load()(study)
    assert len(figure.axes) == 3
    for axes in figure.axes:
        assert axes.get_xscale() == "log" and len(axes.containers) == 4
        floor = [line for line in axes.lines if line.get_linestyle() == ":"]
        assert floor[0].get_ydata()[0] == 0.6


def test_reliability_is_the_share_right_over_the_probability_said(make_study):
    figure = FIGURES["calibration"].load()(make_study("yelp", seeds=1))
    bins = np.arange(8, 15)
    expected = np.stack([(bins + 0.5) / 15, bins / 20], axis=1)  # of 20 predictions
    assert len(figure.axes) == 9
    for axes in figure.axes:
        _, *curves = axes.lines  # without the diagonal
        places = [line.get_xydata() for line in curves] + [
            c.get_offsets() for c in axes.collections
        ]
        np.testing.assert_allclose(places, [expected] * 8)


@pytest.mark.parametrize("name", ["tsne", "pca"])
def test_latents_are_named_by_their_classes(name, make_study):
    figure = FIGURES[name].load()(make_study("yelp"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["negative", "positive"]
    assert len(figure.axes) == 4
