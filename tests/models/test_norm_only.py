"""Output layers of which only the norm of the gradient is wanted."""

import exchanges as made
import pytest
import torch
from tiny import PARTS, changed, model_of
from torch import nn

from kl_annealing.models import build_model, cross_entropy
from kl_annealing.models.cross_entropy import linear_cross_entropy
from kl_annealing.models.norm_only import gradient_sum, norm_only, output_weights
from kl_annealing.schema import completed

WORDS = 20
TEXT = {
    "plain": {},
    "two layers, no bias": {"decoder__layers": 2, "decoder__output_bias": False},
    "frozen last embedding": {"frozen_last_embedding": True},
    "normalised": {"embedding": "normalised"},
    "shared": {"embedding": "shared", "encoder__embedding_dim": 6},
}


def loss_of(model, examples):
    torch.manual_seed(3)
    terms = model.terms(examples)
    extras = sum(each.mean() for each in terms.extras.values())
    return (terms.reconstruction + terms.kl).mean() + extras


def check(model, examples, rtol=1e-5):
    """Hold a step with the norm alone against one with all gradients."""
    weights = dict(model.named_parameters())
    loss_of(model, examples).backward()
    plain = {name: weight.grad for name, weight in weights.items()}
    model.zero_grad(set_to_none=True)
    with norm_only(output_weights(model.decoder)) as sums:
        loss_of(model, examples).backward()
    expected = plain.pop("decoder.output.weight").norm()
    assert expected > 0
    torch.testing.assert_close(sums[0].norm(), expected, rtol=rtol, atol=0)
    assert weights.pop("decoder.output.weight").grad is None
    torch.testing.assert_close({name: weight.grad for name, weight in weights.items()}, plain)


@pytest.mark.parametrize("changes", TEXT.values(), ids=TEXT)
def test_sentence_models(settings_of, tokens, changes):
    check(model_of(settings_of(**changes), WORDS), tokens)


@pytest.mark.parametrize("kind", ["cvae", "kgcvae"])
def test_dialog_models(kind):
    act = {"act": made.ACT} if kind == "kgcvae" else {}
    settings = completed({**made.TINY, "kind": kind, **act}, "model")
    check(build_model(made.run_of(settings), made.SIZE), made.drawn())


def test_in_float64(settings_of, tokens):
    check(model_of(settings_of(), WORDS).double(), tokens, rtol=1e-13)


def test_in_bfloat16(settings_of, tokens):
    model = model_of(settings_of(decoder__hidden_dim=64), WORDS)
    with torch.autocast("cpu", torch.bfloat16):
        check(model, tokens, rtol=1e-4)


def test_a_tied_output_layer_and_decoders_without_one_are_left_alone(settings_of):
    assert output_weights(model_of(settings_of(decoder__output="tied"), WORDS).decoder) == []
    image = {"kind": "image_vae", "latent_dim": 2}
    pixels = build_model(changed({**PARTS, "model": completed(image, "model")}), (8, 8))
    assert output_weights(pixels.decoder) == []


def test_blocks_and_two_uses_of_an_output_layer_make_one_sum(monkeypatch):
    monkeypatch.setattr(cross_entropy, "BLOCK_BYTES", (16 * 11 * 4,) * 2)
    layer = nn.Linear(6, 11)
    hidden = torch.randn(80, 6, requires_grad=True)
    targets = torch.randint(11, (80,))

    def loss():
        parts = zip(hidden.split(50), targets.split(50), strict=True)
        return sum(
            linear_cross_entropy(rows, layer.weight, layer.bias, wanted).sum() * scale
            for scale, (rows, wanted) in enumerate(parts, start=1)
        )

    expected = torch.autograd.grad(loss(), layer.weight)[0]
    with norm_only([layer.weight]) as sums:
        assert sums[0].norm() == 0
        loss().backward()
    for _ in range(2):
        torch.testing.assert_close(sums[0].norm(), expected.norm())


def test_afterwards_even_of_an_error_there_are_gradients_again():
    layer = nn.Linear(6, 11)
    with pytest.raises(ZeroDivisionError), norm_only([layer.weight]):
        assert gradient_sum(layer.weight) is not None
        raise ZeroDivisionError
    assert gradient_sum(layer.weight) is None
    nll = linear_cross_entropy(torch.ones(2, 6), layer.weight, None, torch.tensor([0, 1]))
    nll.sum().backward()
    assert layer.weight.grad.any()
