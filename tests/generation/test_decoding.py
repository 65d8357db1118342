"""Greedy, beam search and sampling against exhaustive search and distributions made by hand."""

import itertools
import math

import numpy as np
import pytest
import torch

from kl_annealing.data import PAD, START, STOP
from kl_annealing.errors import InputError
from kl_annealing.generation.decoding import beam, decode, greedy, sample, truncated

SPEAKABLE = (1, 3, 4, 5, 6, 7, 8)


def latents(count, seed=0):
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))


def score(decoder, z, words):
    """log p of a sequence, step by step; z [1, D]."""
    state, last, total = decoder.start(z), START, 0.0
    for word in words:
        log_p, state = decoder.step(torch.tensor([last]), z, state)
        total, last = total + log_p[0, word].item(), word
    return total


def unpadded(row):
    return [token for token in row.tolist() if token != PAD]


def all_sequences(length):
    """Every sequence that ends with STOP, and every one cut at `length`."""
    words = [word for word in SPEAKABLE if word != STOP]
    for size in range(length):
        yield from ((*head, STOP) for head in itertools.product(words, repeat=size))
    yield from itertools.product(words, repeat=length)


def naive_beam(decoder, z, width, length):
    """Beam search with lists, one sentence."""
    beams = [(0.0, (), decoder.start(z))]
    for _ in range(length):
        options = []
        for total, words, state in beams:
            if words and words[-1] == STOP:
                options.append((total, words, state))
                continue
            last = words[-1] if words else START
            log_p, following = decoder.step(torch.tensor([last]), z, state)
            options += [(total + log_p[0, w].item(), (*words, w), following) for w in SPEAKABLE]
        beams = sorted(options, key=lambda option: -option[0])[:width]
    return beams[0]


def test_wide_beam_equals_exhaustive_search(decoder):
    z = latents(4)
    found = beam(decoder, z, width=400, maximum_length=4)
    for row in range(4):
        scores = {words: score(decoder, z[row : row + 1], words) for words in all_sequences(4)}
        best = max(scores, key=scores.get)
        assert tuple(unpadded(found.tokens[row])) == best
        assert found.log_probability[row].item() == pytest.approx(scores[best], rel=1e-4)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_beam_equals_a_naive_beam(decoder, width):
    z = latents(12, seed=1)
    found = beam(decoder, z, width=width, maximum_length=12)
    for row in range(12):
        total, words, _ = naive_beam(decoder, z[row : row + 1], width, 12)
        assert tuple(unpadded(found.tokens[row])) == words
        assert found.log_probability[row].item() == pytest.approx(total, rel=1e-4)


def test_beam_of_width_one_is_greedy(decoder):
    z = latents(50)
    narrow, plain = beam(decoder, z, width=1, maximum_length=15), greedy(decoder, z, 15)
    assert torch.equal(narrow.tokens, plain.tokens)
    torch.testing.assert_close(narrow.log_probability, plain.log_probability)


def test_beam_is_usually_likelier_than_greedy(decoder):
    z = latents(200)
    wide, plain = beam(decoder, z, maximum_length=8), greedy(decoder, z, 8)
    assert (wide.log_probability - plain.log_probability).mean() > 0


def test_length_penalty_chooses_among_the_survivors(decoder):
    z = latents(100)
    plain, normalised = (beam(decoder, z, 5, 8, penalty) for penalty in (0.0, 1.0))
    lengths = [(found.tokens != PAD).sum(1) for found in (plain, normalised)]
    assert (lengths[1] >= lengths[0]).all() and (lengths[1] > lengths[0]).any()
    per_token = [
        found.log_probability / count
        for found, count in zip((plain, normalised), lengths, strict=True)
    ]
    assert (per_token[1] >= per_token[0] - 1e-5).all()


@pytest.mark.parametrize("method", ["greedy", "beam", "sample"])
def test_form_of_the_tokens(decoder, method):
    found = decode(decoder, latents(40), {"method": method}, torch.Generator().manual_seed(0), 9)
    assert found.tokens.shape == (40, 9)
    lengths = set()
    for row, total in zip(found.tokens.tolist(), found.log_probability.tolist(), strict=True):
        words = [token for token in row if token != PAD]
        lengths.add(len(words))
        assert row[len(words) :] == [PAD] * (9 - len(words))
        assert STOP not in words[:-1] and START not in words
        assert words[-1] == STOP or len(words) == 9
        assert total <= 0
    assert len(lengths) > 1


@pytest.mark.parametrize("method", ["greedy", "beam", "sample"])
def test_score_is_the_models(decoder, method):
    z = latents(10)
    found = decode(decoder, z, {"method": method}, torch.Generator().manual_seed(0), 9)
    for row in range(10):
        expected = score(decoder, z[row : row + 1], unpadded(found.tokens[row]))
        assert found.log_probability[row].item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_sentences_do_not_mix(decoder, method):
    z, generator = latents(20), torch.Generator()
    together = decode(decoder, z, {"method": method}, generator, 9).tokens
    alone = [decode(decoder, row, {"method": method}, generator, 9).tokens for row in z.split(1)]
    assert torch.equal(together, torch.cat(alone))


