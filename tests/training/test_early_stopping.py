import random

import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.schema import completed
from kl_annealing.training import fit
from kl_annealing.training.early_stopping import EarlyStopping
from kl_annealing.training.plan import Plan

CYCLES = {"shape": "linear", "cycles": 4, "ratio": 0.5}


def rule(run_of, steps_per_epoch=8, **changes) -> EarlyStopping:
    run = asking(run_of, **changes)
    return EarlyStopping.of(run, Plan.of(run, steps_per_epoch))


def asking(run_of, schedule=CYCLES, epochs=4, every=None, **block):
    training = completed({"early_stopping": block}, "training")["early_stopping"]
    return run_of(
        training__early_stopping=training,
        training__epochs=epochs,
        training__evaluate_every=every or {"steps": 4},
        training__snapshots=[],
        schedule=completed(schedule, "schedule"),
    )


def published(losses) -> int:
    """Return after how many short epochs the published loop ends."""
    patience, threshold, best = 10, float("inf"), float("inf")
    for done, loss in enumerate(losses, start=1):
        if loss < best:
            if loss <= threshold * 0.996:
                patience = max(patience, done * 2)
                threshold = loss
            best = loss
        if patience <= done:
            return done
    return len(losses)


@pytest.mark.parametrize("seed", range(20))
def test_the_default_is_the_published_rule(run_of, seed):
    generator = random.Random(seed)
    losses = [100 * 0.98**number * generator.uniform(0.98, 1.05) for number in range(60)]
    losses[5 + seed :] = [losses[5 + seed]] * (55 - seed)
    stopping = rule(run_of, steps_per_epoch=200)
    seen = 0
    while not stopping.finished and seen < len(losses):
        stopping.observe(losses[seen], 4 * (seen + 1))
        seen += 1
    assert seen == published(losses)
    assert seen >= 10


def test_no_rule_where_none_is_asked_for(run_of):
    run = run_of()
    assert EarlyStopping.of(run, Plan.of(run, 8)) is None


def test_the_training_goes_on_to_the_end_of_the_cycle(run_of):
    stopping = rule(run_of, patience=3, at="cycle_end")  # cycles of 8 steps, validated every 4
    ends = []
    for number in range(1, 9):
        stopping.observe(1.0, 4 * number)
        ends.append(stopping.finished)
    assert ends == [False, False, False, True, False, True, False, True]


def test_a_cycle_that_no_validation_ends_is_refused(run_of):
    with pytest.raises(InputError, match=r"every 3 of 32 steps.*divide the cycle") as caught:
        rule(run_of, every={"steps": 3}, schedule={"shape": "linear", "cycles": 2}, at="cycle_end")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("epochs", "refused"), [(3, False), (4, True)])
def test_a_training_that_ends_in_the_middle_of_a_cycle_is_refused(run_of, epochs, refused):
    periods = {"shape": "linear", "period": {"steps": 12}, "ratio": 0.5}  # of 24 and 32 steps
    asked = {"epochs": epochs, "schedule": periods, "at": "cycle_end"}
    if refused:
        with pytest.raises(InputError, match="in the middle of a cycle, after 32 steps"):
            rule(run_of, **asked)
    else:
        rule(run_of, **asked)


def test_a_training_ends_by_the_rule_and_keeps_its_best(run_of, corpus, tmp_path):
    run = asking(run_of, epochs=60, patience=2, threshold=0.5, every={"steps": 8})
    fit(run, corpus, tmp_path, device="cpu")
    last = torch.load(tmp_path / "last.pt", weights_only=True)
    assert last["step"] == 16
    assert torch.load(tmp_path / "best.pt", weights_only=True)["step"] in (8, 16)
