import pytest
import torch
from torch import nn

from kl_annealing.models.packing import lengths_of, one_each, packed, sums
from kl_annealing.models.recurrent import make_gru
from kl_annealing.models.reset_first_gru import ResetFirstGRU

LENGTHS = torch.tensor([2, 5, 1, 3, 5])


@pytest.fixture
def inputs():
    return torch.randn(5, 5, 3, dtype=torch.float64)


@pytest.fixture
def start():
    return torch.randn(2, 5, 4, dtype=torch.float64)


def gru(bidirectional=True):
    made = ResetFirstGRU(3, 4, bidirectional).double()
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


def read_by_hand(gru, suffix, inputs, h):
    """One sequence through the unit's equations, number by number over the units."""
    w, u, b = (getattr(gru, f"{name}_{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih"))
    units, states = len(h), []
    for x in inputs:
        gates = [torch.sigmoid(w[i] @ x + u[i] @ h + b[i]) for i in range(2 * units)]
        reset, update = torch.stack(gates[:units]), torch.stack(gates[units:])
        c = [torch.tanh(w[i] @ x + u[i] @ (reset * h) + b[i]) for i in range(2 * units, 3 * units)]
        h = update * h + (1 - update) * torch.stack(c)
        states.append(h)
    return states


def test_states_are_those_of_the_equations(inputs, start):
    module = gru()
    outputs, last = module(packed(inputs, LENGTHS), start)
    found, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)
    for row, length in enumerate(LENGTHS):
        sequence = inputs[row, :length]
        forward = read_by_hand(module, "l0", sequence, start[0, row])
        backward = read_by_hand(module, "l0_reverse", sequence.flip(0), start[1, row])
        torch.testing.assert_close(last[0, row], forward[-1])
        torch.testing.assert_close(last[1, row], backward[-1])
        states = torch.cat([torch.stack(forward), torch.stack(backward[::-1])], dim=1)
        torch.testing.assert_close(found[row, :length], states)
        assert not found[row, length:].any()


def test_gradients_are_those_of_differences(inputs, start):
    module = gru()

    def run(inputs, start, *weights):
        outputs, last = module(packed(inputs, LENGTHS), start)
        return outputs.data, last

    given = (inputs.requires_grad_(), start.requires_grad_(), *module.parameters())
    assert torch.autograd.gradcheck(run, given)


def test_gradients_are_those_of_the_equations_at_a_size_with_other_products(start):
    """Wide enough for the route by which large products are made."""
    torch.manual_seed(1)
    module, inputs = ResetFirstGRU(200, 300), torch.randn(32, 20, 200)
    outputs, last = module(packed(inputs, torch.full((32,), 20)))
    (outputs.data.square().sum() + last.sum()).backward()
    found = {name: parameter.grad.clone() for name, parameter in module.named_parameters()}
    module.zero_grad()
    state, total = torch.zeros(32, 300), 0.0
    for x in inputs.unbind(1):
        given = x @ module.weight_ih_l0.T + module.bias_ih_l0
        gates = torch.sigmoid(given[:, :600] + state @ module.weight_hh_l0[:600].T)
        again = (gates[:, :300] * state) @ module.weight_hh_l0[600:].T
        candidate = torch.tanh(given[:, 600:] + again)
        state = gates[:, 300:] * state + (1 - gates[:, 300:]) * candidate
        total = total + state.square().sum()
    (total + state.sum()).backward()
    torch.testing.assert_close(last[0], state, rtol=1e-4, atol=1e-5)
    for name, parameter in module.named_parameters():
        scale = parameter.grad.abs().max().item()
        torch.testing.assert_close(found[name], parameter.grad, rtol=1e-3, atol=1e-5 * scale)


def test_where_no_gate_resets_it_is_the_unit_of_pytorch(inputs):
    ours, theirs = gru(), nn.GRU(3, 4, bidirectional=True).double()
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            if name.startswith("bias"):
                parameter[:4] = 1e3
            getattr(theirs, name).copy_(parameter)
        for suffix in ("l0", "l0_reverse"):
            getattr(theirs, f"bias_hh_{suffix}").zero_()
    for one, two in zip(
        ours(packed(inputs, LENGTHS)), theirs(packed(inputs, LENGTHS)), strict=True
    ):
        one, two = (getattr(part, "data", part) for part in (one, two))
        torch.testing.assert_close(one, two)


@pytest.mark.parametrize("kind", ["tensorflow", "torch"])
def test_one_step_after_the_other_is_the_same(kind, inputs):
    module = make_gru(kind, 3, 4).double()
    whole, last = module(packed(inputs, torch.full((5,), 5)))
    state, outputs = torch.zeros(1, 5, 4, dtype=torch.float64), []
    for x in inputs.unbind(1):
        output, state = module(one_each(x), state)
        outputs.append(output.data)
    torch.testing.assert_close(torch.cat(outputs), whole.data)
    torch.testing.assert_close(state, last)


def test_it_stays_in_float32_under_autocast():
    module, inputs = ResetFirstGRU(3, 4), torch.randn(5, 5, 3)
    with torch.autocast("cpu", torch.bfloat16):
        outputs, last = module(packed(inputs, LENGTHS))
    assert outputs.data.dtype == last.dtype == torch.float32


def test_sums_over_packed_sequences_keep_their_order():
    numbers = torch.arange(10.0).view(2, 5)
    assert sums(packed(numbers, torch.tensor([2, 4]))).tolist() == [1.0, 5 + 6 + 7 + 8]
    assert lengths_of(torch.tensor([[2, 9, 3, 0], [2, 3, 0, 0]])).tolist() == [3, 2]
