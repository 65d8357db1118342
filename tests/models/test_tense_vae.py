"""The model of words in tenses: padding, parts of z, teacher forcing, and its options."""

import pytest
import torch
from machine import needs_bfloat16
from tiny_tenses import built, run_of
from torch.distributions import Normal, kl_divergence

from kl_annealing.data.tense.forms import Forms
from kl_annealing.examples import moved
from kl_annealing.generation.decoding import greedy
from kl_annealing.models import build_model

CPU = torch.device("cpu")
TENSES = built()
FORMS = moved(TENSES.train.forms, CPU)
OPTIONS = {
    "lstm": {},
    "gru": {"recurrent": "gru"},
    "embedding": {"condition": {"kind": "embedding", "width": 2}},
    "encoder": {"encoder_condition": True},
    "shared": {"shared_latent_map": True},
}


def model_of(**settings):
    torch.manual_seed(0)
    return build_model(run_of(settings), TENSES.size)


def rows(*places):
    return FORMS.mapped(lambda part: part[list(places)])


@pytest.mark.parametrize("forced", [True, False], ids=["forced", "free"])
@pytest.mark.parametrize("settings", OPTIONS.values(), ids=OPTIONS)
def test_a_word_does_not_depend_on_its_batch(settings, forced):
    """Neither on the others nor on the padding that they need."""
    model = model_of(**settings)
    noise = torch.randn(len(FORMS), model.latent_dim)
    together = model.terms(FORMS, noise, forced)
    for place, tokens in enumerate(FORMS.tokens):
        length = (tokens != 0).sum()
        word = Forms(tokens[None, :length], FORMS.tenses[[place]])
        alone = model.terms(word, noise[[place]], forced)
        for one, other in zip(alone[:2], together[:2], strict=True):
            assert torch.allclose(one[0], other[place], atol=1e-5)


def test_an_lstm_has_two_latent_variables_a_gru_one():
    for recurrent, names in (("lstm", ["kl_hidden", "kl_cell"]), ("gru", [])):
        model = model_of(recurrent=recurrent)
        assert model.latent_dim == 3 * max(1, len(names))
        terms = model.terms(FORMS)
        assert list(terms.extras) == names
        if names:
            assert torch.allclose(sum(terms.extras.values()), terms.kl)


def test_the_kl_is_that_of_two_independent_gaussians():
    model = model_of()
    posterior = model.encode(FORMS)
    normal = Normal(posterior.mu, torch.exp(posterior.logvar / 2))
    expected = kl_divergence(normal, Normal(0.0, 1.0)).sum(-1)
    assert torch.allclose(model.terms(FORMS).kl, expected, atol=1e-6)


def test_the_likelihood_is_that_of_letter_after_letter():
    model = model_of()
    z = torch.randn(len(FORMS), model.latent_dim)
    codes = model.codes(FORMS.tenses, z)
    state, total = model.decoder.start(codes), torch.zeros(len(FORMS))
    for last, following in zip(FORMS.tokens.T, FORMS.tokens.T[1:], strict=False):
        log_p, state = model.decoder.step(last, codes, state)
        total -= torch.where(following == 0, 0, log_p.gather(1, following[:, None])[:, 0])
    assert torch.allclose(model.reconstruction(FORMS, z), total, atol=1e-5)


def test_without_teacher_forcing_the_decoder_reads_its_likeliest_letters():
    """Of a word that is what the decoder says, both losses are one; of another they are not."""
    model = model_of()
    z = torch.randn(1, model.latent_dim).expand(4, -1)
    tenses = torch.arange(4)
    said = greedy(model.decoder, model.codes(tenses, z), 5).tokens
    tokens = torch.cat([torch.full((4, 1), 2), said], dim=1)
    codes = model.codes(tenses, z)
    free, forced = (
        model.decoder.free_running_loss(tokens, codes),
        model.decoder.negative_log_likelihood(tokens, codes),
    )
    assert torch.allclose(free, forced, atol=1e-5)
    assert not torch.allclose(
        model.terms(FORMS, torch.zeros(20, 6), forced=False).reconstruction,
        model.terms(FORMS, torch.zeros(20, 6)).reconstruction,
    )


def test_the_tense_reaches_the_decoder_and_the_encoder_where_it_is_asked():
    z = torch.zeros(1, 6)
    other = Forms(FORMS.tokens, (FORMS.tenses + 1) % 4)
    for settings in OPTIONS.values():
        model = model_of(**settings)
        z = torch.zeros(len(FORMS), model.latent_dim)
        assert not torch.allclose(model.reconstruction(FORMS, z), model.reconstruction(other, z))
        told = settings.get("encoder_condition", False)
        assert torch.equal(model.encode(FORMS).mu, model.encode(other).mu) != told


@pytest.mark.parametrize("recurrent", ["lstm", "gru"])
def test_the_encoder_starts_from_zeros_and_then_its_condition(recurrent):
    model = model_of(recurrent=recurrent, encoder_condition=True)
    encoder, word = model.encoder, rows(2)  # going, of the third tense
    start = torch.tensor([0.0] * 5 + [0, 0, 1, 0]).view(1, 1, 9)
    first = (start, start) if recurrent == "lstm" else start
    letters = encoder.embedding(word.tokens[:, : len("<going>")].T)
    _, last = encoder.recurrent.units(letters, first)
    states = last if recurrent == "lstm" else (last,)
    means = [head(state[0]).mu for head, state in zip(encoder.heads, states, strict=True)]
    assert torch.allclose(model.encode(word).mu, torch.cat(means, dim=-1), atol=1e-6)


def test_the_published_slip_maps_both_parts_of_z_alike():
    for shared in (True, False):
        model = model_of(shared_latent_map=shared)
        z = torch.randn(5, 3)
        hidden, cell = model.decoder.start(torch.cat([z, z, torch.eye(4)[[0] * 5]], dim=-1))
        assert torch.equal(hidden, cell) == shared
        assert torch.equal(hidden[0, :, -4:], torch.eye(4)[[0] * 5])


@needs_bfloat16
def test_bfloat16_is_near_float32():
    model = model_of(hidden_dim=32)
    noise = torch.zeros(len(FORMS), model.latent_dim)
    exact = model.terms(FORMS, noise)
    with torch.autocast("cpu", torch.bfloat16):
        for forced in (True, False):
            rough = model.terms(FORMS, noise, forced=forced)
            assert rough.kl_parts.dtype == torch.float32
    assert torch.allclose(exact.kl, rough.kl, rtol=0.1)
