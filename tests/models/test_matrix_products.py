import pytest
import torch

from kl_annealing.models import matrix_products
from kl_annealing.models.matrix_products import linear, linear_gradients

CASES = {  # rows, width, vocabulary, and whether the convolution is meant to be taken
    "convolution": (256, 96, 1003, True),
    "small": (32, 8, 50, False),
    "odd rows": (250, 96, 1003, False),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request):
    rows, width, vocabulary, convolution = request.param
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(rows, width, generator=generator)
    weight = torch.randn(vocabulary, width, generator=generator)
    assert matrix_products._as_convolution(hidden, weight) == convolution
    return hidden, weight, torch.randn(vocabulary, generator=generator)


@pytest.mark.parametrize("threads", [1, 2])
def test_linear_is_the_product(case, threads):
    hidden, weight, bias = case
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = linear(hidden, weight, bias)
    finally:
        torch.set_num_threads(before)
    expected = hidden.double() @ weight.double().t() + bias.double()
    assert found.is_contiguous()
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(linear(hidden, weight, None), found - bias, rtol=1e-5, atol=1e-4)


def test_gradients_are_the_products(case):
    hidden, weight, _ = case
    generator = torch.Generator().manual_seed(1)
    gradient = torch.randn(len(hidden), len(weight), generator=generator)
    for_rows, for_weight = linear_gradients(gradient, hidden, weight, (True, True))
    expected = gradient.double() @ weight.double(), gradient.double().t() @ hidden.double()
    torch.testing.assert_close(for_rows.double(), expected[0], rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(for_weight.double(), expected[1], rtol=1e-4, atol=1e-3)
    assert for_weight.is_contiguous()


@pytest.mark.parametrize("wanted", [(True, False), (False, True), (False, False)])
def test_only_what_is_wanted_is_computed(case, wanted):
    hidden, weight, _ = case
    gradient = torch.ones(len(hidden), len(weight))
    found = linear_gradients(gradient, hidden, weight, wanted)
    assert tuple(part is not None for part in found) == wanted
