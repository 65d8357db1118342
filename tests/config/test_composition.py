"""Techniques that do not go together are refused by name; all others compose."""

import pytest

from kl_annealing.config.composition import composition_problems
from kl_annealing.schema import completed

BLOCKS = {
    "model": {"kind": "vae", "latent_dim": 2},
    "posterior": {"kind": "gaussian"},
    "strategy": {"kind": "standard"},
}


def aggressive(**changes):
    return completed({"kind": "aggressive", **changes}, "strategy")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        ({"strategy": aggressive()}, []),
        ({"strategy": aggressive(loss_per="example")}, []),
        ({"strategy": aggressive(inner_batches="examples"), "model": {"kind": "autoreg"}}, []),
        (
            {"strategy": aggressive(inner_batches="examples")},
            ["strategy.inner_batches = 'examples'"],
        ),
        (
            {"strategy": aggressive(), "model": {"kind": "pictures", "latent_dim": 2}},
            ["strategy.loss_per = 'word': pictures predicts no words; allowed: example"],
        ),
        (
            {"strategy": aggressive(), "posterior": {"kind": "flow"}},
            ["posterior.kind = 'flow': aggressive ends by the mutual information of Gaussian"],
        ),
    ],
)
def test_what_does_not_compose_is_named(changes, lines):
    found = [str(problem) for problem in composition_problems({**BLOCKS, **changes})]
    assert len(found) == len(lines)
    assert all(problem.startswith(line) for problem, line in zip(found, lines, strict=True))
