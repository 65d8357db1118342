import pytest
import torch

from kl_annealing.models.dropout import Dropout


@pytest.mark.parametrize("p", [0.2, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_share_of_zeros_and_scale_of_the_rest(p, dtype):
    found = Dropout(p)(torch.ones(400, 500, dtype=dtype))
    zeros = (found == 0).double().mean().item()
    assert abs(zeros - p) < 5 * (p * (1 - p) / found.numel()) ** 0.5
    assert found.dtype == dtype
    rest = found[found != 0].float()
    assert ((rest - 1 / (1 - p)).abs() < 0.01).all()


def test_gradient_passes_where_values_do():
    values = torch.ones(50, 50, requires_grad=True)
    found = Dropout(0.5)(values)
    found.sum().backward()
    assert torch.equal(values.grad, found.detach())


def test_nothing_is_dropped_in_evaluation_or_at_zero():
    values = torch.randn(20, 20)
    assert torch.equal(Dropout(0.5).eval()(values), values)
    assert torch.equal(Dropout(0.0)(values), values)
    assert torch.equal(Dropout(1.0)(values), torch.zeros(20, 20))


def test_same_seed_same_mask():
    def draw():
        torch.manual_seed(5)
        return Dropout(0.5)(torch.ones(100))

    assert torch.equal(draw(), draw())
