"""The gated recurrent units that a dialog model can be made of."""

from torch import nn

from kl_annealing.models.reset_first_gru import ResetFirstGRU

GRU = nn.GRU | ResetFirstGRU


def make_gru(kind: str, inputs: int, units: int, bidirectional: bool = False) -> GRU:
    """Return one layer over packed sequences: `tensorflow`, as published, or `torch`."""
    make = {"tensorflow": ResetFirstGRU, "torch": nn.GRU}[kind]
    return make(inputs, units, bidirectional=bidirectional)
