"""Sequences of different lengths without their padding: PyTorch's packed sequences."""

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from kl_annealing.data.vocabulary import PAD


def lengths_of(tokens: Tensor) -> Tensor:
    """Return how many tokens each row of tokens [..., L] has before its padding."""
    return (tokens != PAD).sum(-1)


def packed(values: Tensor, lengths: Tensor) -> PackedSequence:
    """Return the first `lengths` [B], at least one, values of each row of [B, L, ...]."""
    return pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)


def one_each(values: Tensor) -> PackedSequence:
    """Return sequences of one value, of values [B, ...]."""
    return PackedSequence(values, torch.tensor([len(values)]))


def refilled(sequences: PackedSequence, data: Tensor) -> PackedSequence:
    """Return sequences of the same lengths with other data, in the packed order."""
    return PackedSequence(data, *sequences[1:])


def sums(sequences: PackedSequence) -> Tensor:
    """Return the sum over each of the sequences of numbers [B]."""
    return pad_packed_sequence(sequences, batch_first=True)[0].sum(1)
