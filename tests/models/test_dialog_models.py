"""The networks of the CVAE and the kgCVAE against plain loops, and what others ask of them."""

import dataclasses

import exchanges as made
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from kl_annealing.evaluation.likelihood import bounds, reconstructions
from kl_annealing.generation.decoding import decode
from kl_annealing.models import build_model
from kl_annealing.models.interfaces import Decoder, SentenceModel
from kl_annealing.objectives import Objective
from kl_annealing.schema import completed
from kl_annealing.training.validation import measured

VARIANTS = {
    "cvae": {"kind": "cvae"},
    "cvae with PyTorch's unit": {"kind": "cvae", "gru": "torch"},
    "kgcvae": {"kind": "kgcvae", "act": made.ACT},
    "kgcvae, published": {"kind": "kgcvae", "act": {**made.ACT, "rectified": True}},
}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def settings(request):
    return completed({**made.TINY, **request.param}, "model")


@pytest.fixture
def model(settings):
    return built(settings)


@pytest.fixture
def exchanges():
    return made.drawn()


@pytest.fixture
def noise():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(made.COUNT, 3, generator=generator, dtype=torch.float64)


def built(settings):
    """Return a model in float64 whose biases are not all alike."""
    model = build_model(made.run_of(settings), made.SIZE).double().eval()
    generator = torch.Generator().manual_seed(5)
    for name, parameter in model.named_parameters():
        if "bias" in name:
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator).double()
    return model


def linear(weights, name, x):
    return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]


def read(weights, name, kind, inputs, h):
    """The states of a recurrent unit over vectors; `name` has the suffix of the direction."""
    place, suffix = name
    w, u, b = (
        weights[f"{place}.{part}_{suffix}"] for part in ("weight_ih", "weight_hh", "bias_ih")
    )
    again = weights.get(f"{place}.bias_hh_{suffix}", torch.zeros_like(b))
    n, states = len(h), []
    for x in inputs:
        reset = torch.sigmoid(w[:n] @ x + u[:n] @ h + b[:n] + again[:n])
        middle = slice(n, 2 * n)
        update = torch.sigmoid(w[middle] @ x + u[middle] @ h + b[middle] + again[middle])
        if kind == "tensorflow":
            candidate = torch.tanh(w[2 * n :] @ x + u[2 * n :] @ (reset * h) + b[2 * n :])
        else:
            after = u[2 * n :] @ h + again[2 * n :]
            candidate = torch.tanh(w[2 * n :] @ x + b[2 * n :] + reset * after)
        h = update * h + (1 - update) * candidate
        states.append(h)
    return states


def utterance_by_hand(weights, kind, tokens):
    words = [weights["decoder.embedding.weight"][word] for word in tokens if word]
    zeros = torch.zeros(5, dtype=torch.float64)
    place = "conditions.utterances.gru"
    forward = read(weights, (place, "l0"), kind, words, zeros)
    backward = read(weights, (place, "l0_reverse"), kind, words[::-1], zeros)
    return torch.cat([forward[-1], backward[-1]])


