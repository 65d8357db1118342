"""From latent vectors to words: greedy, beam search and sampling, many sentences at once.

The padding and the start marker are never generated; a sentence ends with `</s>` or after
`maximum_length` tokens.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from kl_annealing.data import PAD, START, STOP
from kl_annealing.errors import InputError
from kl_annealing.models.interfaces import Decoder

OPTIONS = {"beam": ("width", "length_penalty"), "sample": ("temperature", "top_k", "top_p")}


class Decoded(NamedTuple):
    """tokens [N, T]: words, `</s>` unless cut, padding; log_probability [N] of these, in nats."""

    tokens: Tensor
    log_probability: Tensor


def decode(
    decoder: Decoder,
    z: Tensor,
    settings: Mapping[str, Any],
    generator: torch.Generator,
    maximum_length: int = 100,
) -> Decoded:
    """Decode z [N, D] by `settings`: a method (greedy, beam or sample) and its options.

    Raises InputError for an unknown method or an option out of range.
    """
    options = {key: value for key, value in settings.items() if key != "method"}
    match settings.get("method"):
        case "greedy":
            return greedy(decoder, z, maximum_length)
        case "beam":
            return beam(decoder, z, maximum_length=maximum_length, **_of(options, "beam"))
        case "sample":
            chosen = _of(options, "sample")
            return sample(decoder, z, generator, maximum_length=maximum_length, **chosen)
        case method:
            raise InputError(f"decoder method {method!r}: allowed are greedy, beam and sample")


def _of(options: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Return the options of a method; those of the others do nothing, unknown ones are refused."""
    known = {option for options in OPTIONS.values() for option in options}
    if unknown := sorted(set(options) - known):
        allowed = ", ".join(OPTIONS[method])
        raise InputError(f"decoder option {unknown[0]!r}: {method} allows {allowed}")
    return {name: options[name] for name in OPTIONS[method] if name in options}


def greedy(decoder: Decoder, z: Tensor, maximum_length: int = 100) -> Decoded:
    """Take the likeliest word at every step."""
    return _roll(decoder, z, maximum_length, lambda log_p, rows, step: log_p.argmax(-1))


def sample(
    decoder: Decoder,
    z: Tensor,
    generator: torch.Generator,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    maximum_length: int = 100,
) -> Decoded:
    """Draw each word from the truncated distribution (see `truncated`).

    The random numbers come from a generator on the CPU before the first step, so a sentence does
    not depend on when the others end; the draw is made on the CPU too, since cumulative sums on a
    GPU are not the same every time.
    """
    numbers = torch.rand(len(z), maximum_length, generator=generator, dtype=torch.float64)

    def choose(log_p: Tensor, rows: Tensor, step: int) -> Tensor:
        """Return a word of each of the sentences `rows`, drawn by its number of this step."""
        p = truncated(log_p.cpu(), temperature, top_k, top_p)
        return _draw(p, numbers[rows.cpu(), step]).to(log_p.device)

    return _roll(decoder, z, maximum_length, choose)


