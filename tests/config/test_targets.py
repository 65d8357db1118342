"""A file asked for by name that the configuration has not: one line with what it has."""

import pytest

from kl_annealing.config import target_problems

KNOWN = {
    "figures": ["curves", "learning_curves"],
    "tables": ["results"],
    "studies": ["reviews"],
    "drawings": ["shapes"],
    "runs": ["results/runs/toy/vae-s0-1a"],
    "texts": ["prior_greedy"],
}


def problems(*arguments):
    return list(target_problems(arguments, "own", KNOWN))


@pytest.mark.parametrize(
    "target",
    [
        "results/own/figures/reviews/curves.pdf",
        "./results/own/tables/reviews/results.md",
        "results/own/figures/schedules/shapes.svg",
        "results/own/metrics.csv",
        "results/other/report.html",
        "results/runs/toy/vae-s0-1a/last.pt",
        "results/runs/toy/vae-s0-1a/generated/0f/prior_greedy.txt",
        "--cores",
    ],
)
def test_known_results_and_other_arguments_are_left_alone(target):
    assert not problems(target)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "results/demo/figures/reviews/curves.pdf",
            "belongs to experiment 'demo', and this configuration's is 'own'; give the "
            "--configfile of demo (of a scale that comes with the workflow: --configfile "
            "workflow/scales/demo.yaml)",
        ),
        (
            "results/own/figurs/reviews/curves.pdf",
            "unknown folder 'figurs' (did you mean 'figures'?); allowed: figures, metrics, planes, "
            "tables",
        ),
        (
            "results/own/figures/reviews/curve.pdf",
            "unknown figure 'curve' (did you mean 'curves'?)",
        ),
        ("results/own/tables/reviews/foo.csv", "unknown table 'foo'; allowed: results"),
        ("results/own/tables/schedules/results.md", "unknown study 'schedules'; allowed: reviews"),
        ("results/own/figures/schedules/foo.pdf", "unknown figure 'foo'; allowed: shapes"),
        ("results/own/figures/review/curves.pdf", "unknown study 'review' (did you mean 'reviews'"),
        ("results/runs/toy/vae-s9-1a/last.pt", "no run of this configuration"),
        ("results/runs/toy/vae-s0-1a/generated/0f/prior_beam.txt", "allowed: prior_greedy"),
    ],
)
def test_unknown_result_names_what_there_is(target, said):
    (line,) = problems("--cores", "1", target)
    assert line.startswith(f"{target}: ") and said in line
