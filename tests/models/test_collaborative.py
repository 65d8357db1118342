import pytest
import torch
from tiny import PARTS

from kl_annealing.evaluation.likelihood import bounds, reconstructions
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models import build_model
from kl_annealing.models.interfaces import Decoder, SentenceModel


@pytest.fixture
def model(settings_of):
    settings = settings_of(kind="cved", perceptron_dim=6)
    return build_model({**PARTS, "model": settings}, 20)


def test_the_posterior_and_the_generated_code_are_perceptrons_of_the_code(model, tokens):
    code, (_, (hidden, _)) = (
        model.encoder(tokens),
        model.encoder.lstm(model.encoder.embedding(tokens)),
    )
    torch.testing.assert_close(code, hidden[-1])
    first, _, second, _, head = model.recogniser
    inner = torch.tanh(second(torch.tanh(first(code))))
    mu, logvar = (inner @ head.weight.T + head.bias).chunk(2, -1)
    posterior = model.encode(tokens)
    assert isinstance(posterior, DiagonalGaussian)
    torch.testing.assert_close(posterior.mu, mu)
    torch.testing.assert_close(posterior.logvar, logvar)
    lower, _, upper, _ = model.decoder.generator
    expected = torch.tanh(upper(torch.tanh(lower(mu))))
    torch.testing.assert_close(model.decoder.code(mu), expected)
    assert model.latent_dim == 3 and expected.shape == code.shape


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_decoder_gets_the_code_or_the_generated_one(model, tokens, share):
    model.eval()
    torch.manual_seed(5)
    terms = model.terms(tokens, share=share)
    torch.manual_seed(5)
    draw = model.encode(tokens).draw()
    code, made = model.encoder(tokens), model.decoder.code(draw.z)
    used = made if share else code
    expected = model.decoder.text.negative_log_likelihood(tokens, used)
    torch.testing.assert_close(terms.reconstruction, expected)
    error = (code - made).square().sum(-1) / 2
    torch.testing.assert_close(terms.extras["code_error"], error)
    if share:
        torch.testing.assert_close(model.reconstruction(tokens, draw.z), expected)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_gradient_of_the_words_goes_through_the_code_they_are_decoded_from(
    model, tokens, share
):
    model.eval()
    weights = list(model.parameters())
    torch.manual_seed(5)
    terms = model.terms(tokens, share=share)
    found = torch.autograd.grad(terms.reconstruction.sum(), weights, materialize_grads=True)
    torch.manual_seed(5)
    code = model.encoder(tokens)
    mu, logvar = model.recogniser(code)
    made = model.decoder.generator(mu + torch.exp(logvar / 2) * torch.randn_like(mu))
    words = model.decoder.text.negative_log_likelihood(tokens, made if share else code)
    expected = torch.autograd.grad(words.sum(), weights, materialize_grads=True)
    torch.testing.assert_close(found, expected)


def test_a_share_is_the_probability_of_a_generated_code(model):
    model.eval()
    sentence = torch.tensor([[2, 7, 8, 3]])
    with torch.no_grad():
        of_code = model.terms(sentence, share=0.0).reconstruction
        found = model.terms(sentence.expand(4000, -1), share=0.3).reconstruction
    kept = torch.isclose(found, of_code).float().mean().item()
    assert kept == pytest.approx(0.7, abs=0.04)


def test_each_parameter_belongs_to_one_phase(model):
    both = [*model.autoencoder, *model.variational]
    assert sorted(map(id, both)) == sorted(map(id, model.parameters()))


def test_it_is_a_model_of_sentences_with_bounds(model, tokens):
    model.eval()
    assert isinstance(model, SentenceModel) and isinstance(model.decoder, Decoder)
    noise = torch.randn(2000, 6, 3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = bounds(model, tokens, noise, 2000, 2000)
    assert (found["iw_nll"] <= found["rec"] + found["kl"]).all()


def test_some_of_the_words_estimate_the_probability_of_the_sentence(model, tokens, noise):
    model.eval()
    z = noise + 0.05 * torch.randn(30, 6, 3, generator=torch.Generator().manual_seed(1))
    words = model.decoder.vocabulary_size - 2
    with torch.no_grad():
        exact, found = (reconstructions(model, tokens, z, words=n) for n in (None, words))
    torch.testing.assert_close(found, exact, rtol=0, atol=0.01)
    assert (found - exact).abs().max() > 1e-4


def test_words_one_by_one_have_the_probability_of_the_sentence(model, tokens, noise):
    model.eval()
    state, total = model.decoder.start(noise), torch.zeros(6)
    for now, following in zip(tokens[:, :-1].T, tokens[:, 1:].T, strict=True):
        log_p, state = model.decoder.step(now, noise, state)
        total -= log_p.gather(1, following[:, None])[:, 0]
    torch.testing.assert_close(total, model.reconstruction(tokens, noise))
