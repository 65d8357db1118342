import math

import pytest

from kl_annealing.training.plateau import Plateau


def rule(**changes) -> Plateau:
    return Plateau.of({"shape": "plateau", "minimum_epoch": 0} | changes)


def decays(plateau: Plateau, losses, first_epoch=0) -> list[bool]:
    return [plateau.observe(loss, epoch) for epoch, loss in enumerate(losses, first_epoch)]


def test_other_shapes_have_no_rule():
    assert Plateau.of({"shape": "constant"}) is None


def test_published_settings_are_the_default():
    plateau = Plateau.of({"shape": "plateau"})
    assert plateau == Plateau(0.5, 2, 15, 5, True, math.inf, 0, 0)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([5, 4, 3, 2], [0, 0, 0, 0]),
        ([5, 5, 5, 5], [0, 0, 0, 0]),  # equal is not worse
        ([5, 6, 6], [0, 0, 1]),
        ([5, 6, 5, 6, 5], [0, 0, 0, 0, 0]),  # not in a row
        ([5, 6, 4, 5, 5], [0, 0, 0, 0, 1]),  # against the newest reference
        ([5, 6, 7, 6.5, 6.9, 6.8], [0, 0, 1, 0, 0, 1]),  # the newest loss becomes the reference
    ],
)
def test_decay_after_two_worse_in_a_row(losses, expected):
    assert decays(rule(), losses) == [bool(e) for e in expected]


def test_no_decay_before_the_minimum_epoch_and_the_count_goes_on():
    plateau = rule(minimum_epoch=15)
    assert not any(decays(plateau, [5] + [6] * 14))
    assert plateau.worse == 14
    assert plateau.observe(6, 15)
    assert (plateau.reference, plateau.worse, plateau.decays) == (6, 0, 1)


def test_factor_halves_and_training_ends_at_the_last_decay():
    plateau = rule(patience=1, maximum_decays=3)
    factors = []
    for loss in range(4):
        plateau.observe(loss, 0)
        factors.append((plateau.factor, plateau.finished))
    assert factors == [(1, False), (0.5, False), (0.25, False), (0.125, True)]


def test_state_goes_on():
    losses = [5, 6, 7, 7, 8, 6, 9, 9, 9]
    whole, first, second = rule(), rule(), rule()
    expected = decays(whole, losses)
    found = decays(first, losses[:4])
    second.load_state_dict(first.state_dict())
    assert found + decays(second, losses[4:], 4) == expected
    assert second == whole


def test_the_best_loss_can_stay_the_reference():
    losses = [5, 6, 7, 6.5, 5.5, 5.2, 4, 6, 6]
    assert decays(rule(compare_with="best"), losses) == [0, 0, 1, 0, 1, 0, 0, 0, 1]
    assert decays(rule(), losses) == [0, 0, 1, 0, 0, 0, 0, 0, 1]
