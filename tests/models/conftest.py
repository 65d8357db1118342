import functools

import pytest
import torch
from tiny import MODEL, changed


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def settings_of():
    """A function that returns the settings of a tiny model, changed by dotted keywords."""

    return functools.partial(changed, MODEL)


@pytest.fixture
def tokens():
    """Six sentences of length 9 over 20 words, all different."""
    words = torch.randint(4, 20, (6, 7), generator=torch.Generator().manual_seed(1))
    return torch.cat([torch.full((6, 1), 2), words, torch.full((6, 1), 3)], dim=1)


@pytest.fixture
def noise():
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(2))
