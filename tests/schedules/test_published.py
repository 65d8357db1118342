"""Every published schedule against its code base's own update, written again as a loop."""

import math

import pytest

from kl_annealing.schedules import Clock, beta_schedule, learning_rate_schedule
from kl_annealing.schedules.published import PUBLISHED, warm_up


def both(name):
    found = PUBLISHED[name]
    beta = beta_schedule(found.schedule, found.clock)
    return beta, learning_rate_schedule(found.learning_rate, found.clock), found.clock


def assert_equal(function, expected):
    """Compare step by step; `expected` yields the value of each step in turn."""
    values = list(expected)
    assert [step for step, value in enumerate(values) if abs(function(step) - value) > 1e-9] == []


def counted_up(start, rate, total):
    """Raise a weight by `rate` before each use, at most to 1."""
    beta = start
    for _ in range(total):
        beta = min(1.0, beta + rate)
        yield beta


# --- Fu et al. 2019, language model on PTB


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("monotonic", [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1]),
        ("cyclical", [0.3, 0.5, 0.7, 0.9, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_ptb_beta_at_the_end_of_each_epoch(kind, table):
    beta, _, clock = both(f"fu2019_ptb_{kind}")
    ends = [beta(epoch * clock.steps_per_epoch - 1) for epoch in range(1, 11)]
    assert ends == pytest.approx(table, abs=1e-12)


def test_ptb_monotonic_step_by_step():
    beta, rate, clock = both("fu2019_ptb_monotonic")
    assert_equal(beta, counted_up(0.1, 1 / (10 * 1359), clock.total_steps))
    assert {rate(step) for step in range(0, clock.total_steps, 500)} == {1.0}
    assert beta(9 * 1359 - 2) < 1 == beta(9 * 1359 - 1)  # reaches 1 after 9.0 epochs


def ptb_cyclical():
    beta = 1.0
    for epoch in range(1, 41):
        if (epoch - 1) % 10 == 0:
            beta = 0.1
        for _ in range(1359):
            beta = min(1.0, beta + 1 / (5 * 1359))
            yield beta


def test_ptb_cyclical_step_by_step():
    beta, _, clock = both("fu2019_ptb_cyclical")
    expected = list(ptb_cyclical())
    assert len(expected) == clock.total_steps == 54_360
    assert_equal(beta, expected)


def test_ptb_cyclical_learning_rates():
    _, rate, clock = both("fu2019_ptb_cyclical")
    table = [1e-3, 9.755e-4, 9.045e-4, 7.939e-4, 6.545e-4, 5e-4, 3.455e-4, 2.061e-4]
    table += [9.55e-5, 2.45e-5]
    for epoch in range(40):
        first, last = epoch * clock.steps_per_epoch, (epoch + 1) * clock.steps_per_epoch - 1
        assert 1e-3 * rate(first) == pytest.approx(table[epoch % 10], abs=5e-8)
        assert rate(first) == rate(last)


# --- Fu et al. 2019, dialogue


def test_dialogue_monotonic_step_by_step():
    beta, rate, _ = both("fu2019_dialog_monotonic")
    assert_equal(beta, (min(t / 10_000, 1) for t in range(1, 12_001)))
    assert rate(5000) == 1


def test_dialogue_cyclical_step_by_step():
    beta, rate, clock = both("fu2019_dialog_cyclical")
    places = [(t - 1) % 5148 for t in range(1, clock.total_steps + 1)]
    assert_equal(beta, (min((place + 1) / 3432, 1) for place in places))
    assert_equal(rate, (0.5 * (1 + math.cos(math.pi * place / 5148)) for place in places))


# --- Fu et al. 2019, Yelp, and its refactoring


@pytest.mark.parametrize("name", ["fu2019_yelp_monotonic", "zheng_monotonic"])
def test_yelp_monotonic_step_by_step(name):
    beta, rate, clock = both(name)
    assert_equal(beta, (min(t / (1387 * 10), 1) for t in range(1, clock.total_steps + 1)))
    # the optimiser's own counter is 0 at the first update
    assert_equal(rate, (0.99 ** (t / (2 * 1387)) for t in range(clock.total_steps)))


def test_yelp_autoencoder_has_no_kl_and_the_same_learning_rate():
    beta, rate, _ = both("fu2019_yelp_autoencoder")
    _, monotonic, clock = both("fu2019_yelp_monotonic")
    for step in range(0, clock.total_steps, 977):
        assert beta(step) == 0
        assert rate(step) == monotonic(step)


@pytest.mark.parametrize("name", ["fu2019_yelp_cyclical", "zheng_cyclical"])
def test_yelp_cyclical_step_by_step(name):
    beta, _, clock = both(name)
    # the place in the cycle is taken before the counter is raised
    assert_equal(beta, (min((t % 13_870 + 1) / 6935, 1) for t in range(clock.total_steps)))


def test_only_fu_restarts_the_learning_rate_of_yelp():
    _, restarts, clock = both("fu2019_yelp_cyclical")
    _, decays, _ = both("zheng_cyclical")
    places = [t % 13_870 for t in range(clock.total_steps)]
    assert_equal(restarts, (0.5 * (1 + math.cos(math.pi * place / 13_870)) for place in places))
    assert_equal(decays, (0.99 ** (t / 2774) for t in range(0, clock.total_steps)))


def test_effective_ratios():
    def effective(name):
        found = PUBLISHED[name].schedule
        if "ratio" in found:
            return found["ratio"]
        return found["ramp"]["epochs"] / found["period"]["epochs"]

    names = ("fu2019_ptb_cyclical", "fu2019_dialog_cyclical", "fu2019_yelp_cyclical")
    assert [effective(name) for name in names] == pytest.approx([0.45, 2 / 3, 0.5])


# --- Warm-ups of the other text models


def test_semi_amortised_warm_up_step_by_step():
    beta, _, clock = both("kim2018_text")
    assert_equal(beta, counted_up(0.1, 1 / (10 * clock.steps_per_epoch), clock.total_steps))
    beta, _, clock = both("kim2018_images")
    assert_equal(beta, counted_up(0.1, 1 / (10 * clock.steps_per_epoch), clock.total_steps))


@pytest.mark.parametrize(("name", "start"), [("he2019_text", 0.1), ("li2019_text", 0.0)])
def test_warm_up_by_sentences_step_by_step(name, start):
    beta, _, _ = both(name)
    rate = (1.0 - start) / (10 * (100_000 / 32))
    assert_equal(beta, counted_up(start, rate, 40_000))


@pytest.mark.parametrize("sentences", [42_068, 100_000, 1001])
def test_warm_up_of_any_corpus(sentences):
    block = warm_up(sentences, 32, start=0.1, epochs=10)
    beta = beta_schedule(block, Clock(1400, 40_000))
    assert_equal(beta, counted_up(0.1, 0.9 / (10 * (sentences / 32)), 15_000))


def test_no_annealing_is_one_throughout():
    beta, rate, clock = both("he2019_text_plain")
    assert {beta(step) for step in range(0, clock.total_steps, 999)} == {1.0}
    assert rate(3) == 1.0


# --- Code without a paper


def test_sentence_vae():
    logistic, _, clock = both("sentence_vae_logistic")
    expected = [1 / (1 + math.exp(-0.0025 * (t - 2500))) for t in range(clock.total_steps)]
    assert_equal(logistic, expected[:5001])
    assert all(abs(logistic(t) - expected[t]) < 0.002 for t in range(5001, clock.total_steps))
    linear, _, _ = both("sentence_vae_linear")
    assert_equal(linear, (min(1, t / 2500) for t in range(clock.total_steps)))


VAE_ANNEALING = {
    "linear": lambda t, total: t / total,
    "cosine": lambda t, total: (math.cos(math.pi * (t / total - 1)) + 1) / 2,
    "logistic": lambda t, total: 1 / (1 + math.exp(total / 2 - t)),
}


@pytest.mark.parametrize("shape", VAE_ANNEALING)
@pytest.mark.parametrize("kind", ["monotonic", "cyclical"])
def test_vae_annealing_step_by_step(kind, shape):
    beta, _, clock = both(f"hubertrybka_{kind}_{shape}")
    counter = 0
    for step in range(clock.total_steps):
        expected = VAE_ANNEALING[shape](counter, 20)
        # beyond its end the published logistic stays at 0.99995, here it is 1
        beyond = kind == "monotonic" and shape == "logistic" and step > 20
        assert beta(step) == pytest.approx(1.0 if beyond else expected, abs=1e-12)
        counter = min(counter + 1, 20)
        if kind == "cyclical" and counter == 20:
            counter = 0


# --- All of them


@pytest.mark.parametrize("name", PUBLISHED)
def test_names_its_source_and_stays_in_range(name):
    found = PUBLISHED[name]
    beta, rate, clock = both(name)
    assert "/" in found.source or "figure" in found.source
    for step in range(0, clock.total_steps, max(1, clock.total_steps // 300)):
        assert 0 <= beta(step) <= 1
        assert 0 <= rate(step) <= 1


def test_titles_differ():
    assert len({found.title for found in PUBLISHED.values()}) == len(PUBLISHED)
