"""Estimates of softmax normalisers from some of the words."""

import pytest
import torch
from machine import needs_bfloat16

from kl_annealing.models.cross_entropy import linear_cross_entropy
from kl_annealing.models.sampled_cross_entropy import SampledCrossEntropy, _drawn, inclusion

SAMPLES, LENGTH, WIDTH, VOCABULARY = 40, 5, 8, 600


def problem(spread, dtype=torch.float64, scale=1.0):
    """Hidden states [K, L, H] that lie `spread` about one of each position, and an output layer."""
    generator = torch.Generator().manual_seed(3)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    hidden = draw(LENGTH, WIDTH) + spread * draw(SAMPLES, LENGTH, WIDTH)
    targets = torch.randint(VOCABULARY, (LENGTH,), generator=generator).expand(SAMPLES, -1)
    return hidden, scale * draw(VOCABULARY, WIDTH), draw(VOCABULARY), targets


def estimated(words, hidden, *rest):
    return SampledCrossEntropy(words, SAMPLES)(hidden, *rest)


@pytest.mark.parametrize("words", [1, 7, 64, VOCABULARY - 1])
def test_shares_add_up_follow_the_weights_and_end_at_one(words):
    p = torch.randn(4, VOCABULARY, dtype=torch.float64).mul(3).softmax(-1)
    share = inclusion(p, words)
    torch.testing.assert_close(share.sum(-1), torch.full((4,), float(words)).double())
    assert share.max() <= 1
    for row, weights in zip(share, p, strict=True):
        below = row < 1
        ratio = row[below] / weights[below]
        assert ratio.max() / ratio.min() < 1 + 1e-9
        assert torch.all(weights[~below] * ratio[0] >= 1 - 1e-9)


def test_a_word_is_drawn_as_often_as_its_share_says():
    share = inclusion(torch.randn(50, dtype=torch.float64).softmax(-1), 12)
    starts = (torch.arange(2000).double() + 0.5) / 2000
    drawn = [_drawn(share, start)[0] for start in starts]
    assert {len(words) for words in drawn} == {12}
    frequency = torch.bincount(torch.cat(drawn), minlength=50) / 2000
    torch.testing.assert_close(frequency.double(), share, rtol=0, atol=0.002)


def test_the_sum_is_right_on_average_for_any_terms():
    generator = torch.Generator().manual_seed(1)
    terms = torch.randn(50, generator=generator, dtype=torch.float64).exp()
    share = inclusion(torch.rand(50, generator=generator, dtype=torch.float64), 9)
    sums = []
    for start in (torch.arange(5000).double() + 0.5) / 5000:
        words, log_share = _drawn(share, start)
        sums.append((terms[words] / log_share.exp()).sum())
    assert torch.stack(sums).mean() == pytest.approx(terms.sum().item(), rel=2e-3)
    assert torch.stack(sums).std() > 0.05 * terms.sum()


@pytest.mark.parametrize("biased", [True, False])
def test_where_the_samples_agree_it_is_exact(biased):
    hidden, weight, bias, targets = problem(spread=0.0)
    parts = hidden, weight, bias if biased else None, targets
    torch.testing.assert_close(estimated(64, *parts), linear_cross_entropy(*parts))


def test_the_error_is_small_and_falls_with_the_number_of_words():
    parts = problem(spread=0.15)
    exact = linear_cross_entropy(*parts)
    errors = [(estimated(words, *parts) - exact).abs().mean() for words in (16, 64, 256, 599)]
    assert errors == sorted(errors, reverse=True)
    assert 0.005 < errors[0] < 0.2
    assert errors[2] < 0.01
    assert errors[3] < 1e-4


def test_far_from_each_other_no_target_is_more_than_certain():
    """The target is always among the words, so its probability is at most 1."""
    parts = problem(spread=3.0, scale=4.0)
    found = estimated(16, *parts)
    assert torch.isfinite(found).all()
    assert found.min() >= 0


def test_the_order_of_the_samples_does_not_matter():
    hidden, *rest = problem(spread=0.5)
    expected = estimated(64, hidden, *rest).flip(0)
    torch.testing.assert_close(estimated(64, hidden.flip(0), *rest), expected)


def test_packed_rows_are_those_of_the_positions():
    hidden, weight, bias, targets = problem(spread=0.2)
    expected = estimated(64, hidden, weight, bias, targets)
    packed = hidden.transpose(0, 1).reshape(-1, WIDTH)
    found = estimated(64, packed, weight, bias, targets.t().flatten())
    torch.testing.assert_close(found.view(LENGTH, SAMPLES).t(), expected)


def test_improbable_words_and_great_logits_stay_finite():
    hidden, weight, bias, targets = problem(spread=0.1, dtype=torch.float32, scale=300.0)
    parts = hidden, weight, bias, targets
    exact = linear_cross_entropy(*parts)
    assert exact.max() > 200
    assert torch.isfinite(estimated(64, *parts)).all()
    same = hidden[:1].expand_as(hidden)
    expected = linear_cross_entropy(same, *parts[1:])
    torch.testing.assert_close(estimated(64, same, *parts[1:]), expected, rtol=1e-4, atol=1e-3)


@needs_bfloat16
def test_in_bfloat16_too_no_target_is_more_than_certain():
    parts = problem(spread=0.3, dtype=torch.float32, scale=4.0)
    hidden, weight, bias, _ = parts
    likeliest = (hidden.mean(0) @ weight.t() + bias).argmax(-1).expand(SAMPLES, -1)
    with torch.autocast("cpu", torch.bfloat16):
        assert estimated(64, hidden, weight, bias, likeliest).min() >= -1e-6


@needs_bfloat16
def test_in_bfloat16_it_is_as_near_as_all_words_are():
    parts = problem(spread=0.05, dtype=torch.float32)
    exact = linear_cross_entropy(*parts)
    with torch.autocast("cpu", torch.bfloat16):
        found, all_words = estimated(300, *parts), linear_cross_entropy(*parts)
    assert found.dtype == torch.float32
    assert (found - exact).abs().mean() < 1.5 * (all_words - exact).abs().mean()
