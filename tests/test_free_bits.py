"""Free bits against max(lambda, KL) and against the published masks."""

import pytest
import torch

from kl_annealing.free_bits import FreeBits
from kl_annealing.objectives import Objective, Terms

KL = torch.tensor([[0.1, 0.2], [0.9, 0.05], [1.5, 2.0]])  # sentences: 0.3, 0.95, 3.5
EXPECTED = {  # of 1 nat: the loss, and which parts of the KL have a gradient
    "sentence": (1 + 1 + 3.5, [[0, 0], [0, 0], [1, 1]]),
    "dimension": (0.5 + 0.5 + 0.9 + 0.5 + 1.5 + 2, [[0, 0], [1, 0], [1, 1]]),
    "batch": (0.3 + 0.95 + 3.5, [[1, 1], [1, 1], [1, 1]]),
}


@pytest.mark.parametrize("of", EXPECTED)
def test_the_bound_is_the_larger_of_kl_and_free_nats(of):
    total, _ = EXPECTED[of]
    assert FreeBits(1, of)(KL).sum().item() == pytest.approx(total)


def test_the_mean_of_a_batch_below_the_free_nats_counts_as_these():
    assert FreeBits(2, "batch")(KL).tolist() == [2, 2, 2]
    assert FreeBits(2, "batch", "thresholded")(KL).tolist() == [0, 0, 0]


def published(kl, nats, of):
    """The masks of Li et al. (2019): options fb 1, 2 and 3 of their training script."""
    total = kl.sum(1)
    if of == "dimension":
        return (kl * (kl > nats / kl.shape[1]).float()).sum(1)
    return total * ((total if of == "sentence" else total.mean()) > nats).float()


@pytest.mark.parametrize("of", EXPECTED)
@pytest.mark.parametrize("nats", [0.2, 1, 1.7, 10])
def test_thresholded_is_the_published_value_and_both_have_its_gradient(of, nats):
    kl = KL.clone().requires_grad_()
    expected = published(kl, nats, of)
    (gradient,) = torch.autograd.grad(expected.sum(), kl)
    for value in ("bound", "thresholded"):
        found = FreeBits(nats, of, value)(kl)
        assert torch.equal(torch.autograd.grad(found.sum(), kl)[0], gradient)
        if value == "thresholded":
            torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("of", EXPECTED)
def test_the_gradient_is_that_of_the_parts_above(of):
    kl = KL.clone().requires_grad_()
    FreeBits(1, of)(kl).sum().backward()
    assert kl.grad.tolist() == EXPECTED[of][1]


@pytest.mark.parametrize("of", EXPECTED)
def test_the_loss_is_never_below_the_negative_elbo(of):
    terms = Terms(torch.ones(3), KL)
    free_bits = {"nats": 1, "of": of, "value": "bound"}
    block = {"bag_of_words": 0, "dialog_act": 0, "free_bits": free_bits}
    assert Objective.of(block).loss(terms, 1.0) >= Objective().loss(terms, 1.0) - 1e-6
    assert Objective.of(block).loss(terms, 0.0) == 1.0
