"""Word layers of which only the norm of the gradient is wanted."""

import exchanges as made
import pytest
import torch
from tiny import model_of
from torch import nn

from kl_annealing.models import build_model
from kl_annealing.models.cross_entropy import linear_cross_entropy
from kl_annealing.models.norm_only import GradientSum, gradient_sum, norm_only, word_layers
from kl_annealing.schema import completed

WORDS = 20
TEXT = {
    "plain": {},
    "two layers, no bias": {"decoder__layers": 2, "decoder__output_bias": False},
    "frozen last embedding": {"frozen_last_embedding": True},
    "tied": {"decoder__output": "tied"},
    "normalised": {"embedding": "normalised"},
    "shared": {"embedding": "shared", "encoder__embedding_dim": 6},
    "word dropout": {"decoder__word_dropout": 0.5},
}
WATCHED = {"tied": 1, "normalised": 1, "shared": 1}  # the others both layers


@pytest.fixture(params=TEXT)
def text(request, settings_of):
    return request.param, model_of(settings_of(**TEXT[request.param]), WORDS)


def losses(model, examples):
    torch.manual_seed(3)
    terms = model.terms(examples)
    return (terms.reconstruction + terms.kl).mean() + sum(
        each.mean() for each in terms.extras.values()
    )


def plain_and_counted(model, examples):
    """Return the gradients of a step, None for what has none, and those with the norms alone."""
    weights = dict(model.named_parameters())
    losses(model, examples).backward()
    plain = {name: weight.grad for name, weight in weights.items()}
    model.zero_grad(set_to_none=True)
    with norm_only(word_layers(model.decoder)) as sums:
        losses(model, examples).backward()
    counted = {name: weight.grad for name, weight in weights.items()}
    return plain, counted, [each.norm() for each in sums]


def check(plain, counted, norms):
    missing = [name for name in plain if plain[name] is not None and counted[name] is None]
    assert len(missing) == len(norms)
    expected = sorted(plain[name].norm() for name in missing)
    torch.testing.assert_close(sorted(norms), expected)
    assert all(norm > 0 for norm in norms)
    kept = [name for name in plain if counted[name] is not None]
    for name in kept:
        torch.testing.assert_close(counted[name], plain[name])


def test_norms_of_sentence_models_are_those_of_the_gradients(text, tokens):
    name, model = text
    plain, counted, norms = plain_and_counted(model, tokens)
    check(plain, counted, norms)
    assert len(norms) == WATCHED.get(name, 2)


@pytest.mark.parametrize("kind", ["cvae", "kgcvae"])
def test_norms_of_dialog_models_whose_contexts_read_the_same_words(kind):
    act = {"act": made.ACT} if kind == "kgcvae" else {}
    settings = completed({**made.TINY, "kind": kind, **act}, "model")
    model = build_model(made.run_of(settings), made.SIZE)
    plain, counted, norms = plain_and_counted(model, made.drawn())
    check(plain, counted, norms)
    assert len(norms) == 2


def test_in_bfloat16_the_norms_are_near_those_of_float32(settings_of, tokens):
    model = model_of(settings_of(decoder__hidden_dim=64), WORDS)
    _, _, exact = plain_and_counted(model, tokens)
    model.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        plain, counted, norms = plain_and_counted(model, tokens)
    assert counted["decoder.output.weight"] is None
    torch.testing.assert_close(norms[1], plain["decoder.output.weight"].norm(), rtol=1e-3, atol=0)
    torch.testing.assert_close(norms, exact, rtol=0.02, atol=0)


def test_only_calls_within_a_graph_are_counted(settings_of, tokens):
    model = model_of(settings_of(), WORDS)
    with norm_only(word_layers(model.decoder)) as sums:
        with torch.no_grad():
            losses(model, tokens)
        assert [float(each.norm()) for each in sums] == [0, 0]


def test_afterwards_even_of_an_error_all_is_as_before(settings_of, tokens):
    model = model_of(settings_of(), WORDS)
    layers = word_layers(model.decoder)
    with pytest.raises(ZeroDivisionError), norm_only(layers):
        assert all(gradient_sum(layer.weight) is not None for layer in layers)
        raise ZeroDivisionError
    assert all(gradient_sum(layer.weight) is None for layer in layers)
    losses(model, tokens).backward()
    assert all(weight.grad is not None for weight in model.parameters())


def test_parts_of_one_gradient_are_added_before_the_norm():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(5, 3, generator=generator) for _ in range(2))
    words, rows = torch.tensor([[1, 4], [1, 1]]), torch.randn(2, 2, 3, generator=generator)
    dense = torch.zeros(5, 3).index_add(0, words.flatten(), rows.flatten(0, 1))
    total = GradientSum()
    total.add_rows(words[:1], rows[:1])
    total.add_rows(words[1:], rows[1:])
    torch.testing.assert_close(total.norm(), dense.norm())
    total.add(first.clone())
    total.add(second)
    torch.testing.assert_close(total.norm(), (first + second + dense).norm())


def test_blocks_and_two_uses_of_an_output_layer_make_one_sum(monkeypatch):
    monkeypatch.setattr("kl_annealing.models.cross_entropy.BLOCK_BYTES", (16 * 11 * 4,) * 2)
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
    with norm_only([layer]) as sums:
        loss().backward()
    torch.testing.assert_close(sums[0].norm(), expected.norm())


def test_layers_of_images_and_of_a_parametrised_matrix_are_left_alone(settings_of):
    shared = model_of(settings_of(embedding="normalised"), WORDS)
    assert word_layers(shared.decoder) == [shared.decoder.output]
    assert word_layers(nn.Sequential()) == []
