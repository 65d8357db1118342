import torch
from tiny import PARTS, changed

from kl_annealing.models import build_model
from kl_annealing.objectives import Objective
from kl_annealing.source_code import code_of

VOCABULARY = 20


def built(settings, weight):
    torch.manual_seed(0)
    run = changed({**PARTS, "model": settings}, objective__bag_of_words=weight)
    return run, build_model(run, VOCABULARY)


def test_the_loss_is_that_of_one_distribution_over_all_words(settings_of, tokens, noise):
    run, model = built(settings_of(), 0.5)
    model.eval()
    terms = model.terms(tokens, noise)
    head, z = model.heads["bag_of_words"], model.encode(tokens).draw(noise).z
    hidden = torch.tanh(z @ head.hidden.weight.T + head.hidden.bias)
    p = torch.softmax(hidden @ head.output.weight.T + head.output.bias, -1)
    expected = [
        -sum(p[row, token].log() for token in sentence[1:]) for row, sentence in enumerate(tokens)
    ]
    torch.testing.assert_close(terms.extras["bag_of_words"], torch.stack(expected))
    assert head.hidden.out_features == settings_of()["decoder"]["hidden_dim"]
    loss = Objective.of(run["objective"]).loss(terms, 0.0)
    weighed = terms.reconstruction + 0.5 * terms.extras["bag_of_words"]
    torch.testing.assert_close(loss, weighed.mean())


def test_the_encoder_learns_from_it_even_if_the_decoder_ignores_z(settings_of, tokens, noise):
    _, model = built(settings_of(), 1)
    loss = model.terms(tokens, noise).extras["bag_of_words"].sum()
    gradients = torch.autograd.grad(loss, list(model.encoder.parameters()))
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


def test_without_a_weight_there_is_no_head(settings_of):
    _, model = built(settings_of(), 0)
    assert not any("heads" in name for name in model.state_dict())


def test_only_runs_with_the_loss_rest_on_its_code():
    text_vae = "kl_annealing.models.text_vae:build"
    head = "kl_annealing.models.bag_of_words:BagOfWords"
    assert code_of(text_vae) != code_of(text_vae, head)
