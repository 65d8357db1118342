"""A seeded latent-variable grammar whose entropy is exact: the demonstration corpus.

A sentence's latent variable is a template and one value of each factor (topic, style, tense), all
independent and uniform. Each slot of the template copies the values of its role's factors through a
noisy channel and draws a word for them. Every word belongs to one role and one tuple of values, so
a sentence shows its template and its noisy values, and the only thing to be summed out is the true
value of each factor. All quantities are in nats per sentence.
"""

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import entr, gammaln, logsumexp, xlogy

from kl_annealing.data import lexicon
from kl_annealing.data.corpora import SPLITS, Sentences

Values = tuple[int, ...]


@dataclass(frozen=True)
class Role:
    """The factors that a slot copies, and its words for each tuple of their values."""

    factors: tuple[str, ...]
    words: Mapping[Values, Sequence[str]]


@dataclass(frozen=True)
class Grammar:
    """`channels[factor]` [K, K]: row k is the distribution of the copy of the true value k."""

    channels: Mapping[str, np.ndarray]
    roles: Mapping[str, Role]
    templates: Sequence[tuple[str, ...]]

    def __post_init__(self):
        everything = [w for role in self.roles.values() for ws in role.words.values() for w in ws]
        if len(set(everything)) != len(everything) or len(set(self.templates)) != len(
            self.templates
        ):
            raise ValueError("every word needs one role and one tuple of values; templates differ")

    @cached_property
    def readings(self) -> dict[str, tuple[str, Values, float]]:
        """What each word shows: its role, its values, and ln p(word | role, values)."""
        return {
            word: (name, values, math.log(probability))
            for name, role in self.roles.items()
            for values, words in role.words.items()
            for word, probability in zip(words, word_probabilities(len(words)), strict=True)
        }

    def sample(self, number: int, generator: np.random.Generator) -> list[list[str]]:
        """Draw independent sentences."""
        return [sentence for sentence, _ in self.sample_labelled(number, generator)]

    def sample_labelled(
        self, number: int, generator: np.random.Generator
    ) -> list[tuple[list[str], dict[str, int]]]:
        """Draw the same sentences, each with the true value of its factors."""
        return [self._sentence(generator) for _ in range(number)]

    def log_probability(self, sentence: Sequence[str]) -> float:
        """Return ln p(sentence), the latent variable summed out; -inf when it cannot be made."""
        if not all(word in self.readings for word in sentence):
            return -math.inf
        readings = [self.readings[word] for word in sentence]
        if tuple(role for role, _, _ in readings) not in self.templates:
            return -math.inf
        total = sum(log_word for _, _, log_word in readings) - math.log(len(self.templates))
        for factor, channel in self.channels.items():
            copies = [
                value
                for role, values, _ in readings
                for name, value in zip(self.roles[role].factors, values, strict=True)
                if name == factor
            ]
            counts = np.bincount(np.array(copies, dtype=int), minlength=len(channel))
            total += _log_mixture(counts[None], channel)[0]
        return float(total)

    def entropy(self) -> float:
        """Return H(x), the NLL of the true model: no model has a lower one on average."""
        return self._mean_over_templates(_copies_entropy)

    def conditional_entropy(self) -> float:
        """Return H(x | z): what is left when the latent variable is known."""
        return self._mean_over_templates(_known_copies_entropy) - math.log(len(self.templates))

    def mutual_information(self) -> float:
        """Return I(z; x): what an encoder can put into a code of the sentence's latent variable."""
        return self.entropy() - self.conditional_entropy()

    def _mean_over_templates(self, copies_entropy) -> float:
        """Return ln(templates) + mean over templates of the slots' entropy."""
        totals = []
        for template in self.templates:
            copies = Counter(name for role in template for name in self.roles[role].factors)
            copied = sum(copies_entropy(self.channels[name], n) for name, n in copies.items())
            totals.append(copied + sum(self._word_entropy(role) for role in template))
        return math.log(len(self.templates)) + float(np.mean(totals))

    def _word_entropy(self, name: str) -> float:
        """Return H(word | values of its slot), in the mean over the values."""
        role = self.roles[name]
        marginals = [self.channels[factor].mean(axis=0) for factor in role.factors]
        return sum(
            math.prod(marginal[value] for marginal, value in zip(marginals, values, strict=True))
            * entr(word_probabilities(len(words))).sum()
            for values, words in role.words.items()
        )

    def _sentence(self, generator: np.random.Generator) -> tuple[list[str], dict[str, int]]:
        template = self.templates[generator.integers(len(self.templates))]
        true = {name: int(generator.integers(len(c))) for name, c in self.channels.items()}
        rows = {name: channel[true[name]] for name, channel in self.channels.items()}
        sentence = []
        for role in (self.roles[name] for name in template):
            values = tuple(
                int(generator.choice(len(rows[name]), p=rows[name])) for name in role.factors
            )
            words = role.words[values]
            sentence.append(
                words[generator.choice(len(words), p=word_probabilities(len(words)))],
            )
        return sentence, true


