import pytest
import torch
from tiny import PARTS, model_of

from kl_annealing.config.composition import composition_problems, sentence_length_problems
from kl_annealing.errors import InputError
from kl_annealing.evaluation.likelihood import bounds, reconstructions
from kl_annealing.makers import paths_of_parts
from kl_annealing.models import build_model
from kl_annealing.schema import completed

CNN = {
    "kind": "cnn", "embedding_dim": 6, "hidden_dim": 7, "filters": [3, 4], "length": 9,
    "first_layer": "drawn", "head_bias": True,
}  # fmt: skip
VOCABULARY = 20
PUBLISHED = completed(
    {
        "kind": "vae", "latent_dim": 256, "encoder": {"kind": "cnn"},
        "decoder": {"output": "tied"}, "embedding": "shared",
        "initialisation": {"scheme": "xavier", "embeddings": 0.001},
    },
    "model",
)  # fmt: skip


@pytest.fixture
def settings(settings_of):
    return settings_of(encoder=CNN)


@pytest.fixture
def shared(settings_of):
    return settings_of(encoder=CNN, embedding="shared", decoder__output="tied")


def test_published_sizes():
    model = model_of(PUBLISHED, 3641)
    shapes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    assert model.encoder.positions == 25
    assert shapes["encoder.first.weight"] == (300, 256, 5)
    assert shapes["encoder.second.weight"] == (600, 300, 5)
    assert shapes["encoder.third.weight"] == (900, 600, 4)
    assert shapes["encoder.head.weight"] == (512, 900)
    lengths = []
    for layer in (model.encoder.first, model.encoder.second, model.encoder.third):
        layer.register_forward_hook(lambda module, inputs, output: lengths.append(output.shape[2]))
    model.encode(torch.tensor([[2, 5, 3]]))
    assert lengths == [11, 4, 1]


def test_published_start():
    model = model_of(PUBLISHED, 300)
    encoder, decoder = model.encoder, model.decoder
    for constant in (encoder.first.weight, encoder.first.bias, encoder.second.bias):
        assert (constant == 0.001).all()
    assert not encoder.third.bias.any()
    assert not encoder.head.bias.any()
    bound = (6 / (600 * 4 + 900 * 4)) ** 0.5
    assert 0.95 * bound < encoder.third.weight.abs().max() <= bound
    bound = (6 / (256 + 256 + 256 + 4 * 256)) ** 0.5
    for weight in (decoder.lstm.weight_ih_l0, decoder.lstm.weight_hh_l0):
        assert 0.95 * bound < weight.abs().max() <= bound
    gates = decoder.lstm.bias_ih_l0.view(4, -1)
    assert gates.mean(1).tolist() == [0, 1, 0, 0]
    assert not decoder.lstm.bias_hh_l0.any()
    small = [
        decoder.embedding.parametrizations.weight.original,
        decoder.projection.weight,
        decoder.output.bias,
    ]
    for parameter in small:
        assert 0.0009 < parameter.abs().max() <= 0.001


def test_padding_is_around_the_words_alone(settings):
    encoder = model_of(settings, VOCABULARY).encoder
    assert encoder._padded(torch.tensor([[2, 5, 6, 3]])).tolist() == [
        [0, 0, 0, 0, 5, 6, 3, *[0] * 10]
    ]
    longest = torch.tensor([[2, *range(5, 13), 3]])
    assert encoder._padded(longest).tolist() == [[*[0] * 4, *range(5, 13), 3, *[0] * 4]]


def test_posterior_is_the_one_written_by_hand(settings, tokens):
    encoder = model_of(settings, VOCABULARY).encoder
    words = [0] * 4 + tokens[0, 1:].tolist() + [0] * 100
    vectors = [encoder.embedding.weight[word] for word in words[: encoder.positions]]
    for layer, stride, shape in (
        (encoder.first, 2, torch.relu),
        (encoder.second, 2, torch.relu),
        (encoder.third, 1, torch.tanh),
    ):
        width = layer.weight.shape[2]
        starts = range(0, len(vectors) - width + 1, stride)
        vectors = [
            shape(layer.bias + sum(layer.weight[:, :, k] @ vectors[s + k] for k in range(width)))
            for s in starts
        ]
    assert len(vectors) == 1
    expected = encoder.head.weight @ vectors[0] + encoder.head.bias
    posterior = encoder(tokens[:1])
    torch.testing.assert_close(torch.cat([posterior.mu, posterior.logvar], 1)[0], expected)


