"""Aggressive training of a dialog model: the encoder that leads is the recognition network."""

from types import SimpleNamespace

import exchanges as made
import pytest
import torch

from kl_annealing.models import build_model
from kl_annealing.schema import completed
from kl_annealing.training.strategies.aggressive import Aggressive

BATCH = SimpleNamespace(size=made.COUNT, targets=30)


@pytest.fixture(params=["cvae", "kgcvae"])
def run(request):
    act = {"act": made.ACT} if request.param == "kgcvae" else {}
    run = made.run_of(completed({**made.TINY, "kind": request.param, **act}, "model"))
    run["strategy"] = completed({"kind": "aggressive", "maximum_steps": 3}, "strategy")
    return {**run, "training": completed({"epochs": 1}, "training"), "seed": 0}


def test_only_what_the_prior_and_the_decoder_do_not_use_is_the_encoder(run):
    model = build_model(run, made.SIZE)
    found = model.conditioned(made.drawn())
    noise = torch.randn(made.COUNT, 3)
    generated = model.reconstruction(found, noise).sum() + model.prior_of(found).mu.sum()
    encoder = list(model.encoder.parameters())
    gradients = torch.autograd.grad(generated, encoder, allow_unused=True, retain_graph=True)
    assert gradients == (None,) * len(encoder)
    others = {**dict(model.conditions.named_parameters()), **dict(model.prior.named_parameters())}
    both = generated + model.prior_of(found).logvar.sum()
    assert all(gradient.any() for gradient in torch.autograd.grad(both, others.values()))


@pytest.mark.parametrize("clipping", ["all", "stepped"])
def test_the_encoder_leads_and_the_rest_follows(run, clipping):
    torch.manual_seed(0)
    run["strategy"]["clipping"] = clipping
    model = build_model(run, made.SIZE)
    data = SimpleNamespace(batches=[BATCH], n_examples=made.COUNT, examples=lambda _: made.drawn())
    strategy = Aggressive(run, model, data)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    steps = []
    for network in ("encoder", "decoder"):
        optimiser = strategy.optimisers[network]
        optimiser.register_step_post_hook(lambda *_, name=network: steps.append(name))
    outcome = strategy.update(BATCH, 0, 1.0, 0.01)
    assert steps == ["encoder"] * 3 + ["decoder"]
    assert outcome.columns == {"aggressive": 1, "inner_steps": 3}
    assert not any(torch.equal(before[name], now) for name, now in model.named_parameters())
