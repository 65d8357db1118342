import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kl_annealing.config.outputs import output_problems
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import TABLES
from kl_annealing.reporting.claims_file import Claims
from kl_annealing.reporting.statistics import Interval, paired_difference
from kl_annealing.reporting.tables.ranking import standing
from kl_annealing.reporting.tables.table import (
    Cell,
    Table,
    csv,
    format_interval,
    format_number,
    html,
    latex,
    markdown,
)

KL = Interval(1.95512, 1.90512, 2.00512, 5)


def build(name, study):
    return TABLES[name].load()(study)


def cell(study, method, rate, column):
    table = study.table()
    runs = table[(table["method"] == method) & (table["learning_rate"] == rate)]
    return runs.set_index("seed")[column]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.9999, 2, "2.00"), (-0.0001, 2, "0.00"), (float("nan"), 2, "-"), (12.5, 0, "12")],
)
def test_numbers(value, digits, text):
    assert format_number(value, digits) == text


def test_intervals():
    assert format_interval(KL, 3) == "1.955 ± 0.050"
    assert format_interval(Interval(1.5, np.nan, np.nan, 1), 3) == "1.500"
    assert format_interval(Interval(np.nan, np.nan, np.nan, 0), 3) == "-"


TABLE = Table(
    "50 % & more",
    [{"method": "a_b|c", "kl": KL, "ppl": Cell(KL, 1), "hidden": 1}, {"method": "<d>", "kl": None}],
    ["a note"],
    details=["hidden"],
)


def test_csv_has_everything_in_full():
    lines = csv(TABLE).splitlines()
    assert lines[0].startswith("method,kl,kl_low,kl_high,kl_seeds,ppl,")
    assert lines[1].startswith("a_b|c,1.95512,1.90512,2.00512,5,") and lines[1].endswith(",5,1.0")


def test_forms_for_readers_escape_and_round():
    assert r"a_b\|c" in markdown(TABLE) and "1.955 ± 0.050" in markdown(TABLE)
    assert "| 2.0 ± 0.0 |" in markdown(TABLE) and "hidden" not in markdown(TABLE).lower()
    source = latex(TABLE)
    assert r"a\_b|c & 1.955 $\pm$ 0.050" in source and r"50 \% \& more" in source
    assert source.count(r"\begin{") == source.count(r"\end{")
    assert r"\begin{tabular}{lrr}" in source and r"\label{tab:50-more}" in source
    assert "&lt;d&gt;" in html(TABLE) and "<li>a note</li>" in html(TABLE)


def test_a_wide_table_is_fitted_to_the_line_and_its_sentences_broken_in_latex():
    source = latex(Table("wide", [{"claim": "a sentence " * 8, "kl": 1.0, "name": "short"}]))
    begin = "\\begin{adjustbox}{max width=\\linewidth}\n\\begin{tabular}{p{16em}rl}"
    assert begin in source and "\\end{tabular}\n\\end{adjustbox}" in source


def test_the_sign_of_a_product_is_one_in_latex():
    assert r"a $\times$ b" in latex(Table("a × b", [{"what": "a × b"}]))


def test_results_hold_the_means_of_the_metrics(make_study):
    study = make_study("ptb")
    numbers = build("results", study).numbers()
    row = numbers[
        (numbers["method"] == "cyclical ptb")
        & (numbers["learning_rate"] == "restarts")
        & (numbers["iterate"] == "best validation")
    ].iloc[0]
    values = cell(study, "cyclical_ptb", "restarts", "best_test_nll")
    assert row["nll"] == pytest.approx(values.mean())
    assert row["nll_high"] - row["nll"] == pytest.approx(
        stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    )
    assert row["nll_seeds"] == 2


def test_notes_name_stand_in_seeds_and_units(make_study):
    notes = " ".join(build("results", make_study("ptb", stand_in_for="ptb")).notes)
    for words in ("stand-in for ptb", "over 2 seeds", "nats per sentence", "float32"):
        assert words in notes
    assert "One seed" in " ".join(build("ablation", make_study("ablation")).notes)


