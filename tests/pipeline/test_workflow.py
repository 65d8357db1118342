"""The Snakefile itself: lint, dry-run, a whole tiny run, a rerun, one figure, the report."""

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "pipeline" / "expected_files.txt"
RUNS, PARENTS = 29, 1  # of the tiny configuration


def test_lint(snakemake, tmp_path):
    snakemake(tmp_path, "--lint", "--configfile", ROOT / "config.yaml")


@pytest.mark.parametrize(
    "command",
    [
        ["snakefmt", "--check", "Snakefile", "workflow/rules"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_format(command):
    outcome = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(("scale", "trainings"), [(None, 608), ("small", 266), ("demo", 49)])
def test_dry_run(snakemake, tmp_path, scale, trainings):
    overlay = [ROOT / "workflow" / "scales" / f"{scale}.yaml"] if scale else []
    outcome = snakemake(
        tmp_path, "--dry-run", "--quiet", "rules", "--configfile", ROOT / "config.yaml", *overlay
    )
    assert re.search(rf"^train_run +{trainings}$", outcome.stdout, re.MULTILINE), outcome.stdout


def test_a_wrong_configuration_gives_every_problem_and_no_job(snakemake, tmp_path):
    overlay = tmp_path / "wrong.yaml"
    overlay.write_text(
        "trainings: {ptb: {learning_rate: 1e-5}}\nstudies: {toy: {dataset: ten_sequence}}\n"
    )
    outcome = snakemake(
        tmp_path, "--cores", "1", "--configfile", ROOT / "config.yaml", overlay, check=False
    )
    assert outcome.returncode == 1
    assert "trainings.ptb.learning_rate = '1e-5'" in outcome.stderr
    assert "did you mean 'ten_sequences'?" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (tmp_path / "results").exists()


def test_an_unknown_figure_gives_the_names_of_those_there_are(snakemake, tmp_path, tiny):
    target = "results/tiny/figures/ptb/learning_curve.pdf"
    outcome = snakemake(tmp_path, "--cores", "1", target, *tiny, check=False)
    assert outcome.returncode == 1
    assert "did you mean 'learning_curves'?" in outcome.stderr and "two_by_two" in outcome.stderr


def test_the_hook_that_locks_the_folder_cannot_be_left_out(snakemake, tmp_path, tiny):
    done = snakemake(tmp_path, "--dry-run", "--no-hooks", *tiny, check=False)
    assert done.returncode == 1 and "--no-hooks: the folder is locked" in done.stdout


def test_a_file_that_cannot_be_had_is_asked_for_once(snakemake, tmp_path, tiny):
    overlay = tmp_path / "absent.yaml"
    files = (
        f"files: {{text: {{sha256: {'a' * 64}}}}}, splits: {{train: text, valid: text, test: text}}"
    )
    overlay.write_text(f"datasets: {{absent: {{kind: files, {files}}}}}\n")
    command = ("--cores", "1", "data/raw/absent/text", *tiny, overlay)
    outcome = snakemake(tmp_path, *command, check=False)
    assert outcome.stderr.count("absent/text cannot be had") == 1


def made(folder):
    """Return every file under data and results, all runs of a task and all hashes as one."""
    paths = [p for part in ("data", "results") for p in (folder / part).rglob("*") if p.is_file()]
    names = [str(path.relative_to(folder)) for path in paths]
    names = [re.sub(r"(runs/[a-z_]+)/[^/]+", r"\1/RUN", name) for name in names]
    return sorted(
        {
            re.sub(r"(evaluations|classifications|generated)/[0-9a-f]{10}/", r"\1/HASH/", n)
            for n in names
        }
    )


def test_scripts_use_the_package_beside_the_snakefile(snakemake, tmp_path, monkeypatch, tiny):
    other = tmp_path / "installed" / "kl_annealing"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('the package of another checkout')")
    monkeypatch.setenv("PYTHONPATH", str(other.parent))
    target = "results/tiny/figures/schedules/shapes.svg"
    snakemake(tmp_path, "--cores", "1", target, *tiny)
    assert (tmp_path / target).exists()


def test_runs_are_named_by_their_configuration(finished):
    names = [path.name for path in finished.glob("results/runs/*/*")]
    assert len(names) == RUNS + PARENTS
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+-s\d+-[0-9a-f]{10}", name) for name in names)


def test_exactly_the_expected_files_are_made(finished):
    assert made(finished) == EXPECTED.read_text().splitlines()


def test_numbers_are_finite_and_traced(finished):
    table = pd.read_csv(finished / "results" / "tiny" / "metrics.csv")
    assert len(table) == RUNS
    has_bound = table["posterior"] != "autoencoder"
    bounds = table[["last_test_nll", "last_test_iw_nll"]].map(math.isfinite)
    assert (bounds.all(axis=1) == has_bound).all() and (bounds.any(axis=1) == has_bound).all()
    has_words = table["task"] != "images"
    assert (table["best_test_ppl"].map(math.isfinite) == (has_words & has_bound)).all()
    has_latent = ~table["model"].isin(["language_model_fu2019", "pixelcnn"])
    assert (table["last_test_kl"].map(math.isfinite) == (has_latent & has_bound)).all()
    classified = table["best_test_logistic_regression_accuracy_100_percent"].map(math.isfinite)
    assert (classified == (table["study"] == "yelp")).all()
    paths = list(finished.glob("results/runs/*/*/evaluations/*/metrics.json"))
    assert len(paths) == RUNS
    for path in paths:
        blocks = json.loads(path.read_text())["provenance"]
        for block in (blocks["training"], blocks["evaluation"]):
            assert {"code", "data", "packages", "machine", "device", "seconds"} <= set(block)
            assert block["peak_memory_mb"] > 10
        assert {"seed", "training_code"} <= set(blocks["training"])
        assert "seed" in blocks["evaluation"]["settings"]
    for path in finished.glob("results/runs/*/*/classifications/*/metrics.json"):
        assert "seed" in json.loads(path.read_text())["provenance"]["training"]


def test_history_has_a_row_for_each_split_and_evaluation(finished):
    path = next(finished.glob("results/runs/language_model/*_autoreg_*/history.csv"))
    history = pd.read_csv(path)
    assert history.groupby("split").size().to_dict() == {"train": 4, "valid": 4}
    assert history["step"].is_monotonic_increasing


def test_a_rerun_has_nothing_to_do(snakemake, finished, tiny):
    outcome = snakemake(finished, "--cores", "1", *tiny)
    assert "Nothing to be done" in outcome.stderr + outcome.stdout


@pytest.mark.parametrize(
    ("lost", "made"),
    [
        ("results/runs/toy/*/*.*", "train_run"),  # by a training that was killed
        ("results/runs/toy/*/evaluations/*/metrics.json", "evaluate_run"),
        ("results/tiny/metrics/toy.csv", "summarise_study"),
    ],
)
def test_what_a_failed_job_took_away_is_made_anew(snakemake, finished, tiny, tmp_path, lost, made):
    """Snakemake removes a job's results before it starts, and asks for none between the first and
    the last files of a workflow.
    """
    shutil.copytree(finished, tmp_path / "copy")
    for path in (tmp_path / "copy").glob(lost):
        path.unlink()
    outcome = snakemake(tmp_path / "copy", "--dry-run", "--quiet", "rules", *tiny)
    assert re.search(rf"^{made} +1$", outcome.stdout, re.MULTILINE), outcome.stdout


def test_how_to_compute_makes_nothing_out_of_date(snakemake, finished, tiny, tmp_path):
    overlay = tmp_path / "runtime.yaml"
    overlay.write_text(
        "runtime: {device: cpu, threads: 2, checkpoint_minutes: 10}\ndata: {mirror: elsewhere}\n"
    )
    outcome = snakemake(finished, "--dry-run", *tiny, overlay)
    assert "Nothing to be done" in outcome.stderr + outcome.stdout


def test_another_way_to_measure_stands_beside_the_first(snakemake, finished, tiny, tmp_path):
    overlay = tmp_path / "evaluation.yaml"
    overlay.write_text("evaluation: {importance_samples: 3}\ngeneration: {seed: 1}\n")
    outcome = snakemake(finished, "--dry-run", "--quiet", "rules", *tiny, overlay)
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", outcome.stdout, re.MULTILINE))
    assert "train_run" not in jobs
    toy = 1  # run, which has settings of its own
    assert jobs["evaluate_run"] == str(RUNS - toy)
    assert jobs["generate_text"] == "7"


def test_one_figure_by_name_comes_back_byte_for_byte(snakemake, finished, tiny):
    figure = finished / "results" / "tiny" / "figures" / "ptb" / "learning_curves.pdf"
    before = figure.read_bytes()
    figure.unlink()
    outcome = snakemake(finished, "--cores", "1", figure.relative_to(finished), *tiny)
    assert figure.read_bytes() == before
    assert "rule train_run" not in outcome.stderr


def test_plan_says_that_everything_is_finished(snakemake, finished, tiny):
    outcome = snakemake(finished, "--cores", "1", "plan", *tiny)
    assert f"{RUNS + PARENTS} finished" in outcome.stderr
    plan = pd.read_csv(finished / "results" / "tiny" / "plan.csv")
    assert (plan["state"] == "finished").all() and len(plan) == RUNS + PARENTS
    for name in ("plan.csv", "plan.log"):
        (finished / "results" / "tiny" / name).unlink()


def test_report_is_one_file_that_needs_no_network(snakemake, finished, tmp_path, tiny):
    report = tmp_path / "report.html"
    snakemake(finished, "--report", report, *tiny)
    page = report.read_text()
    assert "Claims" in page and "learning_curves" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"https?://", page)