def truncated(
    log_p: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> Tensor:
    """Return the probabilities [N, V] that sampling draws from.

    In this order: log_p [N, V] is divided by `temperature`; the `top_k` likeliest words are kept
    (0: all; Fan et al. 2018); of these the smallest set whose probability reaches `top_p` is kept
    (nucleus; Holtzman et al. 2020). The likeliest word always stays. Raises InputError.
    """
    _check_truncation(temperature, top_k, top_p)
    if not top_k and top_p == 1:
        return (log_p / temperature).softmax(-1)
    ranked, words = (log_p / temperature).sort(dim=-1, descending=True, stable=True)
    if top_k:
        ranked[:, top_k:] = -torch.inf
    p = ranked.softmax(-1)
    if top_p < 1:
        likelier = p.cumsum(-1) - p
        p = p.masked_fill(likelier >= top_p, 0)
    return torch.zeros_like(p).scatter(-1, words, p / p.sum(-1, keepdim=True))


def beam(
    decoder: Decoder,
    z: Tensor,
    width: int = 5,
    maximum_length: int = 100,
    length_penalty: float = 0.0,
) -> Decoded:
    """Keep the `width` likeliest beginnings at every step; return the best of those left.

    A finished hypothesis keeps its place. The best has the largest log-probability divided by
    length ** length_penalty; at 0, the default and He et al.'s choice, lengths are not normalised.
    """
    if width < 1:
        raise InputError(f"beam width {width}: it must be at least 1")
    search = _Beam(len(z), width, maximum_length, z.device)
    z = z.repeat_interleave(width, dim=0)
    state = decoder.start(z)
    for step in range(maximum_length):
        log_p, state = decoder.step(search.last, z, state)
        parents = search.extend(_speakable(log_p), step)
        state = tuple(part.index_select(1, parents) for part in state)
        if search.settled(length_penalty):
            break
    return search.best(length_penalty)


class _Beam:
    """Hypotheses of N sentences: scores [N, W] in decreasing order, tokens [N, W, T]."""

    def __init__(self, sentences: int, width: int, length: int, device: torch.device):
        shape = (sentences, width)
        self.scores = torch.full(shape, -torch.inf, device=device)
        self.scores[:, 0] = 0  # all hypotheses start equal: only one may be extended
        self.alive = torch.ones(shape, dtype=torch.bool, device=device)
        self.tokens = torch.full((*shape, length), PAD, device=device)
        self.last = torch.full((sentences * width,), START, device=device)
        self.first_row = torch.arange(sentences, device=device).unsqueeze(1) * width

    def extend(self, log_p: Tensor, step: int) -> Tensor:
        """Keep the best extensions by log_p [N W, V]; return the rows that they extend [N W]."""
        vocabulary = log_p.shape[-1]
        finished = log_p.new_full((vocabulary,), -torch.inf).index_fill(0, _ids(log_p, PAD), 0)
        options = torch.where(self.alive.unsqueeze(-1), log_p.view(*self.alive.shape, -1), finished)
        options = (self.scores.unsqueeze(-1) + options).flatten(1)  # [N, W V]
        self.scores, choice = options.topk(self.alive.shape[1])
        parent, word = choice // vocabulary, choice % vocabulary
        self.tokens = self.tokens.gather(1, parent.unsqueeze(-1).expand_as(self.tokens))
        self.tokens[:, :, step] = word
        self.alive = self.alive.gather(1, parent) & (word != STOP)
        self.last = word.flatten()
        return (self.first_row + parent).flatten()

    def settled(self, length_penalty: float) -> bool:
        """Tell whether no extension can win: scores only fall, so a finished leader stays ahead."""
        contenders = self.alive if length_penalty else self.alive[:, :1]
        return not contenders.any()

    def best(self, length_penalty: float) -> Decoded:
        """Return the winner of each sentence."""
        lengths = (self.tokens != PAD).sum(-1).clamp(min=1)
        winner = (self.scores / lengths**length_penalty).argmax(1, keepdim=True)
        tokens = self.tokens.gather(1, winner.unsqueeze(-1).expand(-1, -1, self.tokens.shape[-1]))
        return Decoded(tokens.squeeze(1), self.scores.gather(1, winner).squeeze(1))


def _roll(
    decoder: Decoder,
    z: Tensor,
    maximum_length: int,
    choose: Callable[[Tensor, Tensor, int], Tensor],
) -> Decoded:
    """Extend every sentence by `choose(log_probabilities, rows, step)` until all have ended.

    Once half of the sentences that are worked on have ended, only the others are: `rows` of z.
    """
    tokens = torch.full((len(z), maximum_length), PAD, device=z.device)
    score = torch.zeros(len(z), device=z.device)
    rows = torch.arange(len(z), device=z.device)
    alive = torch.ones_like(rows, dtype=torch.bool)
    last, state = torch.full_like(rows, START), decoder.start(z)
    for step in range(maximum_length):
        log_p, state = decoder.step(last, z, state)
        log_p = _speakable(log_p)
        last = torch.where(alive, choose(log_p, rows, step), PAD)
        tokens[rows, step] = last
        score[rows] += torch.where(alive, log_p.gather(1, last.unsqueeze(1)).squeeze(1), 0)
        alive &= last != STOP
        going = alive.nonzero().squeeze(1)
        if not len(going):
            break
        if 2 * len(going) <= len(rows):
            z, rows, last, alive = (part[going] for part in (z, rows, last, alive))
            state = tuple(part.index_select(1, going) for part in state)
    return Decoded(tokens, score)


def _draw(p: Tensor, numbers: Tensor) -> Tensor:
    """Return the word at which the cumulative probability p [N, V] passes numbers [N] in [0, 1)."""
    cumulative = p.double().cumsum(-1)
    target = numbers.unsqueeze(-1) * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True).squeeze(-1)


def _speakable(log_p: Tensor) -> Tensor:
    """Forbid the padding and the start marker."""
    return log_p.index_fill(-1, _ids(log_p, PAD, START), -torch.inf)


def _ids(like: Tensor, *ids: int) -> Tensor:
    return torch.tensor(ids, device=like.device)


def _check_truncation(temperature: float, top_k: int, top_p: float) -> None:
    if not temperature > 0:
        raise InputError(f"temperature {temperature}: it must be above 0; use method greedy for 0")
    if top_k < 0 or not 0 < top_p <= 1:
        raise InputError(f"top_k {top_k}, top_p {top_p}: top_k >= 0 and 0 < top_p <= 1 are allowed")