def test_devices_and_precisions_of_several_sessions_are_named_once(make_study):
    study = make_study("ptb", seeds=3)
    precisions = itertools.cycle(["bfloat16", "bfloat16, float32", "float32"])
    metrics = study.metrics.assign(precision=[next(precisions) for _ in study.metrics.index])
    assert (
        "Trained in bfloat16, float32." in build("results", replace(study, metrics=metrics)).notes
    )


@pytest.mark.parametrize(("words", "said"), [(1024.0, True), (None, False)])
def test_estimated_normalisers_are_named(make_study, words, said):
    study = make_study("ptb")
    metrics = study.metrics.assign(importance_samples=500, importance_words=words)
    metrics = metrics.assign(best_test_iw_rec_error=0.001)
    notes = build("results", replace(study, metrics=metrics)).notes
    assert "Importance-weighted with 500 samples." in notes
    assert (
        "Their softmax normalisers estimated from 1024 words where there are more." in notes
    ) == said


def test_the_error_behind_the_importance_bound_is_told_where_it_is_known(make_study):
    study = make_study("ptb")
    assert "behind IW-NLL" not in " ".join(build("results", study).notes)
    errors = [0.0451, -0.002, *[None] * (len(study.metrics) - 2)]
    metrics = study.metrics.assign(best_test_iw_rec_error=errors, last_test_iw_rec_error=0.01)
    notes = build("results", replace(study, metrics=metrics)).notes
    assert "The reconstruction behind IW-NLL is -0.002 to +0.045 nats off, by run." in notes


def test_effects_are_paired_and_the_interaction_is_their_difference(make_study):
    study = make_study("ptb", seeds=3)
    numbers = build("two_by_two", study).numbers().set_index("what")
    value = {
        (method, rate): cell(study, method, rate, "last_test_kl")
        for method in ("monotonic_ptb", "cyclical_ptb")
        for rate in ("constant", "restarts")
    }
    effect = value["cyclical_ptb", "restarts"] - value["monotonic_ptb", "restarts"]
    row = numbers.loc["cyclical ptb - monotonic ptb, lr restarts"]
    assert row["kl"] == pytest.approx(effect.mean())
    span = stats.ttest_1samp(effect, 0).confidence_interval(0.95)
    assert (row["kl_low"], row["kl_high"]) == pytest.approx(span)
    other = value["cyclical_ptb", "constant"] - value["monotonic_ptb", "constant"]
    row = numbers.loc["(cyclical ptb - monotonic ptb) × (restarts - constant)"]
    assert row["kl"] == pytest.approx((effect - other).mean())
    assert not any("language" in what for what in numbers.index)


@pytest.mark.parametrize("name", ["results", "published_comparison"])
def test_a_model_without_a_latent_has_no_numbers_about_it(name, make_study):
    texts = build(name, make_study("ptb")).texts()
    rows = texts[texts["Method"].str.startswith("language")]
    latent = {"KL", "MI (batch)", "MI (aggregate)", "Active units"} & set(texts)
    assert len(rows) and (rows[[*latent]] == "-").all(axis=None)
    assert (rows["NLL bound"] != "-").all()


def test_what_a_posterior_does_not_define_is_a_dash(make_study):
    """An inverse autoregressive posterior has no mutual information, and metrics without it."""
    study = make_study("ptb")
    metrics = study.metrics.copy()
    flows = metrics["schedule"] == "cyclical_ptb"
    columns = [name for name in metrics if "_mi_" in name]
    metrics.loc[flows, columns] = np.nan
    texts = build("results", replace(study, metrics=metrics)).texts()
    undefined = texts["Method"] == "cyclical ptb"
    information = texts[["MI (batch)", "MI (aggregate)"]]
    assert columns and (information[undefined] == "-").all(axis=None)
    assert (texts["Active units"][undefined] != "-").all()
    assert (information[texts["Method"] == "monotonic ptb"] != "-").all(axis=None)


