"""Combinations that have no meaning are refused by one line each."""

import pytest

from kl_annealing.config.composition import composition_problems
from kl_annealing.schema import completed, schema_problems


def blocks(strategy, model="vae", posterior="gaussian", precision="float32"):
    return {
        "model": completed({"kind": model}, "model"),
        "posterior": {"kind": posterior},
        "strategy": completed(strategy, "strategy"),
        "training": {"precision": precision},
    }


def lines(*arguments, **options):
    return [str(problem) for problem in composition_problems(blocks(*arguments, **options))]


REFUSED = [
    ({"kind": "svi"}, {"model": "autoreg"}, ["strategy.kind = 'svi'", "no posterior to refine"]),
    ({"kind": "sa_vae"}, {"posterior": "iaf"}, ["posterior.kind = 'iaf'", "allowed: gaussian"]),
    (
        {"kind": "sa_vae", "steps": 0, "encoder": "kl"},
        {},
        ["strategy.steps = 0", "allowed: 1 to 200"],
    ),
    (
        {"kind": "sa_vae", "gradients": "finite_differences"},
        {"precision": "bfloat16"},
        ["strategy.gradients = 'finite_differences'", "allowed: exact"],
    ),
]


@pytest.mark.parametrize(("strategy", "others", "said"), REFUSED)
def test_what_does_not_compose_is_refused_by_name(strategy, others, said):
    (line,) = lines(strategy, **others)
    assert all(part in line for part in said)


def test_what_composes_is_not():
    assert lines({"kind": "standard"}, model="autoreg") == []
    assert lines({"kind": "sa_vae", "steps": 0}, precision="bfloat16") == []


@pytest.mark.parametrize("kind", ["svi", "sa_vae"])
def test_more_steps_than_sense_are_refused(kind):
    (problem,) = schema_problems(completed({"kind": kind, "steps": 201}, "strategy"), "strategy")
    assert str(problem) == "steps = 201: must be at most 200"


def test_keys_that_do_nothing_are_refused():
    block = completed({"kind": "sa_vae", "encoder": "plain"}, "strategy") | {"reverse_clip": 1}
    assert any("reverse_clip" in str(problem) for problem in schema_problems(block, "strategy"))
