"""The descent of posteriors and the gradient through it, by independent computations."""

import pytest
import torch
from plain_loss import plainly
from tiny import MODEL, changed, model_of

from kl_annealing.refinement.bound import Bound, still
from kl_annealing.refinement.descent import Descent, clipped, refine
from kl_annealing.refinement.noise import Noise
from kl_annealing.refinement.reverse import Reverse, exact_products, finite_differences

BETA = 0.3


@pytest.fixture
def model():
    torch.manual_seed(0)
    return model_of(changed(MODEL, latent_dim=2), 9).double().train()


@pytest.fixture
def examples():
    words = torch.randint(4, 9, (5, 3), generator=torch.Generator().manual_seed(1))
    return torch.cat([torch.full((5, 1), 2), words, torch.full((5, 1), 3)], dim=1)


def setting(model, examples, clip=None, steps=4):
    start = torch.randn(2, 5, 2, generator=torch.Generator().manual_seed(2)).double()
    noise = Noise.of([1, 2], steps, start[0])
    descent = Descent(steps, (1.5, 0.5), 0.6, clip)
    return Bound(model, examples, BETA, noise), start, descent


def by_hand(bound, start, descent):
    """The descent written out, mu and logvar apart, every operation differentiable."""
    mu, logvar = start
    speeds = [torch.zeros_like(mu), torch.zeros_like(mu)]
    for step in range(descent.steps):
        with bound.noise.dropout(step):
            z = mu + torch.exp(logvar / 2) * bound.noise.values[step]
            nll = bound.model.reconstruction(bound.examples, z, plainly)
        kl = -0.5 * (1 + logvar - mu**2 - torch.exp(logvar)).sum(-1)
        loss = nll.mean() + bound.beta * kl.mean()
        gradients = torch.autograd.grad(loss, (mu, logvar), create_graph=True)
        moved = []
        for part in range(2):
            g = gradients[part]
            if descent.gradient_clip is not None:
                norm = g.square().sum().sqrt()
                g = g * torch.clamp(descent.gradient_clip / (norm + 1e-6), max=1)
            speeds[part] = descent.momentum * speeds[part] - g
            moved.append((mu, logvar)[part] + descent.step_sizes[part] * speeds[part])
        mu, logvar = moved
    return torch.stack([mu, logvar])


def outer_loss(model, examples, end):
    """Any loss of the end and of the weights, without dropout."""
    z = end[0] + 0.3 * torch.exp(end[1] / 2)
    return model.reconstruction(examples, z, plainly).square().mean()


def through(model, setting, reverse, loss):
    """The gradients at the start and in the weights by the reverse pass."""
    bound, start, descent = setting
    path = refine(bound, start, descent)
    end = path.end.requires_grad_()
    model.zero_grad()
    loss(model, bound.examples, end).backward()
    first = reverse(bound, path, end.grad)
    return [first, *(weight.grad for weight in model.decoder.parameters())]


def unrolled(model, setting, loss):
    """The same by autograd through the descent written out."""
    bound, start, descent = setting
    start = start.clone().requires_grad_()
    model.zero_grad()
    loss(model, bound.examples, by_hand(bound, start, descent)).backward()
    return [start.grad, *(weight.grad for weight in model.decoder.parameters())]


@pytest.fixture
def loss(model):
    """A loss whose dropout is the same each time."""

    def compute(model, examples, end):
        torch.manual_seed(9)
        return outer_loss(model, examples, end)

    return compute


@pytest.mark.parametrize("clip", [None, 0.05])
def test_descent_is_that_written_out(model, examples, clip):
    bound, start, descent = parts = setting(model, examples, clip)
    expected = by_hand(bound, start.clone().requires_grad_(), descent)
    torch.testing.assert_close(refine(*parts).end, expected.detach())
    if clip:
        assert all(part.norm() > clip for part in refine(*parts).visits[0].gradient)


@pytest.mark.parametrize("clip", [None, 0.05])
def test_exact_gradient_is_that_of_the_unrolled_descent(model, examples, loss, clip):
    parts = setting(model, examples, clip)
    reverse = Reverse(parts[2], exact_products(clip), None)
    found, expected = through(model, parts, reverse, loss), unrolled(model, parts, loss)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_finite_differences_agree_with_exact_products(model, examples, loss):
    parts = setting(model, examples)
    products = exact_products(None), finite_differences(None, 1e-5)
    found = [through(model, parts, Reverse(parts[2], each, None), loss) for each in products]
    found = [[gradient.clone() for gradient in gradients] for gradients in found]
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_reverse_clip_limits_what_reaches_the_start(model, examples, loss):
    parts = setting(model, examples)
    first, *_ = through(model, parts, Reverse(parts[2], exact_products(None), 1e-3), loss)
    assert first.norm() <= 1e-3  # of mu and logvar together


def test_bound_falls_along_the_descent(model, examples):
    bound, start, descent = setting(model.eval(), examples, steps=30)
    end = refine(bound, start, descent).end
    assert bound.value(end, 0) < bound.value(start, 0) - 0.3  # nats, in the mean


def test_parts_are_clipped_apart_and_below_the_limit_not_at_all():
    gradient = torch.tensor([[[3.0, 4.0]], [[0.3, 0.4]]])
    expected = torch.tensor([[[0.6, 0.8]], [[0.3, 0.4]]])
    torch.testing.assert_close(clipped(gradient, 1.0), expected, rtol=1e-5, atol=0)
    assert clipped(gradient, None) is gradient


def test_noise_follows_from_its_key_and_leaves_the_global_generator_alone(model, examples):
    parts = setting(model, examples)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    first = refine(*parts).end
    assert torch.equal(torch.rand(4), expected)
    assert torch.equal(refine(*setting(model, examples)).end, first)
    like = torch.zeros(5, 2)
    assert not torch.equal(Noise.of([1, 3], 4, like).values, Noise.of([1, 2], 4, like).values)


def test_refinement_asks_for_no_gradient_of_the_weights(model, examples, monkeypatch):
    asked = []
    gradients = Bound.gradients

    def spy(self, parameters, step, weights):
        asked.extend(weight.requires_grad for weight in self.model.parameters())
        return gradients(self, parameters, step, weights)

    monkeypatch.setattr(Bound, "gradients", spy)
    with torch.no_grad():
        refine(*setting(model, examples))
    assert asked and not any(asked)
    assert all(weight.requires_grad for weight in model.parameters())


def test_recurrent_networks_can_be_differentiated_in_evaluation(model):
    model.eval()
    with still(model):  # cuDNN's condition
        assert model.decoder.lstm.training
        assert not model.decoder.input_dropout.training
    assert not model.decoder.lstm.training
