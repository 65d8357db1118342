"""The loss of the output layer where many samples of z read the same sentence.

The normaliser of a softmax is a sum over the vocabulary, Z = sum_v exp(w_v h + b_v), and nearly all
the work of an importance-weighted bound: K hidden states h for each word. For one word they lie
near each other, so the distribution p that belongs to their mean says which of the terms matter.
Of n words, drawn without replacement with probabilities pi_v = min(1, c p_v), c such that they add
up to n, the estimate is (Horvitz and Thompson 1952, JASA 47, section 3)

    Z ~ sum_{v drawn} exp(w_v h + b_v) / pi_v,

without bias in Z for any h, on average over the draws; log Z is too small by about half of the
relative variance. Words of high probability are drawn for sure, and where h is the mean every other
term is the same: then the estimate is exact. The draws are systematic (Madow 1949): v is drawn
where the running sum of pi, from a start in [0, 1), passes a whole number. Starts are no random
numbers but follow from position and target, evenly spread, so that a result can be repeated.
"""

import torch
from torch import Tensor
from torch.nn import functional

from kl_annealing.models.cross_entropy import at_least_float, for_products

GOLDEN = (5**0.5 - 1) / 2  # its multiples spread most evenly over [0, 1)
RAREST = 1e-30  # instead of 0, which no factor makes part of a sum


class SampledCrossEntropy:
    """An `OutputLoss` of K rows [K, L, H], or packed ones [L K, H], that are all of one sentence.

    It computes the logits of `words` words and of the target, the same for all rows of a position.
    The draw depends on these rows, the layer, the targets and their positions alone. No gradients.
    Under autocast the products with the words drawn are made in its type, all else in float32.
    """

    def __init__(self, words: int, samples: int) -> None:
        self.words, self.samples = words, samples

    def __call__(
        self, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
    ) -> Tensor:
        """Return estimates of -log softmax(hidden W' + b)[target] in nats, as `targets` lie."""
        if targets.ndim == 1:
            places = hidden.view(-1, self.samples, hidden.shape[-1])
            found = self._losses(places, weight, bias, targets[:: self.samples])
            return found.flatten()
        return self._losses(hidden.transpose(0, 1), weight, bias, targets[0]).t()

    @torch.no_grad()
    def _losses(
        self, places: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
    ) -> Tensor:
        """Return the losses [L, K] of hidden states `places` [L, K, H] and targets [L]."""
        bias = weight.new_zeros(len(weight)) if bias is None else bias
        rows, columns = for_products(places), for_products(weight)
        with torch.autocast(places.device.type, enabled=False):
            centres = at_least_float(places).mean(1)
            p = functional.linear(centres, at_least_float(weight), bias).softmax(-1)
            p = p.clamp_(min=RAREST).scatter_(1, targets[:, None], 1)
            share = inclusion(p, self.words)
            order = torch.arange(len(targets), device=p.device) + targets
            start = (0.5 + order.double() * GOLDEN) % 1
            losses = [
                _place(h, columns, at_least_float(bias), *_drawn(pi, first), target)
                for h, pi, first, target in zip(rows, share, start, targets, strict=True)
            ]
        return torch.stack(losses)


def inclusion(p: Tensor, words: int) -> Tensor:
    """Return min(1, c p) [..., V] for weights p > 0, with c such that it adds up to `words` < V."""
    certain = torch.zeros_like(p, dtype=torch.bool)
    while True:
        left = words - certain.sum(-1, keepdim=True)
        others = p.masked_fill(certain, 0)
        share = others * (left / others.sum(-1, keepdim=True))
        above = share >= 1
        if not above.any():
            return share.masked_fill_(certain, 1)
        certain |= above


def _drawn(share: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """Return which words a systematic draw takes, and the log of their probabilities [n]."""
    passed = (share.double().cumsum(-1) + start).floor()
    words = (passed.diff(prepend=passed.new_zeros(1)) > 0).nonzero()[:, 0]
    return words, share[words].log()


def _place(
    hidden: Tensor, weight: Tensor, bias: Tensor, words: Tensor, log_share: Tensor, target: Tensor
) -> Tensor:
    """Return the losses [K] of one word, from hidden states [K, H] of as many samples."""
    logits = at_least_float(hidden @ weight[words].t()) + (bias[words] - log_share)
    of_target = at_least_float(hidden) @ at_least_float(weight[target]) + bias[target]
    # the same number in the sum, or rounding could make a word more than certain
    logits[:, words == target] = of_target[:, None]
    return logits.logsumexp(-1) - of_target