PUBLISHED = [
    {
        "name": "p", "source": {"short": "A 2019", "full": "A. 2019."}, "status": "unverified",
        "study": "ptb", "label": "VAE",
        "numbers": {"rec": 100.5, "kl": 1.955, "ppl": 101.23456789012},
        "select": {"schedule": "cyclical_ptb", "learning_rate": "restarts"},
    },
    {
        "name": "q", "source": {"short": "B 2020", "full": "B. 2020."}, "status": "seen",
        "study": "other", "label": "VAE", "numbers": {"kl": 5},
    },
]  # fmt: skip


def test_published_numbers_stand_before_ours(make_study):
    study = replace(make_study("ptb"), claims=Claims(published=PUBLISHED))
    table = build("published_comparison", study)
    texts = table.texts()
    assert list(texts["Status"][:4]) == ["unverified", "measured", "measured", "measured"]
    assert list(texts["KL"])[0] == "1.955" and list(texts["Reconstruction"])[0] == "100.50"
    assert list(texts["PPL"])[0] == "101.23"
    assert list(texts["Iterate"][1:3]) == ["last", "best validation"]
    ours = cell(study, "cyclical_ptb", "restarts", "last_test_kl").mean()
    assert table.rows[1]["kl"].mean == pytest.approx(ours)
    assert "5" not in list(texts["KL"])
    assert any(note.startswith("unverified") for note in table.notes)
    measured = texts[texts["Status"] == "measured"]
    assert len(measured) == 2 * 8  # each configuration of ours once, two iterates


def acceptance(study):
    return {row["claim"]: row for row in build("acceptance", study).rows}


def test_acceptance_is_the_claims_about_the_study(make_study):
    study = make_study("toy")
    rows = acceptance(study)
    assert list(rows) == [claim["name"] for claim in study.claims.about("toy").claims]
    kl = rows["toy_kl_cyclical_monotonic"]
    values = cell(study, "cyclical", "constant", "last_test_kl")
    assert kl["ours_left"].interval.mean == pytest.approx(values.mean())
    assert rows["toy_purity_cyclical_constant"]["ours_left"].interval.mean > 0.5


def test_another_schedule_of_the_family_does_not_count_as_more_seeds(make_study):
    """The tutorial's overlay: a delayed cyclical schedule beside the cyclical one."""
    schedules = ("constant", "monotonic", "cyclical", "cyclical_delayed")
    rows = acceptance(make_study("toy", schedules=schedules))
    assert {row["ours_left"].interval.n for row in rows.values()} == {2}
    assert {row["seeds"] for row in rows.values()} == {2}


def test_acceptance_needs_a_claim(make_study):
    with pytest.raises(InputError, match="ablation: acceptance needs a claim about it"):
        build("acceptance", make_study("ablation"))


def test_ablation_rows_carry_the_axes(make_study):
    numbers = build("ablation", make_study("ablation")).numbers()
    assert set(numbers["cycles"]) == {"1", "4"} and set(numbers["shape"]) == {"linear", "cosine"}
    assert isinstance(numbers, pd.DataFrame) and len(numbers) == 8


def test_ablation_averages_over_seeds_only(make_study):
    study = make_study("ablation")
    both = pd.concat([study.metrics, study.metrics.assign(training="long", run="other")])
    numbers = build("ablation", replace(study, metrics=both)).numbers()
    assert len(numbers) == 16 and set(numbers["training"]) == {"ptb", "long"}


def test_the_ranking_is_by_iw_nll_and_says_what_is_worse(make_study):
    study = make_study("techniques", seeds=3)
    metrics = study.metrics
    number = metrics["run"].str.partition("-")[0].astype(int)
    spread = 0.1 * metrics["seed"] * (-1) ** number
    metrics = metrics.assign(last_test_iw_nll=100 + 0.2 * number + spread)
    table = build("ranking", replace(study, metrics=metrics))
    assert [row["rank"] for row in table.rows] == [str(n) for n in range(1, 14)]
    ranked = [row["iw_nll"].mean for row in table.rows]
    assert ranked == sorted(ranked)
    assert table.rows[0]["verdict"] == "best"
    assert {row["verdict"] for row in table.rows[1:]} == {"not told apart", "worse"}
    assert {"mi_batch", "mi_aggregate", "active_units", "train_seconds", "elbo"} <= set(
        table.rows[0]
    )


