from pathlib import Path

import docutils.core
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from kl_annealing import reporting
from kl_annealing.axes import AXES
from kl_annealing.data import read_datasets
from kl_annealing.errors import InputError
from kl_annealing.reporting.claims import judge_claims
from kl_annealing.reporting.claims_file import Claims, read_claims
from kl_annealing.reporting.claims_tables import claims_rst, claims_table
from kl_annealing.reporting.quantities import metric_of
from kl_annealing.reporting.study import matching
from kl_annealing.reporting.tables.table import csv, markdown, write

CLAIMS = Path(reporting.__file__).parents[3] / "claims.yaml"
CLAIM = {
    "name": "higher_kl",
    "source": "paper",
    "where": "table 1",
    "statement": "Cyclical gives a higher KL than monotonic_ptb|*this*",
    "study": "ptb",
    "dataset": "ptb",
    "metric": "last_test_kl",
    "left": {"select": {"schedule": "cyclical", "learning_rate": "restarts"}},
    "direction": "greater",
    "right": {"select": {"schedule": "monotonic", "learning_rate": "constant"}},
    "published": ["cyc", "mono"],
}
PUBLISHED = {
    "source": "paper", "where": "table 1", "status": "unverified", "study": "ptb", "label": "VAE",
}  # fmt: skip
CONTENT = {
    "sources": {"paper": {"short": "Paper 2019", "full": "A. Author. Paper. 2019."}},
    "published": [
        {"name": "cyc", **PUBLISHED, "numbers": {"kl": 1.955}},
        {"name": "mono", **PUBLISHED, "numbers": {"kl": 0.907}},
    ],
    "claims": [CLAIM],
}
HIGH, LOW = [2.0, 2.1, 1.8], [0.9, 1.0, 1.0]


