"""The autoencoder: z without noise, trained by the reconstruction alone."""

import pytest
import torch
from tiny import MODEL, PARTS, changed

from kl_annealing.gaussians import STANDARD
from kl_annealing.models import build_model
from kl_annealing.models.point_head import PointHead


@pytest.fixture
def model():
    torch.manual_seed(0)
    settings = changed(MODEL, decoder__input_dropout=0, decoder__output_dropout=0)
    return build_model({**PARTS, "model": settings, "posterior": {"kind": "point"}}, 9)


def test_z_is_a_linear_layer_whatever_the_noise():
    head, features = PointHead({"kind": "point"}, 5, 3), torch.randn(4, 5)
    posterior = head(features)
    z = features @ head.weight.T + head.bias
    torch.testing.assert_close(posterior.z, z)
    draw = posterior.draw(torch.randn(7, 4, 3))
    torch.testing.assert_close(draw.z, z.expand(7, 4, 3))
    assert draw.log_densities.isnan().all()
    assert not posterior.kl(STANDARD, draw).any()
    assert posterior.moments(draw).logvar.exp().eq(0).all()


def test_the_loss_is_the_reconstruction(model):
    tokens = torch.tensor([[2, 5, 6, 3], [2, 4, 8, 3]])
    terms = model.terms(tokens, noise=torch.randn(2, 3))
    expected = model.reconstruction(tokens, model.encode(tokens).z)
    torch.testing.assert_close(terms.reconstruction, expected)
    assert not terms.kl.any()
