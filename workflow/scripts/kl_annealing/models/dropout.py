"""Dropout of numbers and of words."""

import torch
from torch import Tensor, nn

from kl_annealing.data import START, UNK


class Dropout(nn.Dropout):
    """`nn.Dropout` whose mask comes from uniform numbers: on the CPU five times as fast.

    They are drawn in the order of the indices, whatever the layout in memory, so that two ways to
    compute the same thing from one random state drop the same.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Return `values` with a share `p` of them zero and the others scaled by 1 / (1 - p)."""
        if not self.training or self.p in (0, 1):
            return super().forward(values)
        kept = torch.rand(values.shape, device=values.device) >= self.p
        return (values * kept) * (1 / (1 - self.p))


class WordDropout(nn.Module):
    """Hides words from a decoder that could predict the next one from them without z.

    In training each input word becomes `<unk>` with probability `p`, the start marker never (Bowman
    et al. 2016, section 3.1). With p = 1 the decoder sees no word at all.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens [B, L] with some of them replaced."""
        if not self.training or not self.p:
            return tokens
        hidden = torch.rand(tokens.shape, device=tokens.device) < self.p
        return tokens.masked_fill(hidden & (tokens != START), UNK)