def terms_by_hand(model, settings, exchange, noise):
    """Reconstruction, KL, bag of words and dialog act of one exchange, from the paper."""
    weights, kind = dict(model.named_parameters()), settings["gru"]
    words, one_hot = weights["decoder.embedding.weight"], torch.eye(2, dtype=torch.float64)
    zeros = torch.zeros(6, dtype=torch.float64)
    before = [
        torch.cat([utterance_by_hand(weights, kind, utterance), one_hot[floor]])
        for utterance, floor in zip(exchange.context[0], exchange.floors[0], strict=True)
        if utterance.any()
    ]
    context = read(weights, ("conditions.context", "l0"), kind, before, zeros)[-1]
    topic = weights["conditions.topics.weight"][exchange.topics[0]]
    condition = torch.cat([topic, *exchange.profiles[0].double(), context])
    sentence = [word for word in exchange.tokens[0] if word]
    evidence, told = [condition, utterance_by_hand(weights, kind, sentence)], words[0, :0]
    if "act" in settings:
        told = weights["decoder.acts.embedding.weight"][exchange.acts[0]]
        evidence.append(torch.tanh(linear(weights, "encoder.of_act.0", told)))
    mu, logvar = linear(weights, "encoder.head", torch.cat(evidence)).chunk(2)
    hidden = torch.tanh(linear(weights, "prior.0", condition))
    prior_mu, prior_logvar = linear(weights, "prior.2", hidden).chunk(2)
    kl = kl_divergence(
        Normal(mu, torch.exp(logvar / 2)), Normal(prior_mu, torch.exp(prior_logvar / 2))
    )
    code = torch.cat([condition, mu + noise * torch.exp(logvar / 2)])
    start = linear(weights, "decoder.latent", torch.cat([code, told]))
    inputs = [torch.cat([words[word], told]) for word in sentence[:-1]]
    states = read(weights, ("decoder.gru", "l0"), kind, inputs, start)
    rec = sum(
        -torch.log_softmax(linear(weights, "decoder.output", state), 0)[word]
        for state, word in zip(states, sentence[1:], strict=True)
    )
    bag = torch.tanh(linear(weights, "heads.bag_of_words.hidden", code))
    bag = torch.log_softmax(linear(weights, "heads.bag_of_words.output", bag), 0)
    extras = {"bag_of_words": -sum(bag[word] for word in sentence[1:])}
    if "act" in settings:
        logits = torch.tanh(linear(weights, "decoder.acts.hidden", code))
        logits = linear(weights, "decoder.acts.output", logits)
        logits = logits.clamp(min=0) if settings["act"]["rectified"] else logits
        act = int(exchange.acts[0])
        extras["dialog_act"] = -torch.log_softmax(logits, 0)[act - 1] if act else rec * 0
    return rec, kl, extras


def all_by_hand(model, settings, exchanges, noise):
    """The terms of all exchanges, stacked as a model has them."""
    rows = [
        terms_by_hand(model, settings, made.chosen(exchanges, [row]), noise[row])
        for row in range(made.COUNT)
    ]
    rec, kl, extras = zip(*rows, strict=True)
    extras = {name: torch.stack([row[name] for row in extras]) for name in extras[0]}
    return torch.stack(rec), torch.stack(kl), extras


def test_terms_and_gradients_are_those_written_by_hand(model, settings, exchanges, noise):
    terms = model.terms(exchanges, noise)
    rec, kl, extras = all_by_hand(model, settings, exchanges, noise)
    torch.testing.assert_close(terms.reconstruction, rec)
    torch.testing.assert_close(terms.kl_parts, kl)
    assert terms.extras.keys() == extras.keys()
    for name, values in extras.items():
        torch.testing.assert_close(terms.extras[name], values)
    parameters = dict(model.named_parameters())
    loss = Objective.of(made.run_of(settings)["objective"]).loss(terms, 0.3)
    found = torch.autograd.grad(loss, parameters.values())
    by_hand = (rec + 0.3 * kl.sum(-1) + sum(extras.values())).mean()
    expected = torch.autograd.grad(by_hand, parameters.values())
    for name, one, two in zip(parameters, found, expected, strict=True):
        if name.endswith(("embedding.weight", "topics.weight")):
            two[0] = 0  # what is unknown has no vector, and learns none
        torch.testing.assert_close(one, two, msg=name)


def test_padding_and_the_rest_of_the_batch_change_nothing(model, exchanges, noise):
    def numbers(exchanges, noise):
        terms = model.terms(exchanges, noise)
        return torch.stack([terms.reconstruction, terms.kl, *terms.extras.values()])

    whole = numbers(exchanges, noise)
    torch.testing.assert_close(numbers(made.widened(exchanges), noise), whole)
    order = [3, 0, 5, 1, 4, 2]
    torch.testing.assert_close(
        numbers(made.chosen(exchanges, order), noise[order]), whole[:, order]
    )
    for row in range(made.COUNT):
        alone = numbers(made.chosen(exchanges, [row]), noise[[row]])
        torch.testing.assert_close(alone, whole[:, [row]])


