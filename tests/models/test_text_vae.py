import pytest
import torch
from machine import needs_bfloat16
from plain_loss import plainly
from tiny import model_of
from torch import nn

from kl_annealing.models.interfaces import Decoder, SentenceModel
from kl_annealing.objectives import Objective

VOCABULARY = 20
loss = Objective().loss
VARIANTS = {
    "Fu et al.": {},
    "He et al.": {
        "encoder__head_bias": False,
        "decoder__initial_state": "cell",
        "decoder__latent_bias": False,
        "decoder__output_bias": False,
        "frozen_last_embedding": True,
    },
    "two layers": {"encoder__layers": 2, "decoder__layers": 2},
}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS.keys())
def settings(request, settings_of):
    return settings_of(**request.param)


def cell_by_hand(lstm: nn.LSTM, layer: int, x, h, c):
    """One LSTM step from the textbook equations."""
    w_ih, w_hh, b_ih, b_hh = (
        getattr(lstm, f"{name}_l{layer}")
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    i, f, g, o = (x @ w_ih.t() + b_ih + h @ w_hh.t() + b_hh).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def read_by_hand(lstm: nn.LSTM, inputs, hidden, cell):
    """Run all layers over inputs [L, E] of one sentence; return the top outputs [L, H]."""
    outputs = []
    for x in inputs:
        for layer in range(lstm.num_layers):
            hidden[layer], cell[layer] = cell_by_hand(lstm, layer, x, hidden[layer], cell[layer])
            x = hidden[layer]
        outputs.append(x)
    return torch.stack(outputs)


def terms_by_hand(model, settings, sentence, noise):
    """Reconstruction and KL of one sentence, written down from the papers."""
    weights = dict(model.named_parameters())
    encoder, decoder = model.encoder, model.decoder
    zeros = torch.zeros(2, settings["encoder"]["hidden_dim"])
    last = read_by_hand(encoder.lstm, encoder.embedding.weight[sentence], list(zeros), list(zeros))
    head = weights["encoder.head.weight"] @ last[-1]
    if settings["encoder"]["head_bias"]:
        head = head + weights["encoder.head.bias"]
    mu, logvar = head[:3], head[3:]
    z = mu + noise * torch.exp(logvar / 2)
    kl = -0.5 * (1 + logvar - mu**2 - torch.exp(logvar)).sum()
    start = weights["decoder.latent.weight"] @ z
    if settings["decoder"]["latent_bias"]:
        start = start + weights["decoder.latent.bias"]
    zeros = torch.zeros(2, settings["decoder"]["hidden_dim"])
    hidden, cell = list(zeros), list(zeros.clone())
    top = settings["decoder"]["layers"] - 1
    if settings["decoder"]["initial_state"] == "hidden":
        hidden[top] = start
    else:
        hidden[top], cell[top] = torch.tanh(start), start
    inputs = torch.stack([torch.cat([decoder.embedding.weight[w], z]) for w in sentence[:-1]])
    outputs = read_by_hand(decoder.lstm, inputs, hidden, cell)
    logits = outputs @ weights["decoder.output.weight"].t()
    if settings["decoder"]["output_bias"]:
        logits = logits + weights["decoder.output.bias"]
    log_probabilities = torch.log_softmax(logits, dim=-1)
    picked = [log_probabilities[t, word] for t, word in enumerate(sentence[1:])]
    return -sum(picked), kl


def test_terms_are_those_written_by_hand(settings, tokens, noise):
    model = model_of(settings, VOCABULARY).eval()
    terms = model.terms(tokens, noise)
    pairs = [terms_by_hand(model, settings, *pair) for pair in zip(tokens, noise, strict=True)]
    expected = torch.tensor([[part.item() for part in pair] for pair in pairs])
    torch.testing.assert_close(terms.reconstruction, expected[:, 0])
    torch.testing.assert_close(terms.kl, expected[:, 1])
    assert not terms.extras


def test_gradients_are_those_of_the_terms_written_by_hand(settings, tokens, noise):
    model = model_of(settings, VOCABULARY).eval()
    loss(model.terms(tokens, noise), 0.3).backward()
    found = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    pairs = [terms_by_hand(model, settings, *pair) for pair in zip(tokens, noise, strict=True)]
    (sum(rec + 0.3 * kl for rec, kl in pairs) / len(pairs)).backward()
    for name, parameter in model.named_parameters():
        expected = parameter.grad.clone()
        if settings["frozen_last_embedding"] and name == "decoder.embedding.weight":
            expected[-1] = 0
        torch.testing.assert_close(found[name], expected, rtol=1e-4, atol=1e-6, msg=name)


def test_shapes(settings, tokens, noise):
    model = model_of(settings, VOCABULARY)
    posterior = model.encode(tokens)
    assert posterior.mu.shape == posterior.logvar.shape == (6, 3)
    z = posterior.draw(noise).z
    assert model.reconstruction(tokens, z).shape == (6,)
    assert model.latent_dim == 3
    assert [s.shape for s in model.decoder.start(z)] == [
        (settings["decoder"]["layers"], 6, settings["decoder"]["hidden_dim"])
    ] * 2


def test_sentences_do_not_mix(settings, tokens, noise):
    model = model_of(settings, VOCABULARY).eval()
    together = model.terms(tokens, noise)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    permuted = model.terms(tokens[order], noise[order])
    alone = [model.terms(tokens[i : i + 1], noise[i : i + 1]) for i in range(6)]
    for number in (0, 1):
        torch.testing.assert_close(permuted[number], together[number][order])
        torch.testing.assert_close(torch.cat([a[number] for a in alone]), together[number])


def test_step_by_step_equals_all_at_once(settings, tokens, noise):
    model = model_of(settings, VOCABULARY).eval()
    state, picked = model.decoder.start(noise), []
    for position in range(8):
        found, state = model.decoder.step(tokens[:, position], noise, state)
        torch.testing.assert_close(found.exp().sum(-1), torch.ones(6))
        picked.append(found.gather(1, tokens[:, position + 1, None])[:, 0])
    expected = -torch.stack(picked).sum(0)
    torch.testing.assert_close(model.reconstruction(tokens, noise), expected)
    torch.testing.assert_close(model.reconstruction(tokens, noise, plainly), expected)


def test_it_is_what_evaluation_and_generation_ask_for(settings):
    model = model_of(settings, VOCABULARY)
    assert isinstance(model, SentenceModel) and isinstance(model.decoder, Decoder)


def test_later_words_do_not_change_earlier_predictions(settings, tokens, noise):
    model = model_of(settings, VOCABULARY).eval()
    changed = tokens.clone()
    changed[:, 5] = 4
    before, after = (model.decoder.outputs(words, noise) for words in (tokens, changed))
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_initialisation_is_uniform_with_two_widths(settings_of):
    model = model_of(settings_of(decoder__hidden_dim=64), 500)
    for name, parameter in model.named_parameters():
        width = 0.7 if "embedding" in name else 0.4
        assert parameter.abs().max() <= width, name
        assert parameter.min() < -0.5 * width, name
        assert parameter.max() > 0.5 * width, name


def test_initialisation_follows_the_seed(settings):
    def build(seed):
        torch.manual_seed(seed)
        return model_of(settings, VOCABULARY).state_dict()

    one, same, other = build(1), build(1), build(2)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("optimiser", [torch.optim.Adam, torch.optim.SGD])
def test_frozen_last_embedding_never_moves(settings_of, tokens, optimiser):
    tokens = tokens.clone()
    tokens[:, 2] = VOCABULARY - 1
    for frozen in (True, False):
        model = model_of(settings_of(frozen_last_embedding=frozen), VOCABULARY)
        before = model.decoder.embedding.weight[-1].clone()
        steps = optimiser(model.parameters(), lr=0.1)
        for _ in range(3):
            steps.zero_grad()
            loss(model.terms(tokens), 1.0).backward()
            steps.step()
        assert torch.equal(model.decoder.embedding.weight[-1], before) == frozen
        assert model.encoder.embedding.weight.grad[-1].abs().sum() > 0


def test_language_model_has_no_latent(settings_of, tokens):
    model = model_of(settings_of(kind="autoreg"), VOCABULARY).eval()
    assert model.latent_dim == 0
    assert not any("encoder" in name or "latent" in name for name, _ in model.named_parameters())
    assert model.encode(tokens).mu.shape == (6, 0)
    terms = model.terms(tokens)
    assert terms.kl.tolist() == [0.0] * 6
    assert torch.equal(terms.reconstruction, model.terms(tokens).reconstruction)
    hidden, cell = model.decoder.start(torch.zeros(6, 0))
    assert not hidden.any()
    assert not cell.any()
    loss(model.terms(tokens), 1.0).backward()
    assert all(p.grad is not None for p in model.parameters())


def test_dropout_acts_in_training_alone(settings_of, tokens, noise):
    model = model_of(settings_of(), VOCABULARY)
    dropped = [model.terms(tokens, noise).reconstruction for _ in range(2)]
    assert not torch.equal(*dropped)
    model.eval()
    whole = [model.terms(tokens, noise).reconstruction for _ in range(2)]
    assert torch.equal(*whole)


@needs_bfloat16
def test_bfloat16_stays_near_float32(settings_of):
    settings = settings_of(
        latent_dim=16,
        encoder__hidden_dim=64,
        encoder__embedding_dim=64,
        decoder__hidden_dim=64,
        decoder__embedding_dim=64,
    )
    model = model_of(settings, 1000).eval()
    generator = torch.Generator().manual_seed(3)
    tokens = torch.randint(4, 1000, (64, 22), generator=generator)
    noise = torch.randn(64, 16, generator=generator)
    with torch.no_grad():
        exact = model.terms(tokens, noise)
        with torch.autocast("cpu", torch.bfloat16):
            reduced = model.terms(tokens, noise)
    assert reduced.reconstruction.dtype == reduced.kl.dtype == torch.float32
    difference = (reduced.reconstruction + reduced.kl) - (exact.reconstruction + exact.kl)
    relative = difference / (exact.reconstruction + exact.kl)
    assert relative.abs().max() < 0.01
    assert relative.mean().abs() < 0.001


def test_reconstruction_can_be_differentiated_twice_in_z(settings_of, tokens, noise):
    model = model_of(settings_of(), VOCABULARY).double().eval()
    z = noise[:2].double().requires_grad_()
    assert torch.autograd.gradgradcheck(
        lambda z: model.reconstruction(tokens[:2], z, plainly), (z,)
    )


def test_weights_survive_saving(settings, tokens, noise, tmp_path):
    model = model_of(settings, VOCABULARY).eval()
    torch.save(model.state_dict(), tmp_path / "model.pt")
    other = model_of(settings, VOCABULARY).eval()
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    for one, two in zip(
        model.terms(tokens, noise)[:2], other.terms(tokens, noise)[:2], strict=True
    ):
        assert torch.equal(one, two)
