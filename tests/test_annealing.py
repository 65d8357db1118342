"""The annealer and the loss for people's own loops."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional

from kl_annealing.annealing import Annealer, VAELoss, vae_loss
from kl_annealing.errors import InputError

BATCH, PIXELS, LATENT = 5, (2, 3), 4


@pytest.fixture
def batch():
    """Logits and binary targets [B, 2, 3], mu and logvar [B, D]."""
    generator = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()

    target = torch.randint(0, 2, (BATCH, *PIXELS), generator=generator).double()
    return normal(BATCH, *PIXELS), target, normal(BATCH, LATENT), normal(BATCH, LATENT)


# --- Annealer


def test_weighs_a_loss():
    annealer = Annealer(4, baseline=0.2)
    kl = torch.tensor([1.0, 2.0], requires_grad=True)
    annealer.step()
    weighted = annealer(kl)
    assert torch.equal(weighted, kl * 0.4)
    weighted.sum().backward()
    assert kl.grad.tolist() == pytest.approx([0.4, 0.4])
    assert annealer(10.0) == 4.0
    assert annealer(np.float64(10)) == 4.0
    assert annealer.current_step == 1  # calling does not advance


def test_disabled_returns_the_very_same_object():
    kl = torch.tensor(3.0)
    annealer = Annealer(4, disable=True)
    assert annealer(kl) is kl and annealer.weight == 1
    annealer.step()
    assert annealer.current_step == 1


def test_counts_as_published_between_the_ends():
    """hubertrybka/vae-annealing: t/T and (1 - cos(pi t/T))/2, and the counter stays at T."""
    for shape, curve in {
        "linear": lambda v: v,
        "cosine": lambda v: (math.cos(math.pi * (v - 1)) + 1) / 2,
    }.items():
        annealer = Annealer(50, shape, baseline=0.1)
        for step in range(60):
            v = min(step, 50) / 50
            assert annealer.weight == pytest.approx(0.9 * curve(v) + 0.1, abs=1e-12)
            assert annealer.current_step == min(step, 50)
            annealer.step()


def test_published_logistic_slope_is_a_steepness():
    annealer = Annealer(10, "logistic", steepness=10, normalised=False)
    for step in range(10):
        assert annealer.weight == pytest.approx(1 / (1 + math.exp(10 / 2 - step)), abs=1e-12)
        annealer.step()


def test_survives_a_checkpoint(tmp_path):
    annealer = Annealer(7, "cosine", cyclical=True, ratio=0.5)
    for _ in range(17):
        annealer.step()
    torch.save({"annealer": annealer.state_dict()}, tmp_path / "checkpoint.pt")
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    other = Annealer(7, "cosine", ratio=0.5)
    other.load_state_dict(state["annealer"])
    for _ in range(20):
        assert other.weight == annealer.weight
        other.step(), annealer.step()


def test_can_be_copied():
    annealer = Annealer(7, "logistic")
    annealer.step()
    assert copy.deepcopy(annealer).weight == annealer.weight


def test_refuses_what_is_out_of_range():
    with pytest.raises(ValueError, match="shape is 'exponential'; allowed: linear, cosine, logist"):
        Annealer(10, "exponential")
    with pytest.raises(ValueError, match="total_steps is True"):
        Annealer(True)


# --- Loss


def test_bernoulli_equals_the_distribution(batch):
    logits, target, mu, logvar = batch
    expected = -Bernoulli(logits=logits).log_prob(target).sum(dim=(1, 2))
    from_logits = vae_loss(logits, target, mu, logvar, from_logits=True, reduction="none")
    from_probabilities = vae_loss(logits.sigmoid(), target, mu, logvar, reduction="none")
    torch.testing.assert_close(from_logits.reconstruction, expected)
    torch.testing.assert_close(from_probabilities.reconstruction, expected)


@pytest.mark.parametrize("deviation", [1.0, 0.1, 3])
def test_gaussian_equals_the_distribution(batch, deviation):
    mean, target, mu, logvar = batch
    found = vae_loss(
        mean, target, mu, logvar, likelihood="gaussian", standard_deviation=deviation
    ).reconstruction
    expected = -Normal(mean, float(deviation)).log_prob(target).sum(dim=(1, 2)).mean()
    torch.testing.assert_close(found, expected)


def test_unit_gaussian_is_half_the_squared_error_and_a_constant(batch):
    mean, target, mu, logvar = batch
    found = vae_loss(mean, target, mu, logvar, likelihood="gaussian").reconstruction
    squared = functional.mse_loss(mean, target, reduction="sum") / BATCH
    torch.testing.assert_close(found, 0.5 * squared + 0.5 * 6 * math.log(2 * math.pi))


def test_kl_equals_the_distribution(batch):
    logits, target, mu, logvar = batch
    found = vae_loss(logits, target, mu, logvar, from_logits=True, reduction="none").kl
    posterior = Normal(mu, (0.5 * logvar).exp())
    expected = kl_divergence(posterior, Normal(torch.zeros_like(mu), 1.0)).sum(dim=1)
    torch.testing.assert_close(found, expected)


def test_reductions_are_on_one_scale(batch):
    each = vae_loss(*batch, from_logits=True, reduction="none")
    assert each.reconstruction.shape == each.kl.shape == (BATCH,)
    mean, total = (vae_loss(*batch, from_logits=True, reduction=how) for how in ("mean", "sum"))
    for term in ("reconstruction", "kl"):
        torch.testing.assert_close(getattr(mean, term), getattr(each, term).mean())
        torch.testing.assert_close(getattr(total, term), getattr(each, term).sum())


def test_arguments_are_in_the_right_order(batch):
    """Swapped, as in hubertrybka/vae-annealing, the value is 100 times the error's mean."""
    logits, target, mu, logvar = batch
    probabilities = logits.sigmoid()
    right = vae_loss(probabilities, target, mu, logvar).reconstruction
    swapped = functional.binary_cross_entropy(target, probabilities.detach())
    assert swapped == pytest.approx(100 * float((target - probabilities.detach()).abs().mean()))
    (gradient,) = torch.autograd.grad(right, logits)
    torch.testing.assert_close(gradient, (probabilities - target) / BATCH)