@pytest.mark.parametrize("method", ["greedy", "sample"])
def test_ended_sentences_cost_nothing_once_they_are_half(decoder, method, monkeypatch):
    counts, step = [], decoder.step

    def counted(tokens, *parts):
        counts.append(len(tokens))
        return step(tokens, *parts)

    monkeypatch.setattr(decoder, "step", counted)
    found = decode(decoder, latents(40), {"method": method}, torch.Generator().manual_seed(0), 9)
    ended = (found.tokens == STOP).cumsum(1).sum(0)  # [T] after each step
    going = [40, *(40 - ended[: len(counts) - 1]).tolist()]
    assert all(work < 2 * left for work, left in zip(counts, going, strict=True))
    assert counts[-1] < 40


def test_sampling_is_decided_by_the_seed(decoder):
    z = latents(30)
    first, again, other = (
        sample(decoder, z, torch.Generator().manual_seed(seed)).tokens for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_sampled_words_follow_the_model(decoder):
    z = latents(1).expand(20_000, -1)
    tokens = sample(decoder, z, torch.Generator().manual_seed(0), maximum_length=2).tokens
    log_p, state = decoder.step(torch.tensor([START]), z[:1], decoder.start(z[:1]))
    check_frequencies(tokens[:, 0], log_p[0])
    second = tokens[tokens[:, 0] == 8, 1]
    log_p, _ = decoder.step(torch.tensor([8]), z[:1], state)
    check_frequencies(second, log_p[0])


def check_frequencies(words, log_p):
    p = log_p.exp().numpy().astype(np.float64)
    p[[PAD, START]] = 0
    p /= p.sum()
    counts = np.bincount(words.numpy(), minlength=len(p))
    assert counts.sum() > 200
    deviation = np.sqrt(p * (1 - p) / counts.sum())
    assert np.all(np.abs(counts / counts.sum() - p) <= 4.5 * deviation)


def test_top_one_and_low_temperature_are_greedy(decoder):
    z, plain = latents(20), greedy(decoder, latents(20), 9)
    for options in ({"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-4}):
        found = sample(decoder, z, torch.Generator().manual_seed(0), maximum_length=9, **options)
        assert torch.equal(found.tokens, plain.tokens), options


P = torch.tensor([[0.1, 0.4, 0.05, 0.25, 0.2]])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.1, 0.4, 0.05, 0.25, 0.2]),
        ({"top_k": 2}, [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]),
        ({"top_k": 9}, [0.1, 0.4, 0.05, 0.25, 0.2]),
        ({"top_p": 0.3}, [0, 1, 0, 0, 0]),
        ({"top_p": 0.5}, [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]),
        ({"top_p": 0.84}, [0, 0.4 / 0.85, 0, 0.25 / 0.85, 0.2 / 0.85]),
        ({"top_p": 0.86}, [0.1 / 0.95, 0.4 / 0.95, 0, 0.25 / 0.95, 0.2 / 0.95]),
        # nucleus of what top_k left: 0.4 / 0.85 = 0.47, 0.65 / 0.85 = 0.76
        ({"top_k": 3, "top_p": 0.7}, [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]),
        ({"temperature": 0.5}, [0.01, 0.16, 0.0025, 0.0625, 0.04]),
    ],
)
def test_truncation_by_hand(options, expected):
    expected = torch.tensor([expected])
    found = truncated(P.log(), **options)
    torch.testing.assert_close(found, expected / expected.sum(), rtol=1e-5, atol=1e-7)


def test_ties_keep_exactly_k():
    found = truncated(torch.zeros(1, 6), top_k=2)
    assert sorted(found[0].tolist()) == [0, 0, 0, 0, 0.5, 0.5]


def test_forbidden_words_stay_forbidden():
    log_p = torch.tensor([[-math.inf, -1.0, -2.0]])
    assert truncated(log_p, temperature=3.0, top_p=0.999)[0, 0] == 0
    assert truncated(log_p, top_k=3)[0, 0] == 0


@pytest.mark.parametrize(
    "options",
    [{"temperature": 0}, {"temperature": -1}, {"top_k": -1}, {"top_p": 0}, {"top_p": 1.1}],
)
def test_options_out_of_range(decoder, options):
    with pytest.raises(InputError, match=next(iter(options))):
        sample(decoder, latents(1), torch.Generator(), **options)


def test_unknown_option_is_refused(decoder):
    with pytest.raises(InputError, match="'widht': beam allows width, length_penalty"):
        decode(decoder, torch.zeros(1, 2), {"method": "beam", "widht": 0}, torch.Generator())


def test_unknown_method_and_width(decoder):
    with pytest.raises(InputError, match="'viterbi': allowed are greedy, beam and sample"):
        decode(decoder, latents(1), {"method": "viterbi"}, torch.Generator())
    with pytest.raises(InputError, match="width 0"):
        beam(decoder, latents(1), width=0)


def test_options_of_other_methods_are_ignored(decoder):
    """The configuration's defaults give every decoder every option."""
    options = {"width": 3, "temperature": 2.0, "top_k": 4, "top_p": 0.9}
    z = latents(10)
    found = decode(decoder, z, {"method": "beam"} | options, torch.Generator(), 9)
    assert torch.equal(found.tokens, beam(decoder, z, 3, 9).tokens)
    found = decode(decoder, z, {"method": "greedy"} | options, torch.Generator(), 9)
    assert torch.equal(found.tokens, greedy(decoder, z, 9).tokens)
