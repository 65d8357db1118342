import pytest
import torch
from plain_loss import plainly

from kl_annealing.models import cross_entropy
from kl_annealing.models.cross_entropy import linear_cross_entropy


def problem(rows=37, width=6, vocabulary=11, dtype=torch.float64, scale=1.0):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        value = scale * torch.randn(*shape, generator=generator, dtype=dtype)
        return value.requires_grad_()

    targets = torch.randint(0, vocabulary, (rows,), generator=generator)
    return draw(rows, width), draw(vocabulary, width), draw(vocabulary), targets


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks of 16 rows for a vocabulary of 11, worked on in pieces of 5."""
    monkeypatch.setattr(cross_entropy, "CACHED_BYTES", 5 * 11 * 4)
    monkeypatch.setattr(cross_entropy, "BLOCK_BYTES", (16 * 11 * 4, 16 * 11 * 4))


@pytest.mark.parametrize("rows", [1, 16, 37, 64])
def test_gradients_are_exact_for_any_weights_of_the_rows(rows, small_blocks):
    *parameters, targets = problem(rows)
    torch.autograd.gradcheck(lambda *p: linear_cross_entropy(*p, targets), parameters)


def test_rows_may_lie_in_several_dimensions():
    hidden, weight, bias, targets = problem(24)
    found = linear_cross_entropy(hidden.view(2, 3, 4, -1), weight, bias, targets.view(2, 3, 4))
    torch.testing.assert_close(found, plainly(hidden, weight, bias, targets).view(2, 3, 4))


def test_gradients_without_a_bias():
    hidden, weight, _, targets = problem()
    torch.autograd.gradcheck(
        lambda h, w: linear_cross_entropy(h, w, None, targets), [hidden, weight]
    )


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_one_parameter_may_ask_for_its_gradient_alone(kept):
    *parameters, targets = problem()
    some = [p if number == kept else p.detach() for number, p in enumerate(parameters)]
    upstream = torch.linspace(-1, 2, len(targets), dtype=torch.float64)
    found = torch.autograd.grad(linear_cross_entropy(*some, targets), some[kept], upstream)
    expected = torch.autograd.grad(plainly(*some, targets), some[kept], upstream)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("rows", [301, 320])
def test_large_float32_problem_agrees_with_plain_operations(rows, monkeypatch):
    monkeypatch.setattr(cross_entropy, "BLOCK_BYTES", (2**20, 2**20))
    *parameters, targets = problem(rows, 64, 2003, torch.float32)
    upstream = torch.linspace(-1, 2, rows)
    fused, plain = (f(*parameters, targets) for f in (linear_cross_entropy, plainly))
    torch.testing.assert_close(fused, plain, rtol=1e-5, atol=1e-4)
    found = torch.autograd.grad(fused, parameters, upstream)
    for one, other in zip(found, torch.autograd.grad(plain, parameters, upstream), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_without_gradients_the_same_values_and_one_block_at_a_time(monkeypatch, small_blocks):
    *parameters, targets = problem(200)
    expected = linear_cross_entropy(*parameters, targets)
    sizes = []
    plain = cross_entropy.linear
    monkeypatch.setattr(
        cross_entropy, "linear", lambda rows, *rest: sizes.append(len(rows)) or plain(rows, *rest)
    )
    with torch.no_grad():
        found = linear_cross_entropy(*parameters, targets)
    assert torch.equal(found, expected)
    assert not found.requires_grad
    assert max(sizes) == 16
    assert sum(sizes) == 208


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("biased", [True, False])
def test_leaving_out_the_maximum_of_small_logits_changes_nothing(dtype, biased, monkeypatch):
    hidden, weight, bias, targets = problem()
    parts = [hidden.detach().to(dtype), weight.to(dtype), bias.to(dtype) if biased else None]
    found = []
    for bits in (60, 0):
        monkeypatch.setattr(cross_entropy, "SMALL_BITS", bits)
        leaf = parts[0].clone().requires_grad_()
        loss = linear_cross_entropy(leaf, *parts[1:], targets)
        found += [loss, *torch.autograd.grad(loss.sum(), leaf)]
    tolerance = 0.02 if dtype == torch.bfloat16 else 1e-5  # of gradients, sums of rounded terms
    torch.testing.assert_close(found[:2], found[2:], rtol=tolerance, atol=tolerance)


def test_logits_far_apart_stay_finite():
    weight = torch.tensor([[400.0], [-400.0]], requires_grad=True)
    hidden = torch.ones(2, 1, requires_grad=True)
    nll = linear_cross_entropy(hidden, weight, None, torch.tensor([0, 1]))
    assert nll.tolist() == pytest.approx([0.0, 800.0])
    nll.sum().backward()
    assert hidden.grad.tolist() == [[0.0], [800.0]]


def test_bfloat16_keeps_float32_losses_and_gradients_near(monkeypatch):
    *parameters, targets = problem(100, 32, 500, torch.float32, scale=0.5)
    exact = plainly(*parameters, targets)
    expected = torch.autograd.grad(exact.mean(), parameters)
    with torch.autocast("cpu", torch.bfloat16):
        found = linear_cross_entropy(*parameters, targets)
    gradients = torch.autograd.grad(found.mean(), parameters)
    assert found.dtype == torch.float32
    assert (found - exact).abs().max() < 0.05
    assert (found - exact).mean().abs() < 0.005
    for one, other in zip(gradients, expected, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm() < 0.01 * other.norm()


def test_a_second_derivative_is_refused():
    *parameters, targets = problem(5)
    with pytest.raises(RuntimeError, match="second derivative"):
        torch.autograd.grad(
            linear_cross_entropy(*parameters, targets).sum(), parameters, create_graph=True
        )