def test_longer_sentences_are_refused(settings):
    model = model_of(settings, VOCABULARY)
    with pytest.raises(InputError, match=r"a sentence of 9 words; .*length = 9 takes 8 at most"):
        model.encode(torch.full((1, 11), 5))


def test_shared_vectors_have_length_one_and_one_owner(shared, tokens):
    model = model_of(shared, VOCABULARY)
    table = model.decoder.embedding.weight
    torch.testing.assert_close(table.norm(dim=1), torch.ones(VOCABULARY))
    assert torch.equal(model.encoder.embedding(tokens), table[tokens])
    assert torch.equal(model.decoder.output.weight, table)
    names = [name for name, _ in model.named_parameters() if "embedding" in name]
    assert names == ["decoder.embedding.parametrizations.weight.original"]
    assert not any("embedding" in name for name, _ in model.encoder.named_parameters())


def test_normalised_vectors_have_length_one_and_two_owners(settings_of, shared, tokens, noise):
    settings = settings_of(encoder=CNN, embedding="normalised", decoder__output="tied")
    torch.manual_seed(0)
    model = model_of(settings, VOCABULARY)
    torch.manual_seed(0)
    other = model_of(shared, VOCABULARY)
    for network in (model.encoder, model.decoder):
        norms = network.embedding.weight.norm(dim=1)
        torch.testing.assert_close(norms, torch.ones(VOCABULARY))
    assert not torch.equal(model.encoder.embedding.weight, model.decoder.embedding.weight)
    assert torch.equal(model.decoder.embedding.weight, other.decoder.embedding.weight)
    sum(model.terms(tokens, noise)[:1]).sum().backward()
    for network in (model.encoder, model.decoder):
        assert network.embedding.parametrizations.weight.original.grad.any()


def test_some_of_the_words_estimate_tied_logits_too(shared, tokens, noise):
    model = model_of(shared, VOCABULARY).eval()
    assert model.decoder.vocabulary_size == VOCABULARY
    z = noise + 0.05 * torch.randn(30, *noise.shape)
    with torch.no_grad():
        exact, found = (reconstructions(model, tokens, z, words=n) for n in (None, 18))
        terms = bounds(model, tokens, z, 1, 30, words=18)
    torch.testing.assert_close(found, exact, rtol=0, atol=0.01)
    assert "iw_rec_error" in terms


def test_tied_logits_are_those_written_by_hand(shared, tokens, noise):
    model = model_of(shared, VOCABULARY).eval()
    decoder = model.decoder
    table = decoder.embedding.weight
    state, total = decoder.start(noise), torch.zeros(6)
    for place in range(tokens.shape[1] - 1):
        inputs = torch.cat([table[tokens[:, place]], noise], dim=1)[:, None]
        hidden, state = decoder.lstm(inputs, state)
        logits = hidden[:, 0] @ decoder.projection.weight.t() @ table.t()
        found = torch.log_softmax(logits + decoder.output.bias, dim=1)
        total -= found.gather(1, tokens[:, place + 1, None])[:, 0]
    torch.testing.assert_close(model.reconstruction(tokens, noise), total)
    state = decoder.start(noise)
    step, _ = decoder.step(tokens[:, 0], noise, state)
    torch.testing.assert_close(step.exp().sum(1), torch.ones(6))


def test_every_parameter_learns(shared, tokens, noise):
    model = model_of(shared, VOCABULARY).eval()
    terms = model.terms(tokens, noise)
    (terms.reconstruction + terms.kl).mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_counted_padding_adds_the_places_after_the_end(settings_of, tokens, noise):
    plain = model_of(settings_of(encoder=CNN), VOCABULARY).eval()
    counted = model_of(settings_of(encoder=CNN, padding_counted=True), VOCABULARY).eval()
    counted.load_state_dict(plain.state_dict())
    positions = plain.encoder.positions
    padded = torch.nn.functional.pad(tokens, (0, positions - tokens.shape[1]))
    expected = plain.reconstruction(padded, noise)
    assert torch.equal(counted.reconstruction(tokens, noise), expected)
    assert (expected > plain.reconstruction(tokens, noise)).all()
    assert torch.equal(counted.encode(tokens).mu, plain.encode(tokens).mu)


