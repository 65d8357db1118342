"""Derivatives along a direction, and their own gradients, against those of plain operations."""

import pytest
import torch
from plain_loss import plainly
from tiny import MODEL, changed, model_of
from torch import nn
from torch.nn import functional

from kl_annealing.models import cross_entropy
from kl_annealing.models.cross_entropy_slope import linear_cross_entropy_slope
from kl_annealing.models.lstm_slope import Dual, lstm_slope


def problem(rows=37, width=6, vocabulary=11, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype).requires_grad_()

    targets = torch.randint(0, vocabulary, (rows,), generator=generator)
    parts = draw(rows, width), draw(rows, width), draw(vocabulary, width), draw(vocabulary)
    return *parts, targets


def twice_backward(hidden, slope, weight, bias, targets):
    """By differentiating twice backward."""
    nll = functional.cross_entropy(
        functional.linear(hidden, weight, bias), targets, reduction="none"
    )
    (gradient,) = torch.autograd.grad(nll.sum(), hidden, create_graph=True)
    return (gradient * slope).sum(-1)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(cross_entropy, "CACHED_BYTES", 5 * 11 * 4)
    monkeypatch.setattr(cross_entropy, "BLOCK_BYTES", (16 * 11 * 4, 16 * 11 * 4))


@pytest.mark.parametrize("rows", [1, 16, 37])
def test_slope_of_the_loss_and_its_gradients(rows, small_blocks):
    *parts, targets = problem(rows)
    found, expected = (f(*parts, targets) for f in (linear_cross_entropy_slope, twice_backward))
    torch.testing.assert_close(found, expected)
    torch.autograd.gradcheck(lambda *p: linear_cross_entropy_slope(*p, targets), parts)


def test_slope_without_a_bias_and_with_one_gradient_wanted():
    hidden, slope, weight, _, targets = problem()
    found = linear_cross_entropy_slope(hidden, slope.detach(), weight.detach(), None, targets)
    expected = twice_backward(hidden, slope, weight, None, targets)
    torch.testing.assert_close(found, expected)
    for one, other in zip(
        torch.autograd.grad(found.sum(), hidden),
        torch.autograd.grad(expected.sum(), hidden),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_large_float32_and_bfloat16_slopes_are_near():
    *parts, targets = problem(320, 64, 2003, torch.float32)
    expected = twice_backward(*parts, targets)
    gradients = torch.autograd.grad(expected.mean(), parts)
    for reduced, tolerance in ((False, 1e-4), (True, 0.05)):
        with torch.autocast("cpu", torch.bfloat16, enabled=reduced):
            found = linear_cross_entropy_slope(*parts, targets)
        assert (found - expected).norm() < tolerance * expected.norm()
        for one, other in zip(torch.autograd.grad(found.mean(), parts), gradients, strict=True):
            assert (one - other).norm() < tolerance * other.norm()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_slope_of_an_lstm(layers, bias):
    lstm = nn.LSTM(3, 4, layers, batch_first=True, bias=bias).double()
    shapes = (2, 5, 3), (layers, 2, 4), (layers, 2, 4)
    values, slopes = ([torch.randn(*s).double() for s in shapes] for _ in range(2))
    found = lstm_slope(lstm, *(Dual(*pair) for pair in zip(values, slopes, strict=True)))
    expected = torch.autograd.functional.jvp(
        lambda x, h, c: lstm(x, (h, c))[0], tuple(values), tuple(slopes)
    )
    torch.testing.assert_close(tuple(found), expected)


OPTIONS = [
    {},
    {"decoder__layers": 2, "decoder__initial_state": "cell", "decoder__latent_bias": False},
    {"decoder__output_bias": False},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_slope_of_a_reconstruction_and_its_gradients(options, tokens, noise):
    torch.manual_seed(0)
    model = model_of(changed(MODEL, **options), 20).double().train()
    z, direction = noise.double().requires_grad_(), torch.randn(6, 3).double()
    weights = [z, *model.decoder.parameters()]

    def drawn(function, *arguments, **keywords):
        torch.manual_seed(5)  # the same dropout
        return function(tokens, *arguments, **keywords)

    nll = drawn(model.reconstruction, z, plainly)
    (gradient,) = torch.autograd.grad(nll.sum(), z, create_graph=True)
    expected = (gradient * direction).sum(-1)
    found = drawn(model.slope, z, direction)
    torch.testing.assert_close(found, expected)
    weight = torch.arange(1, 7).double()
    gradients = (
        torch.autograd.grad(
            (part * weight).sum(), weights, allow_unused=True, materialize_grads=True
        )
        for part in (found, expected)
    )
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)
