"""Posteriors as evaluation refines them: where the descent starts, and of which bound it is."""

import pytest
import torch
from tiny import MODEL, model_of

from kl_annealing.refinement.descent import Descent
from kl_annealing.refinement.inference import Refined, from_prior
from kl_annealing.refinement.noise import Noise
from kl_annealing.schema import completed


@pytest.fixture
def model():
    torch.manual_seed(0)
    return model_of(MODEL, 20).double().eval()


def sentences(count):
    return torch.randint(4, 20, (count, 5), generator=torch.Generator().manual_seed(1))


def test_posteriors_descend_the_bound_at_beta_1(model, monkeypatch):
    monkeypatch.setattr(
        Noise, "of", lambda _, steps, like: Noise(like.new_zeros(steps, *like.shape), [0] * steps)
    )
    examples = sentences(6)
    start = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(2)).double()
    descent = Descent(1, (1.5, 0.5), 0.0, None)
    found = Refined(model, lambda *_: start, descent, seed=7, batch_size=6).encode(examples)
    mu, logvar = start
    z = mu.clone().requires_grad_()
    (slope,) = torch.autograd.grad(model.reconstruction(examples, z).mean(), z)
    torch.testing.assert_close(found.mu, mu - 1.5 * (slope + mu / 6))
    torch.testing.assert_close(found.logvar, logvar - 0.5 * (logvar.exp() - 1) / 2 / 6)


@pytest.mark.parametrize("deviation", [0.0, 0.1, 3.0])
def test_descent_from_the_prior_starts_as_far_off_as_the_run_says(model, deviation):
    strategy = completed({"kind": "svi", "steps": 0, "start_deviation": deviation}, "strategy")
    run = {"strategy": strategy, "training": {"batch_size": 1000}, "seed": 7}
    for part in from_prior(run, model).encode(sentences(1000)):
        assert part.square().mean().sqrt().item() == pytest.approx(deviation, rel=0.05)
        assert part.mean().item() == pytest.approx(0, abs=0.1 * deviation)