def word_probabilities(number: int) -> np.ndarray:
    """Return Zipf's law for the words of one role and one tuple of values: p ~ 1 / rank."""
    weights = 1 / np.arange(1, number + 1)
    return weights / weights.sum()


def noisy_channel(size: int, fidelity: float) -> np.ndarray:
    """Return [size, size]: a copy is right with probability `fidelity`, else any other value."""
    channel = np.full((size, size), (1 - fidelity) / (size - 1))
    np.fill_diagonal(channel, fidelity)
    return channel


def english(topics: int = 8, fidelity: float = 0.9) -> Grammar:
    """Return the demonstration grammar: topic and style are copied noisily, the tense exactly."""
    chosen = list(lexicon.TOPICS.values())[:topics]
    styles = list(lexicon.STYLES.values())
    roles = {
        name: Role(("topic",), {(k,): words[name].split() for k, words in enumerate(chosen)})
        for name in ("agent", "thing", "quality", "place")
    } | {
        name: Role(("style",), {(k,): words[name].split() for k, words in enumerate(styles)})
        for name in styles[0]
    }
    roles["near"] = Role((), {(): ["near"]})
    roles["verb"] = Role(
        ("topic", "tense"),
        {
            (topic, tense): words[name].split()
            for topic, words in enumerate(chosen)
            for tense, name in enumerate(lexicon.TENSES)
        },
    )
    channels = {
        "topic": noisy_channel(topics, fidelity),
        "style": noisy_channel(len(styles), fidelity),
        "tense": np.eye(len(lexicon.TENSES)),
    }
    return Grammar(channels, roles, [tuple(template.split()) for template in lexicon.TEMPLATES])


def grammar_corpus(
    sizes: Mapping[str, int],
    seed: int = 0,
    topics: int = 8,
    fidelity: float = 0.9,
    label: str | None = None,
) -> tuple[dict[str, Sentences], dict[str, Any]]:
    """Return the splits, each from its own random stream, and their attributes.

    `floor_nll` is H(x); `floor_nll_<split>` is the true model's NLL of the very sentences drawn;
    `mutual_information` is I(z; x). Sentences are labelled with the true value of the factor
    `label`, where one is named: the sentences are the same, and so is their entropy.
    """
    grammar = english(topics, fidelity)
    drawn = {
        split: grammar.sample_labelled(sizes[split], np.random.default_rng([seed, number]))
        for number, split in enumerate(SPLITS)
    }
    splits = {split: _labelled(sentences, label) for split, sentences in drawn.items()}
    floors = {
        f"floor_nll_{split}": -float(np.mean([grammar.log_probability(s) for s in found.words]))
        for split, found in splits.items()
    }
    names = {"class_names": "\n".join(_values_of(label)[:topics])} if label else {}
    return splits, {
        "floor_nll": grammar.entropy(),
        **floors,
        "mutual_information": grammar.mutual_information(),
        **names,
    }


def _labelled(drawn: Sequence[tuple[list[str], dict[str, int]]], label: str | None) -> Sentences:
    """Return drawn sentences with the true value of a factor as their label, if it is asked for."""
    sentences = Sentences.of([sentence for sentence, _ in drawn])
    return replace(sentences, labels=[true[label] for _, true in drawn]) if label else sentences


def _values_of(factor: str) -> list[str]:
    """Return the names of the values of a factor."""
    values = {"topic": lexicon.TOPICS, "style": lexicon.STYLES, "tense": lexicon.TENSES}
    return list(values[factor])


def _log_mixture(counts: np.ndarray, channel: np.ndarray) -> np.ndarray:
    """Return ln p(copies) for `counts` [C, K] of each value, the true value summed out; [C]."""
    log_given_value = xlogy(counts[:, None, :], channel[None]).sum(axis=2)  # [C, K]
    return logsumexp(log_given_value, axis=1) - math.log(len(channel))


def _copies_entropy(channel: np.ndarray, number: int) -> float:
    """Return H of `number` copies of one unknown value, by enumerating how often each occurs."""
    size = len(channel)
    multisets = itertools.combinations_with_replacement(range(size), number)
    counts = np.array([np.bincount(multiset, minlength=size) for multiset in multisets])
    log_orders = gammaln(number + 1) - gammaln(counts + 1).sum(axis=1)
    log_sequence = _log_mixture(counts, channel)
    possible = np.isfinite(log_sequence)
    weights = np.exp(log_orders + log_sequence)[possible]
    return -float(weights @ log_sequence[possible])


def _known_copies_entropy(channel: np.ndarray, number: int) -> float:
    """Return H of `number` copies of one known value."""
    return number * float(entr(channel).sum(axis=1).mean())