def test_the_condition_knows_nothing_of_the_response(model, exchanges):
    other = dataclasses.replace(exchanges, tokens=made.drawn(4).tokens, acts=exchanges.acts * 0)
    one, two = model.conditioned(exchanges), model.conditioned(other)
    torch.testing.assert_close(one.condition, two.condition)
    torch.testing.assert_close(model.prior_of(one), model.prior_of(two))
    assert not torch.isclose(model.encode(one).mu, model.encode(two).mu).any()


@pytest.mark.parametrize("part", ["topics", "profiles", "floors", "context"])
def test_the_condition_depends_on_each_of_its_parts(model, exchanges, part):
    changed = dataclasses.replace(exchanges, **{part: getattr(exchanges, part).flip(0)})
    if part == "floors":
        changed = dataclasses.replace(exchanges, floors=1 - exchanges.floors)
    one, two = (model.conditioned(each).condition for each in (exchanges, changed))
    assert (one - two).abs().sum(1).min() > 0


def test_shapes(model, exchanges, noise):
    found = model.conditioned(exchanges)
    assert len(found) == made.COUNT and found.numel() == exchanges.tokens.numel()
    assert found.condition.shape == (made.COUNT, 2 + 8 + 6)
    assert model.encode(found).mu.shape == model.prior_of(found).logvar.shape == (made.COUNT, 3)
    assert model.codes(found, noise).shape == (made.COUNT, 2 + 8 + 6 + 3)
    assert model.latent_dim == 3
    assert isinstance(model, SentenceModel) and isinstance(model.decoder, Decoder)


def certain_of_act(model, act):
    """Let a kgCVAE predict one act with probability 1."""
    if hasattr(model, "acts"):
        model.decoder.acts.output.weight.data.zero_()
        model.decoder.acts.output.bias.data.zero_()[act - 1] = 1e4


def test_step_by_step_equals_all_at_once(model, exchanges, noise):
    certain_of_act(model, 2)
    found = model.conditioned(dataclasses.replace(exchanges, acts=exchanges.acts * 0 + 2))
    code = model.codes(found, noise)
    state, total = model.decoder.start(code), torch.zeros(made.COUNT, dtype=torch.float64)
    for word, following in zip(found.tokens.T[:-1], found.tokens.T[1:], strict=True):
        log_p, state = model.decoder.step(word, code, state)
        torch.testing.assert_close(log_p.exp().sum(-1), torch.ones_like(total))
        picked = log_p.gather(1, following[:, None])[:, 0]
        total = total + torch.where(following > 0, picked, 0)
    torch.testing.assert_close(model.reconstruction(found, noise), -total)


@pytest.mark.parametrize("method", ["greedy", "beam", "sample"])
@torch.no_grad()
def test_what_is_decoded_has_the_probability_that_is_told(model, exchanges, noise, method):
    certain_of_act(model, 1)
    found = model.conditioned(dataclasses.replace(exchanges, acts=exchanges.acts * 0 + 1))
    code, generator = model.codes(found, noise), torch.Generator().manual_seed(0)
    decoded = decode(model.decoder, code, {"method": method}, generator, maximum_length=6)
    tokens = torch.cat([torch.full((made.COUNT, 1), 2), decoded.tokens], dim=1)
    said = dataclasses.replace(found, tokens=tokens)
    nll = model.reconstruction(said, noise)
    torch.testing.assert_close(-decoded.log_probability, nll, check_dtype=False)


