import subprocess
import sys

import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.training.optimisers import build_optimiser


def trained(build):
    """Return a parameter after five updates, the state written and read in between."""
    generator = torch.Generator().manual_seed(0)
    parameter = torch.nn.Parameter(torch.randn(30, generator=generator))
    optimiser = build([parameter])
    for step in range(5):
        optimiser.zero_grad()
        (parameter.square().sum() + parameter.sin().sum()).backward()
        optimiser.step()
        if step == 2:
            optimiser.load_state_dict(optimiser.state_dict())
    return parameter


@pytest.mark.parametrize(("name", "original"), [("adam", "Adam"), ("sgd", "SGD")])
def test_the_same_bits_as_the_optimiser_of_torch(name, original):
    ours = trained(lambda parameters: build_optimiser(name, parameters, 0.1))
    theirs = trained(lambda p: getattr(torch.optim, original)(p, lr=0.1, fused=True))
    assert torch.equal(ours, theirs)


def test_updates_do_not_load_the_compiler():
    program = (
        "import sys, torch\n"
        "from kl_annealing.training.optimisers import build_optimiser\n"
        "parameter = torch.nn.Parameter(torch.ones(2))\n"
        "optimiser = build_optimiser('adam', [parameter], 0.1)\n"
        "parameter.sum().backward()\n"
        "optimiser.step()\n"
        "optimiser.zero_grad()\n"
        "optimiser.load_state_dict(optimiser.state_dict())\n"
        "sys.exit('torch._dynamo' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_one_is_refused():
    with pytest.raises(InputError, match="'lion' is not one of adam, sgd"):
        build_optimiser("lion", [], 0.1)