def written(tmp_path, content):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def metrics(left, right, **columns):
    """Return a metrics table with the two sides of CLAIM."""
    sides = [("cyclical", "restarts", left), ("monotonic", "constant", right)]
    rows = [
        {
            "study": "ptb", "dataset": "ptb", "schedule": schedule, "learning_rate": rate,
            "seed": seed, "run": f"{schedule}-{seed}", "last_test_kl": value, "stand_in_for": "",
        } | columns
        for schedule, rate, values in sides for seed, value in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def judged(tmp_path, table, **changes):
    content = CONTENT | {"claims": [CLAIM | changes]}
    return judge_claims(read_claims(written(tmp_path, content)), {"ptb": table})[0]


def test_supported_with_the_numbers_of_an_independent_test(tmp_path):
    row = judged(tmp_path, metrics(HIGH, LOW))
    expected = stats.ttest_rel(HIGH, LOW)
    difference = row["judgement"].difference
    assert row["verdict"] == "supported"
    assert difference.interval.mean == pytest.approx(np.mean(HIGH) - np.mean(LOW))
    assert difference.p_value == pytest.approx(expected.pvalue)
    assert difference.interval.low == pytest.approx(expected.confidence_interval().low)
    assert row["published"] == "KL 1.955 against 0.907 (unverified)"
    assert row["remark"] == ""


def test_contradicted_when_reversed(tmp_path):
    assert judged(tmp_path, metrics(LOW, HIGH))["verdict"] == "contradicted"
    assert judged(tmp_path, metrics(HIGH, LOW), direction="less")["verdict"] == "contradicted"


def test_one_seed_is_inconclusive_and_says_so(tmp_path):
    row = judged(tmp_path, metrics(HIGH[:1], LOW[:1]))
    assert (row["verdict"], row["remark"]) == ("inconclusive", "1 seed in common")


@pytest.mark.parametrize(
    ("steps", "verdict", "remark"),
    [
        ([10, 20, 30] * 2, "inconclusive", "both sides have the same last_step"),
        ([10, 20, 30, 10, 20, 31], "supported", ""),
    ],
)
def test_sides_that_differ_in_nothing_give_no_verdict(tmp_path, steps, verdict, remark):
    table = metrics(HIGH, LOW).assign(last_step=steps)
    row = judged(tmp_path, table, differ_in="last_step")
    assert (row["verdict"], row["remark"]) == (verdict, remark)
    unmeasured = judged(tmp_path, metrics(HIGH, LOW), differ_in="last_step")
    assert unmeasured["verdict"] == "supported"


def test_a_known_number_differs_in_no_column(tmp_path):
    with pytest.raises(InputError, match=r"right: 'select' is a required property"):
        judged(tmp_path, metrics(HIGH, LOW), right={"value": 1.0}, differ_in="last_step")


def test_claims_about_other_studies_are_counted_and_not_listed(tmp_path):
    claims = read_claims(written(tmp_path, CONTENT))
    rows = judge_claims(claims, {"reviews": pd.DataFrame()})
    assert rows == []
    said = "1 more claim is about studies that this configuration does not ask for."
    paths = [tmp_path / f"claims.{suffix}" for suffix in ("csv", "md", "tex", "html")]
    write(claims_table(rows, "own", others=1), paths)
    assert all(said in path.read_text() for path in paths[1:])
    page = claims_rst(rows, "own", others=1)
    assert said in page and "list-table" not in page


def test_a_missing_side_is_not_run(tmp_path):
    row = judged(tmp_path, metrics(HIGH, []))
    assert (row["verdict"], row["remark"]) == ("not run", "no runs of the right side")
    row = judged(tmp_path, metrics(HIGH, LOW), metric="last_test_ppl")
    assert (row["verdict"], row["remark"]) == ("not run", "last_test_ppl was not measured")


def test_an_ambiguous_selection_is_never_averaged(tmp_path):
    both = pd.concat([metrics(HIGH, LOW), metrics(HIGH, LOW).assign(run="another", model="big")])
    row = judged(tmp_path, both)
    assert row["verdict"] == "inconclusive"
    assert "left side fits several configurations" in row["remark"]


def test_a_run_listed_twice_counts_once(tmp_path):
    twice = pd.concat([metrics(HIGH, LOW), metrics(HIGH, LOW)])
    row = judged(tmp_path, twice)
    assert row["judgement"].difference.interval.n == 3


def test_known_number_margin_and_metric_of_a_side(tmp_path):
    table = metrics(HIGH, LOW, best_test_kl=1.0)
    row = judged(tmp_path, table, right={"value": 2}, direction="equal", margin=0.5)
    assert row["verdict"] == "supported" and row["judgement"].right.mean == 2
    left = {"select": CLAIM["left"]["select"], "metric": "best_test_kl"}
    row = judged(tmp_path, table, left=left, right=CLAIM["left"])
    assert row["verdict"] == "contradicted" and row["judgement"].left.mean == 1


def test_an_equality_has_the_p_of_two_one_sided_tests(tmp_path):
    values = [1.9, 2.0, 2.2]
    row = judged(tmp_path, metrics(values, LOW), right={"value": 2}, direction="equal", margin=0.5)
    sides = [
        stats.ttest_1samp(values, bound, alternative=side).pvalue
        for bound, side in ((1.5, "greater"), (2.5, "less"))
    ]
    assert row["judgement"].p_value == pytest.approx(max(sides))
    assert claims_table([row], "demo").rows[0]["p_value"] == row["judgement"].p_value


def test_the_language_model_is_judged_as_it_was_published():
    """The published language model had a constant learning rate, like our runs beside it."""
    claims = read_claims(CLAIMS)
    sides = {entry["name"]: entry.get("select") for entry in claims.published}
    claim = next(claim for claim in claims.claims if claim["name"] == "ptb_language_model")
    assert claim["left"]["select"] == sides["ptb_optimus_language_model"]


def test_other_data_are_named(tmp_path):
    row = judged(tmp_path, metrics(HIGH, LOW, dataset="demo", stand_in_for="ptb"))
    assert row["remark"] == "on demo, claimed on ptb; stand-in for ptb"
    assert row["verdict"] == "supported on other data"
    assert "other data, another length of training" in claims_rst([row], "demo")


def test_another_length_of_training_is_named(tmp_path):
    table = metrics(HIGH, LOW, epochs=8)
    row = judged(tmp_path, table, length={"epochs": 40})
    assert row["remark"] == "8 epochs instead of 40"
    assert row["verdict"] == "supported at other settings"
    assert "8 epochs instead of 40 (1)" in claims_rst([row], "demo")
    both = judged(tmp_path, table.assign(dataset="demo"), length={"epochs": 40})
    assert both["verdict"] == "supported on other data, at other settings"
    assert judged(tmp_path, table, length={"epochs": 8})["remark"] == ""


def test_a_single_setting_that_the_claim_does_not_ask_for_is_named(tmp_path):
    table = metrics(HIGH, LOW).assign(**{"strategy.steps": [3.0] * 3 + [np.nan] * 3})
    row = judged(tmp_path, table)
    assert row["remark"] == "strategy.steps = 3"
    assert row["verdict"] == "supported at other settings"
    left = {"select": {**CLAIM["left"]["select"], "strategy.steps": 3}}
    assert judged(tmp_path, table, left=left)["remark"] == ""
    both = table.assign(**{"strategy.steps": [3.0] * 3 + [5.0] * 3})
    assert judged(tmp_path, both, left=left)["remark"] == "strategy.steps = 5"


def test_a_length_in_the_other_unit_is_named(tmp_path):
    table = metrics(HIGH, LOW, epochs=np.nan, steps=100)
    row = judged(tmp_path, table, length={"epochs": 40})
    assert row["remark"] == "100 steps instead of 40 epochs"
    assert row["verdict"] == "supported at other settings"
    assert judged(tmp_path, table, length={"steps": 100})["verdict"] == "supported"


def test_a_known_number_brings_no_other_runs_into_the_remarks(tmp_path):
    table = metrics(HIGH, LOW, epochs=40)
    others = table["schedule"] == "monotonic"
    table.loc[others, ["dataset", "epochs", "stand_in_for"]] = ["demo", 8, "ptb"]
    row = judged(tmp_path, table, right={"value": 1.0}, length={"epochs": 40})
    assert (row["verdict"], row["remark"]) == ("supported", "")


def test_tables_and_front_page(tmp_path):
    rows = [judged(tmp_path, metrics(HIGH, LOW)), judged(tmp_path, metrics(HIGH[:1], LOW[:1]))]
    assert "1.955 against 0.907" in markdown(claims_table(rows, "demo"))
    assert (
        csv(claims_table(rows, "demo")).splitlines()[0].startswith("claim,statement,source,where")
    )
    messages = []
    html = docutils.core.publish_parts(
        claims_rst(rows, "demo"), writer="html",
        settings_overrides={"warning_stream": type("W", (), {"write": messages.append})()},
    )["html_body"]  # fmt: skip
    assert messages == [] and "system-message" not in html
    assert html.count("<tr>") == 3
    assert "monotonic_ptb|*this*" in html and "+1.000 [" in html
    assert "2 claims, experiment <em>demo</em>: 1 supported, 1 inconclusive." in html


@pytest.mark.parametrize("cycles", [[1, 4], [np.nan, 4]])
@pytest.mark.parametrize("four", [4, 4.0, "4"])
def test_matching_takes_a_number_however_it_is_written(cycles, four):
    table = pd.DataFrame({"schedule.cycles": cycles, "seed": [0, 0]})
    assert list(matching(table, {"schedule.cycles": four}).index) == [1]
    assert matching(table, {"unknown": 1}).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": "bigger"}, r"claims\[0\]\.direction.*'bigger' is not one of"),
        ({"metrics": 1}, r"claims\[0\].*'metrics' was unexpected"),
        ({"metric": "kl"}, r"claims\[0\]\.metric.*does not match"),
        ({"direction": "equal"}, r"claims\[0\].*'margin' is a required"),
        ({"right": {"value": "2"}}, r"claims\[0\]\.right\.value.*not of type 'number'"),
        ({"right": {"select": {}}}, r"claims\[0\]\.right\.select.*(non-empty|enough)"),
        (
            {"right": {"value": 2, "select": {"a": 1}}},
            r"claims\[0\]\.right.*'select' was unexpected",
        ),
        ({"source": "nobody"}, r"claims\[0\]\.source = 'nobody': not in sources; allowed: paper"),
        ({"published": ["none"]}, r"'none' is not in published; allowed: cyc, mono"),
    ],
)
def test_faults_of_a_claims_file_are_named(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        read_claims(written(tmp_path, CONTENT | {"claims": [CLAIM | change]}))


def test_all_faults_at_once_and_names_once(tmp_path):
    bad = [CLAIM | {"direction": "up"}, CLAIM | {"metric": "x", "margin": -1}]
    with pytest.raises(InputError) as caught:
        read_claims(written(tmp_path, CONTENT | {"claims": bad}))
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(InputError, match="the name 'higher_kl' is given twice"):
        read_claims(written(tmp_path, CONTENT | {"claims": [CLAIM, CLAIM]}))


def test_published_claims_are_valid_and_complete():
    claims = read_claims(CLAIMS)
    assert isinstance(claims, Claims) and len(claims.claims) >= 15
    by_name = {entry["name"]: entry for entry in claims.published}
    for entry in claims.published:
        numbers = entry["numbers"]
        if {"rec", "kl", "nll"} <= set(numbers) and entry["name"] != "ptb_optimus_cyclical":
            assert numbers["rec"] + numbers["kl"] == pytest.approx(numbers["nll"], abs=0.011)
        if entry["study"] == "ptb" and entry["source"]["short"] == "Fu et al. 2019":
            # PTB's test split has 82,430 targets in 3,761 sentences.
            implied = np.exp(numbers["nll"] / (82430 / 3761))
            assert numbers["ppl"] == pytest.approx(implied, abs=0.06)
            assert entry["status"] == "unverified"
    assert by_name["ptb_vae_cyclical"]["numbers"]["kl"] == 1.955


def test_an_ordering_states_the_smallest_effect_worth_a_verdict():
    for claim in read_claims(CLAIMS).claims:
        assert claim["margin"] > 0
        numbers = [entry["numbers"] for entry in claim["published"]]
        metric = metric_of(claim["metric"])
        if claim["direction"] in ("greater", "less") and len(numbers) == 2:
            assert claim["margin"] < abs(numbers[0][metric] - numbers[1][metric]) / 2


def test_published_claims_select_what_the_configuration_runs():
    """A renamed schedule must not silently turn claims into `not run`."""
    root = CLAIMS.parents[1]
    config = yaml.safe_load((root / "config.yaml").read_text())
    datasets = read_datasets()
    known = {axis.name: config[axis.plural] for axis in AXES.values()}
    known["dataset"] = {*datasets, *(entry.get("stand_in_for") for entry in datasets.values())}
    entries = read_claims(CLAIMS)
    for entry in [*entries.claims, *entries.published]:
        assert entry["study"] in config["studies"]
        for block in (entry, entry.get("left", {}), entry.get("right", {})):
            for name, value in block.get("select", {}).items():
                assert value in known[name]
