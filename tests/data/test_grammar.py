import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from kl_annealing.data import lexicon
from kl_annealing.data.grammar import Grammar, Role, english, grammar_corpus, noisy_channel


@pytest.fixture(scope="module")
def tiny():
    """Two factors, one of them with an asymmetric channel; 2 templates."""
    channels = {
        "topic": np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]]),
        "tense": np.eye(2),
    }
    roles = {
        "noun": Role(("topic",), {(0,): ["a", "b"], (1,): ["c"], (2,): ["d", "e", "f"]}),
        "verb": Role(
            ("topic", "tense"),
            {(i, j): [f"v{i}{j}", f"w{i}{j}"][: 1 + j] for i in range(3) for j in range(2)},
        ),
        "end": Role((), {(): ["."]}),
    }
    return Grammar(channels, roles, [("noun", "verb", "end"), ("noun", "verb", "noun")])


def brute_force(grammar):
    """Enumerate every latent value and every sentence: p(z), p(x | z)."""
    conditionals = []
    names = list(grammar.channels)
    for template in grammar.templates:
        for true in itertools.product(*(range(len(grammar.channels[n])) for n in names)):
            known = dict(zip(names, true, strict=True))
            slots = []
            for role in (grammar.roles[r] for r in template):
                slot = {}
                for values, words in role.words.items():
                    copied = math.prod(
                        grammar.channels[f][known[f], v]
                        for f, v in zip(role.factors, values, strict=True)
                    )
                    harmonic = sum(1 / r for r in range(1, len(words) + 1))
                    for rank, word in enumerate(words, start=1):
                        slot[word] = copied / rank / harmonic
                slots.append(slot)
            conditionals.append(
                {
                    tuple(words): math.prod(s[w] for s, w in zip(slots, words, strict=True))
                    for words in itertools.product(*slots)
                }
            )
    marginal = defaultdict(float)
    for conditional in conditionals:
        for sentence, probability in conditional.items():
            marginal[sentence] += probability / len(conditionals)
    return marginal, conditionals


def entropy_of(distribution):
    return -sum(p * math.log(p) for p in distribution.values() if p > 0)


def test_entropy_and_information_equal_brute_force(tiny):
    marginal, conditionals = brute_force(tiny)
    given_z = np.mean([entropy_of(conditional) for conditional in conditionals])
    assert sum(marginal.values()) == pytest.approx(1)
    assert tiny.entropy() == pytest.approx(entropy_of(marginal), abs=1e-10)
    assert tiny.conditional_entropy() == pytest.approx(given_z, abs=1e-10)
    assert tiny.mutual_information() == pytest.approx(entropy_of(marginal) - given_z, abs=1e-10)


def test_log_probability_of_every_sentence_equals_brute_force(tiny):
    marginal, _ = brute_force(tiny)
    for sentence, probability in marginal.items():
        expected = math.log(probability) if probability else -math.inf
        assert tiny.log_probability(sentence) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("sentence", [["a"], ["a", "v00", "?"], [".", "v00", "a"], []])
def test_impossible_sentences(tiny, sentence):
    assert tiny.log_probability(sentence) == -math.inf


def test_two_tenses_never_meet():
    grammar = english()
    sentence = "the sailor steers a boat and the salty captain often {} a net ."
    present, past = (
        grammar.log_probability(sentence.format(verb).split()) for verb in ("rows", "rowed")
    )
    assert math.isfinite(present) and past == -math.inf


@pytest.mark.parametrize(("topics", "fidelity"), [(8, 0.9), (3, 0.6), (2, 1.0)])
def test_entropy_of_the_demonstration_grammar_against_monte_carlo(topics, fidelity):
    grammar = english(topics, fidelity)
    sample = grammar.sample(1500, np.random.default_rng(0))
    nll = -np.array([grammar.log_probability(sentence) for sentence in sample])
    error = nll.std() / math.sqrt(len(nll))
    assert nll.mean() == pytest.approx(grammar.entropy(), abs=4 * error)


def test_information_lies_below_the_entropy_of_the_latent():
    latent = [math.log(len(lexicon.TEMPLATES)), math.log(8), math.log(3), math.log(2)]
    grammar = english()
    assert 4 < grammar.mutual_information() < sum(latent)
    certain = english(fidelity=1.0)
    assert certain.mutual_information() == pytest.approx(sum(latent))
    deaf = english(topics=2, fidelity=0.5).mutual_information()  # the topic copies show nothing
    assert deaf < sum(latent) - math.log(8) + 1e-9


def test_sentences_are_english_looking_and_of_several_lengths():
    grammar = english()
    sample = grammar.sample(400, np.random.default_rng(0))
    assert len(grammar.readings) > 200
    assert len({len(sentence) for sentence in sample}) >= 5
    assert all(grammar.log_probability(sentence) > -math.inf for sentence in sample)


def test_channel_rows_are_distributions():
    channel = noisy_channel(4, 0.7)
    np.testing.assert_allclose(channel.sum(axis=1), 1)
    np.testing.assert_allclose(np.diag(channel), 0.7)


def test_corpus_is_seeded_and_its_splits_are_independent():
    sizes = {"train": 30, "valid": 20, "test": 25}
    first, attributes = grammar_corpus(sizes, seed=3)
    again, _ = grammar_corpus({**sizes, "train": 5}, seed=3)
    other, _ = grammar_corpus(sizes, seed=4)
    assert first["test"].words == again["test"].words != other["test"].words
    assert first["train"].words[:5] == again["train"].words
    assert first["train"].words[:20] != first["valid"].words
    grammar = english()
    nll = np.mean([-grammar.log_probability(words) for words in first["test"].words])
    assert attributes["floor_nll_test"] == pytest.approx(nll)
    assert attributes["floor_nll"] == grammar.entropy()


def test_a_word_with_two_readings_is_refused():
    with pytest.raises(ValueError, match="one role"):
        Grammar({}, {"x": Role((), {(): ["a"]}), "y": Role((), {(): ["a"]})}, [("x", "y")])


@pytest.mark.parametrize("label", ["topic", "style", "tense"])
def test_labels_are_true_values_and_change_no_sentence(label):
    sizes = {"train": 300, "valid": 20, "test": 20}
    plain, before = grammar_corpus(sizes, topics=4)
    labelled, after = grammar_corpus(sizes, topics=4, label=label)
    assert labelled["train"].words == plain["train"].words and plain["train"].labels is None
    names = after.pop("class_names").splitlines()
    assert after == before and len(names) == {"topic": 4, "style": 3, "tense": 2}[label]
    grammar = english(4)
    position = {"topic": "agent", "style": "determiner", "tense": "verb"}[label]
    shown = []
    for words, true in zip(labelled["train"].words, labelled["train"].labels, strict=True):
        role, values, _ = next(r for r in map(grammar.readings.get, words) if r[0] == position)
        shown.append(values[grammar.roles[role].factors.index(label)] == true)
    fidelity = 1.0 if label == "tense" else 0.9  # of one copy
    assert np.mean(shown) == pytest.approx(fidelity, abs=3 * (0.09 / 300) ** 0.5 + 1e-9)
