import pytest
import torch
from torch import nn

from kl_annealing.models.window_convolution import WindowConvolution


@pytest.fixture(params=[(5, 2), (4, 1), (3, 3)], ids=str)
def pair(request):
    """Our convolution and PyTorch's with the same weights, in float64."""
    torch.manual_seed(0)
    ours = WindowConvolution(3, 7, *request.param).double()
    theirs = nn.Conv1d(3, 7, *request.param).double()
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def test_values_and_gradients_are_those_of_the_library(pair):
    sequences = torch.randn(2, 3, 12, dtype=torch.float64)
    found = []
    for layer in pair:
        inputs = sequences.clone().requires_grad_()
        output = layer(inputs)
        slopes = torch.linspace(-1, 1, output.numel(), dtype=torch.float64).view(output.shape)
        gradients = torch.autograd.grad(output, [inputs, *layer.parameters()], slopes)
        found.append([output, *gradients])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_low_precision_is_made_under_autocast(pair):
    layer = pair[0].float()
    sequences = torch.randn(2, 3, 12)
    with torch.autocast("cpu", torch.bfloat16):
        low = layer(sequences)
    assert low.dtype == torch.bfloat16
    torch.testing.assert_close(low.float(), layer(sequences), atol=0.05, rtol=0.05)
