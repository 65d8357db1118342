"""What counts of an evaluation: what is not its default."""

import pytest

from kl_annealing.canonical import identity
from kl_annealing.counted import counted_evaluation
from kl_annealing.schema import completed


def counted(**block):
    return counted_evaluation(completed(block, "evaluation"))


def test_defaults_do_not_count():
    assert counted() == counted(importance_samples=500, responses=None, seed=0) == {}
    assert counted(batch_size=30, splits=["test"]) == {"batch_size": 30, "splits": ["test"]}


def test_responses_count_though_all_about_them_is_default():
    assert counted(responses={}) == {"responses": {}}
    assert counted(responses={"samples": 5, "decoder": {"method": "greedy"}}) == {"responses": {}}
    assert counted(responses={"samples": 3}) == {"responses": {"samples": 3}}


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"responses": {}},
        {"responses": {"samples": 2, "decoder": {"method": "beam"}}},
        {"responses": {"decoder": {"method": "beam", "width": 3}}, "seed": 2**40},
    ],
)
def test_what_counts_stands_for_the_whole(block):
    whole = completed(block, "evaluation")
    assert completed(counted_evaluation(whole), "evaluation") == whole


def test_evaluations_that_differ_have_other_names():
    blocks = [{}, {"responses": {}}, {"responses": {"samples": 2}}, {"seed": 1}]
    blocks += [{"responses": {"decoder": {"method": "beam"}}}]
    blocks += [{"responses": {"decoder": {"method": "beam", "width": 2}}}]
    names = {identity(counted(**block)) for block in blocks}
    assert len(names) == len(blocks)
