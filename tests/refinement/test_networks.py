"""Second derivatives by the networks that the studies refine, against central differences."""

import pytest
import torch
from tiny import model_of

from kl_annealing.refinement.bound import Bound
from kl_annealing.refinement.noise import Noise
from kl_annealing.schema import completed

STEP = 1e-5
DECODER = {"embedding_dim": 6, "hidden_dim": 5, "output": "tied", "word_dropout": 0.3}
NETWORK = {  # as `cnn_yelp`, smaller
    "kind": "vae",
    "latent_dim": 3,
    "encoder": {"kind": "cnn", "embedding_dim": 6, "hidden_dim": 5, "filters": [4, 4], "length": 9},
    "decoder": DECODER,
    "embedding": "shared",
    "initialisation": {"scheme": "xavier", "embeddings": 0.5},
}
NETWORKS = {
    "tied to shared vectors": NETWORK,
    "padding counted": {**NETWORK, "padding_counted": True},
    "two matrices": {**NETWORK, "embedding": "normalised"},
    "two layers that z starts": {
        **NETWORK,
        "decoder": {**DECODER, "layers": 2, "initial_state": "cell"},
    },
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_products_with_the_second_derivatives(network):
    torch.manual_seed(0)
    model = model_of(completed(network, "model"), 11).double().train()
    ends = torch.full((4, 1), 2), torch.full((4, 1), 3)
    examples = torch.cat([ends[0], torch.randint(4, 11, (4, 4)), ends[1]], dim=1)
    parameters, direction = (torch.randn(2, 4, 3).double() for _ in range(2))
    bound = Bound(model, examples, 0.7, Noise.of([1], 1, parameters[0]))
    weights = list(model.parameters())
    found = bound.hessian_products(parameters, 0, weights, direction)
    up, down = (
        bound.gradients(parameters + sign * STEP * direction, 0, weights) for sign in (1, -1)
    )
    assert sum(product is not None and bool(product.any()) for product in found) > 4
    for product, above, below in zip(found, up, down, strict=True):
        if above is not None:
            expected = (above - below) / (2 * STEP)
            product = torch.zeros_like(expected) if product is None else product
            torch.testing.assert_close(product, expected, rtol=1e-6, atol=1e-8)