@pytest.mark.parametrize("name", ["ranking", "results"])
def test_seconds_count_the_run_that_a_run_starts_from(make_study, name):
    study = make_study("techniques", seeds=3)
    started = study.metrics["run"].str.startswith("4-")
    assert started.any() and not started.all()
    metrics = study.metrics.assign(train_seconds=50.0)
    metrics.loc[started, "parent_seconds"] = 30.0
    rows = build(name, replace(study, metrics=metrics)).rows
    found = {row["method"]: row["train_seconds"].mean for row in rows}
    assert sorted(set(found.values())) == [50.0, 80.0]
    assert sum(seconds == 80 for seconds in found.values()) == 1


def test_the_ranking_has_the_paired_difference_beside_what_it_says(make_study):
    """The larger difference may be the one that is not told apart."""
    study = make_study("techniques", seeds=3)
    number = study.metrics["run"].str.partition("-")[0].astype(int)
    metrics = study.metrics.assign(last_test_iw_nll=100 + number + 0.01 * study.metrics["seed"])
    wide = (number == 12) & (metrics["seed"] == 0)
    metrics.loc[wide, "last_test_iw_nll"] += 50
    table = build("ranking", replace(study, metrics=metrics))
    texts = table.texts()
    assert list(texts)[-2:] == ["IW-NLL minus best's", "Against the best"]
    assert texts.iloc[0, -2:].tolist() == ["-", "best"]
    assert texts.iloc[1, -2:].tolist() == ["1.00 ± 0.00", "worse"]
    assert texts.iloc[-1, -2:].tolist() == ["28.67 ± 71.71", "not told apart"]
    assert table.numbers()["iw_nll_minus_best_seeds"].tolist() == [0, *[3] * 12]


def test_a_method_can_be_better_than_the_best_on_the_seeds_in_common():
    best, other = pd.Series([10.0, 10.1, 7.0]), pd.Series([9.5, 9.61])
    assert standing(paired_difference(other, best).interval) == "better"
    assert standing(paired_difference(best, other).interval) == "worse"


def test_ranking_two_datasets_is_refused_by_name():
    one, two = ({"dataset": "a", "grids": [{"dataset": names}]} for names in (["b"], ["a", "b"]))
    wanted = [("ranking", TABLES["ranking"])]
    assert list(output_problems("studies.s", one, wanted)) == []
    (problem,) = output_problems("studies.s", two, wanted)
    assert problem.text == "ranking is of one dataset; give dataset one value"


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("ranking", "techniques", "last"),
        ("two_by_two", "ptb", "last"),
        ("ablation", "ablation", "last"),
        ("dialog_overlap", "switchboard", "last"),
        ("lagging", "lagging_text", "best validation"),
    ],
)
def test_a_table_of_one_iterate_says_which(name, kind, said, make_study):
    table = build(name, make_study(kind))
    for text in (markdown(table), latex(table), html(table)):
        assert text.count(f"Iterate shown: {said}.") == 1


def test_one_seed_ranks_without_a_verdict(make_study):
    table = build("ranking", make_study("techniques", seeds=1))
    assert {row["verdict"] for row in table.rows[1:]} == {"open"}


def test_the_true_models_nll_of_a_split_is_not_called_the_entropy(make_study):
    notes = " ".join(build("results", make_study("ptb", floor_nll=18.1, floor_nll_test=17.8)).notes)
    assert "under the true model is 17.800 nats (entropy of their source: 18.100)" in notes
    assert "lowest possible" not in notes


def test_dropped_sentences_are_a_note(make_study):
    notes = " ".join(build("results", make_study("ptb", train_too_long=3, test_too_long=0)).notes)
    assert "dropped as longer than its maximum_length: 3 of train, 0 of valid, 0 of test." in notes
    assert "dropped" not in " ".join(build("ablation", make_study("ablation")).notes)
