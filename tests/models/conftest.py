import copy

import pytest
import torch

SETTINGS = {
    "kind": "vae",
    "latent_dim": 3,
    "encoder": {"embedding_dim": 5, "hidden_dim": 7, "layers": 1, "head_bias": True},
    "decoder": {
        "embedding_dim": 6,
        "hidden_dim": 8,
        "layers": 1,
        "input_dropout": 0.5,
        "output_dropout": 0.5,
        "initial_state": "hidden",
        "latent_bias": True,
        "output_bias": True,
    },
    "initialisation": {"weights": 0.4, "embeddings": 0.7},
    "frozen_last_embedding": False,
}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def settings_of():
    """A function that returns the settings of a tiny model, changed by dotted keywords."""

    def change(**changes):
        settings = copy.deepcopy(SETTINGS)
        for path, value in changes.items():
            *parents, last = path.split("__")
            block = settings
            for parent in parents:
                block = block[parent]
            block[last] = value
        return settings

    return change


@pytest.fixture
def tokens():
    """Six sentences of length 9 over 20 words, all different."""
    words = torch.randint(4, 20, (6, 7), generator=torch.Generator().manual_seed(1))
    return torch.cat([torch.full((6, 1), 2), words, torch.full((6, 1), 3)], dim=1)


@pytest.fixture
def noise():
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(2))