def test_counted_padding_costs_the_logarithm_of_the_vocabulary_at_first():
    """As the schema says: 24 positions, of which a Yelp sentence uses 9.98 on average."""
    torch.manual_seed(0)
    model = model_of(PUBLISHED | {"padding_counted": True}, 3641).eval()
    tokens = torch.tensor([[2, *range(10, 19), 3]])  # ten predicted words
    rec = model.reconstruction(tokens, torch.zeros(1, 256)).item()
    assert rec == pytest.approx(24 * torch.tensor(3641.0).log().item(), rel=0.001)
    assert (24 - 9.98) * torch.tensor(3641.0).log().item() == pytest.approx(115, abs=0.5)


def test_weights_survive_saving(shared, tokens, noise, tmp_path):
    model = model_of(shared, VOCABULARY).eval()
    torch.save(model.state_dict(), tmp_path / "model.pt")
    other = model_of(shared, VOCABULARY).eval()
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    for one, two in zip(
        model.terms(tokens, noise)[:2], other.terms(tokens, noise)[:2], strict=True
    ):
        assert torch.equal(one, two)


def run_of(model):
    return {
        **PARTS,
        "task": "language_model",
        "model": completed(model, "model"),
        "schedule": completed({"shape": "constant"}, "schedule"),
        "teacher_forcing": completed({"shape": "constant"}, "teacher_forcing"),
        "initial": {"kind": "fresh"},
        "training": completed({"epochs": 1}, "training"),
    }


def test_a_run_has_the_modules_of_its_own_parts():
    lstm = {*paths_of_parts(run_of({"kind": "vae"}))}
    language = {*paths_of_parts(run_of({"kind": "autoreg"}))}
    published = {*paths_of_parts(run_of(PUBLISHED))}
    assert not any(
        word in path for path in lstm for word in ("cnn", "tied", "xavier", "word_vectors")
    )
    assert not any("encoder" in path for path in language)
    assert sum("cnn_encoder" in path for path in published) == 1
    assert any("word_vectors" in path for path in published)


def test_the_lstm_takes_part_in_the_options(settings_of, tokens, noise):
    settings = settings_of(embedding="shared", decoder__output="tied", encoder__embedding_dim=6)
    run = {**run_of({"kind": "vae"}), "model": settings}
    terms = build_model(run, VOCABULARY).terms(tokens, noise)
    assert terms.reconstruction.isfinite().all()


def problems_of(**changes):
    return [str(problem) for problem in composition_problems(run_of({"kind": "vae", **changes}))]


def test_what_does_not_compose_is_refused_by_name():
    assert problems_of() == problems_of(encoder={"kind": "cnn"}, padding_counted=True) == []
    (line,) = problems_of(padding_counted=True)
    assert line.startswith("model.padding_counted = true: encoder lstm has no fixed length")
    (line,) = problems_of(embedding="shared", encoder={"embedding_dim": 3})
    assert "model.encoder.embedding_dim = 3" in line and "allowed: 256" in line
    (line,) = problems_of(decoder={"output": "tied"}, frozen_last_embedding=True)
    assert "model.frozen_last_embedding = true: decoder.output tied" in line
    (line,) = problems_of(embedding="normalised", frozen_last_embedding=True)
    assert "model.frozen_last_embedding = true: embedding normalised" in line


def test_a_dataset_of_longer_sentences_is_refused_by_name():
    model = completed({"kind": "vae", "encoder": {"kind": "cnn"}}, "model")
    own = {"train": "a", "valid": "b", "test": "c"}
    (line,) = map(str, sentence_length_problems(model, "mine", own))
    assert line.startswith("model.encoder.length = 17: mine keeps sentences of 200 words")
    assert "allowed: 201 up, or a dataset of maximum_length 16" in line
    assert not [*sentence_length_problems(model, "mine", own | {"maximum_length": 16})]
    assert not [*sentence_length_problems(completed({"kind": "vae"}, "model"), "mine", own)]
    assert not [*sentence_length_problems(model, "ten", {"kind": "one_hot"})]