def test_module_equals_the_function(batch):
    logits, target, mu, logvar = batch
    module = VAELoss(from_logits=True, reduction="sum")
    assert module(logits, target, mu, logvar) == vae_loss(
        logits, target, mu, logvar, from_logits=True, reduction="sum"
    )
    assert "from_logits=True" in repr(module)
    assert module.state_dict() == {}


@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 0.3, 1.0]))
def test_gradients_are_finite_however_sure_the_decoder_is(logit, target):
    mu, logvar = torch.zeros(1, 2), torch.zeros(1, 2)
    wanted = torch.full((1, 1), target)
    logits = torch.full((1, 1), logit, requires_grad=True)
    vae_loss(logits, wanted, mu, logvar, from_logits=True).reconstruction.backward()
    assert torch.isfinite(logits.grad).all()
    probabilities = torch.full((1, 1), logit).sigmoid().requires_grad_()
    vae_loss(probabilities, wanted, mu, logvar).reconstruction.backward()
    assert torch.isfinite(probabilities.grad).all()


def test_integer_targets_are_taken():
    target = torch.tensor([[0, 1, 1]], dtype=torch.uint8)
    found = vae_loss(
        torch.zeros(1, 3), target, torch.zeros(1, 2), torch.zeros(1, 2), from_logits=True
    )
    assert float(found.reconstruction) == pytest.approx(3 * math.log(2))
    assert float(found.kl) == 0


def tensors(**changes):
    found = {
        "reconstruction": torch.full((3, 4), 0.5),
        "target": torch.ones(3, 4),
        "mu": torch.zeros(3, 2),
        "logvar": torch.zeros(3, 2),
    }
    return {**found, **changes}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"target": torch.ones(3, 5)}, r"shape \[3, 4\] and target \[3, 5\]; allowed: the same"),
        (
            {"reconstruction": torch.ones(3), "target": torch.ones(3)},
            r"allowed: the same shape \[batch, ...\]",
        ),
        ({"mu": torch.zeros(3, 3)}, r"mu has shape \[3, 3\] and logvar \[3, 2\]"),
        ({"mu": torch.zeros(3), "logvar": torch.zeros(3)}, r"\[batch, latent_dim\]"),
        ({"mu": torch.zeros(2, 2), "logvar": torch.zeros(2, 2)}, "3 targets and 2 posteriors"),
        (
            {name: torch.zeros(0, 4) for name in ("reconstruction", "target", "mu", "logvar")},
            "at least 1",
        ),
        ({"target": torch.full((3, 4), 255.0)}, r"target goes from 255 to 255; .* scale the data"),
        ({"reconstruction": torch.full((3, 4), -0.1)}, "logits with from_logits=True"),
        ({"reconstruction": torch.full((3, 4), math.nan)}, "reconstruction goes from nan"),
        ({"likelihood": "mse"}, "likelihood is 'mse'; allowed: bernoulli, gaussian"),
        ({"reduction": "batchmean"}, "reduction is 'batchmean'; allowed: mean, sum, none"),
        ({"standard_deviation": 0}, "standard_deviation is 0; allowed: a number above 0"),
    ],
)
def test_one_line_errors(changes, text):
    with pytest.raises(InputError, match=text) as raised:
        vae_loss(**tensors(**changes))
    assert "\n" not in str(raised.value)


def test_range_checks_can_be_left_out():
    changed = tensors(target=torch.full((3, 4), 2.0))
    found = vae_loss(**changed, from_logits=True, check_ranges=False)
    assert torch.isfinite(found.reconstruction)


def test_module_refuses_wrong_options_when_it_is_made():
    with pytest.raises(InputError, match="reduction is 'avg'"):
        VAELoss(reduction="avg")