def test_some_of_the_words_estimate_the_probability_of_a_response(model, exchanges, noise):
    z = noise + 0.05 * torch.randn(30, made.COUNT, 3, generator=torch.Generator().manual_seed(1))
    words = model.decoder.vocabulary_size - 2
    with torch.no_grad():
        examples = model.conditioned(exchanges)
        exact, found = (reconstructions(model, examples, z, words=n) for n in (None, words))
    torch.testing.assert_close(found, exact, rtol=0, atol=0.01)
    assert (found - exact).abs().max() > 1e-4


def test_evaluation_and_validation_take_many_samples(model, exchanges):
    noise = torch.randn(4, made.COUNT, 3, dtype=torch.float64)
    with torch.no_grad():
        one_by_one = [model.terms(exchanges, each) for each in noise]
        found = bounds(model, exchanges, noise, 4, 1)
        seen, gaussian = measured(model, exchanges, noise)
    rec = torch.stack([terms.reconstruction for terms in one_by_one]).mean(0)
    torch.testing.assert_close(found["rec"], rec)
    torch.testing.assert_close(seen.reconstruction, rec)
    torch.testing.assert_close(found["kl"], one_by_one[0].kl)
    torch.testing.assert_close(seen.kl, one_by_one[0].kl)
    assert gaussian
    encoded = model.conditioned(exchanges)
    posterior, prior = model.encode(encoded), model.prior_of(encoded)
    z = posterior.draw(noise).z[0]
    torch.testing.assert_close(seen.z, (z - prior.mu) * torch.exp(-0.5 * prior.logvar))
    ratio = posterior.log_density(z) - prior.log_density(z)
    torch.testing.assert_close(found["iw_nll"], one_by_one[0].reconstruction + ratio)


def test_training_lowers_the_loss(settings, exchanges, noise):
    model, objective = built(settings), Objective.of(made.run_of(settings)["objective"])
    optimiser, losses = torch.optim.Adam(model.parameters(), lr=0.01), []
    for _ in range(20):
        optimiser.zero_grad()
        loss = objective.loss(model.terms(exchanges, noise), 1.0)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[1] < losses[0] and losses[-1] < 0.8 * losses[0]
    for name, parameter in model.named_parameters():
        if name.endswith(("embedding.weight", "topics.weight")):
            assert not parameter[0].any()


def test_the_same_seed_gives_the_same_numbers(settings, exchanges):
    def numbers():
        torch.manual_seed(7)
        model = build_model(made.run_of(settings), made.SIZE)
        terms = model.terms(exchanges)
        terms.reconstruction.sum().backward()
        return [*terms[:2], *(p.grad for p in model.parameters() if p.grad is not None)]

    assert all(map(torch.equal, numbers(), numbers()))


def test_weights_survive_saving(model, settings, exchanges, noise, tmp_path):
    torch.save(model.state_dict(), tmp_path / "model.pt")
    torch.manual_seed(9)
    other = build_model(made.run_of(settings), made.SIZE).double()
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    one, two = (each.terms(exchanges, noise).reconstruction for each in (model, other))
    assert torch.equal(one, two)


def test_bfloat16_stays_near_float32(settings, exchanges, noise):
    model = build_model(made.run_of(settings), made.SIZE).eval()
    with torch.no_grad():
        exact = model.terms(exchanges, noise.float())
        with torch.autocast("cpu", torch.bfloat16):
            reduced = model.terms(exchanges, noise.float())
    assert reduced.kl.dtype == torch.float32
    for one, two in zip(exact[:2], reduced[:2], strict=True):
        torch.testing.assert_close(two, one, rtol=0.02, atol=0.01)


def test_without_a_bag_of_words_there_is_no_head(settings, exchanges):
    run = made.run_of(settings)
    run["objective"]["bag_of_words"] = 0
    model = build_model(run, made.SIZE)
    assert not any("heads" in name for name in model.state_dict())
    assert "bag_of_words" not in model.terms(exchanges).extras
