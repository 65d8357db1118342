"""The flow posterior: its order, its Jacobian and its density, each computed another way."""

import math

import pytest
import torch
from machine import needs_bfloat16
from tiny import PARTS

from kl_annealing.gaussians import STANDARD, DiagonalGaussian
from kl_annealing.models import build_model
from kl_annealing.models.inverse_autoregressive import (
    MOMENT_SAMPLES,
    InverseAutoregressive,
    InverseAutoregressiveHead,
)
from kl_annealing.models.masked_network import MaskedNetwork

SETTINGS = {"kind": "iaf", "flows": 3, "hidden_dim": 7, "context_dim": 4}


def head_of(latent_dim, flows=3, scale=1.0):
    torch.manual_seed(3)
    head = InverseAutoregressiveHead({**SETTINGS, "flows": flows}, 5, latent_dim).double()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.uniform_(-scale, scale)
    return head


def features(rows=4):
    return torch.randn(rows, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def noise_of(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_a_dimension_depends_on_those_before_it_and_on_the_context(latent_dim, reverse):
    network = MaskedNetwork(latent_dim, 9, 4, 2, reverse).double()
    z, context = noise_of(latent_dim), noise_of(1, 4)
    of_z = torch.autograd.functional.jacobian(lambda z: torch.stack(network(z, context[0])), z)
    seen = of_z.abs().sum(0) > 0
    before = torch.ones(latent_dim, latent_dim).tril(-1).bool()
    assert torch.equal(seen, before.T if reverse else before)
    of_context = torch.autograd.functional.jacobian(
        lambda context: torch.stack(network(z, context)), context[0]
    )
    assert (of_context.abs().sum(-1) > 0).all()


def test_every_second_flow_sees_the_dimensions_in_reverse():
    z, context = noise_of(4), noise_of(1, 4)
    before = torch.ones(4, 4).tril().bool()  # and itself, by the gate
    for number, flow in enumerate(head_of(4, flows=4).flows):
        jacobian = torch.autograd.functional.jacobian(
            lambda z, flow=flow: flow(z[None], context)[0][0], z
        )
        assert torch.equal(jacobian != 0, before.T if number % 2 else before)


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_the_density_is_that_of_the_noise_over_autograds_jacobian(latent_dim):
    posterior, noise = head_of(latent_dim)(features()), noise_of(4, latent_dim)
    found = posterior.draw(noise).log_densities.sum(-1)
    for row in range(4):
        one = _row(posterior, row)
        jacobian = torch.autograd.functional.jacobian(
            lambda e, one=one: one.draw(e[None]).z[0], noise[row]
        )
        expected = STANDARD.log_density(noise[row]) - jacobian.slogdet().logabsdet
        torch.testing.assert_close(found[row], expected)


def _row(posterior, row):
    base = DiagonalGaussian(*(part[row : row + 1] for part in posterior.base))
    return InverseAutoregressive(base, posterior.context[row : row + 1], posterior.flows)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_density_integrates_to_one(latent_dim):
    """Over cells of z that are images of cells of noise, their area by the corners alone."""
    points = {1: 4001, 2: 401}[latent_dim]
    axis = torch.linspace(-7, 7, points, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(*[axis] * latent_dim, indexing="ij"), -1)
    draw = head_of(latent_dim)(features(1)).draw(grid.reshape(-1, 1, latent_dim))
    z = draw.z.view(grid.shape)
    density = draw.log_densities.sum(-1).exp().view(grid.shape[:-1])
    if latent_dim == 1:
        cells, middle = z[1:, 0] - z[:-1, 0], (density[1:] + density[:-1]) / 2
    else:
        one, other = z[1:, 1:] - z[:-1, :-1], z[1:, :-1] - z[:-1, 1:]
        cells = (one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]).abs() / 2
        corners = (density[1:, 1:], density[:-1, 1:], density[1:, :-1], density[:-1, :-1])
        middle = sum(corners) / 4
    assert (cells * middle).sum().item() == pytest.approx(1, abs=1e-3)


def test_the_flows_are_those_of_the_paper_written_out():
    """z' = sigmoid(s) z + (1 - sigmoid(s)) m, dimension by dimension."""
    head, noise = head_of(3, flows=1), noise_of(4, 3)
    posterior = head(features())
    start, draw = posterior.base.draw(noise), posterior.draw(noise)
    m, s = head.flows[0].network(start.z, posterior.context)
    gate = 1 / (1 + torch.exp(-(s + 2)))
    torch.testing.assert_close(draw.z, gate * start.z + (1 - gate) * m)
    torch.testing.assert_close(draw.log_densities, start.log_densities - gate.log())


def test_kl_and_moments_are_those_of_many_samples():
    posterior = head_of(2)(features())
    draw = posterior.draw(noise_of(200_000, 4, 2))
    kl = posterior.kl(STANDARD, draw)
    assert kl.shape == (200_000, 4, 2)
    ratio = draw.log_densities.sum(-1) - STANDARD.log_density(draw.z)
    torch.testing.assert_close(kl.sum(-1), ratio)
    assert (kl.sum(-1).mean(0) > 0).all()
    moments = posterior.moments(draw)
    torch.testing.assert_close(moments.mu, draw.z.mean(0))
    torch.testing.assert_close(moments.logvar, draw.z.var(0).log())


def test_moments_of_few_samples_are_always_the_same():
    posterior = head_of(2)(features())
    exact = posterior.moments(posterior.draw(noise_of(50_000, 4, 2)))
    found = [posterior.moments(posterior.draw(noise_of(*shape, 4, 2))) for shape in ([], [3])]
    assert torch.equal(found[0].mu, found[1].mu) and torch.equal(found[0].logvar, found[1].logvar)
    error = (0.5 * exact.logvar).exp() / math.sqrt(MOMENT_SAMPLES)
    assert ((found[0].mu - exact.mu).abs() < 4 * error).all()
    assert ((found[0].logvar - exact.logvar).abs() < 0.6).all()


def test_without_gates_open_to_the_flow_it_is_the_gaussian():
    head = head_of(3, scale=0.3)
    with torch.no_grad():
        for flow in head.flows:
            flow.network.outputs.bias[3:] = 40.0  # the gates
            flow.network.outputs.weight[3:] = 0
    posterior, noise = head(features()), noise_of(6, 4, 3)
    draw, plain = posterior.draw(noise), posterior.base.draw(noise)
    torch.testing.assert_close(draw.z, plain.z)
    torch.testing.assert_close(draw.log_densities, plain.log_densities)
    kl = posterior.kl(STANDARD, posterior.draw(noise_of(100_000, 4, 3))).mean(0)
    torch.testing.assert_close(kl, posterior.base.kl(STANDARD), rtol=0.02, atol=0.02)


def test_a_sentence_model_takes_it(settings_of, tokens, noise):
    model = build_model({**PARTS, "posterior": SETTINGS, "model": settings_of()}, 20)
    posterior = model.encode(tokens)
    assert isinstance(posterior, InverseAutoregressive)
    terms = model.terms(tokens, noise)
    torch.testing.assert_close(terms.kl_parts, posterior.kl(STANDARD, posterior.draw(noise)))
    terms.kl.sum().backward()
    learned = [p for name, p in model.encoder.named_parameters() if "mask" not in name]
    assert all(p.grad is not None for p in learned)


@needs_bfloat16
def test_a_sentence_model_draws_in_float32_from_products_in_bfloat16(settings_of, tokens, noise):
    model = build_model({**PARTS, "posterior": SETTINGS, "model": settings_of()}, 20)
    with torch.autocast("cpu", torch.bfloat16):
        assert model.encode(tokens).draw(noise).z.dtype == torch.float32
