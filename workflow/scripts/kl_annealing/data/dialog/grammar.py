"""Seeded dialogs whose true likelihood is known: the demonstration of response generation.

Two speakers talk about one of a few topics. Who speaks next follows from the act before; with which
dialog act, from that and from whether the same speaker goes on; the act chooses a template. An
utterance is about a thing of the topic, that of the utterance before with probability `fidelity`.
Its determiners and adverbs show the education of its speaker, an address at its end the sex of the
other one. All of this can be read off the words, and what is drawn depends on the utterance before
alone, so that p(response | context) is a product.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kl_annealing.data import lexicon
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialog.lines import SPEAKERS, Dialogs, dialogs_of
from kl_annealing.data.grammar import word_probabilities
from kl_annealing.errors import InputError

TEMPLATES = {
    "statement": ("i think {determiner} {thing} is {adverb} {quality}",),
    "question": (
        "do you know who {present} {determiner} {thing}",
        "do you like {determiner} {thing}",
    ),
    "yes": ("yes my {agent} {adverb} {present} {determiner} {thing}",),
    "no": ("no not {determiner} {thing}", "no my {agent} {present} nothing"),
    "agree": ("that is right", "so is {determiner} {thing} {address}"),
    "backchannel": ("uh-huh", "oh really {address}"),
}
# Rows: the act before, `begin` at the start, `same` where the same speaker goes on; columns: the
# next act, in the order of TEMPLATES.
NEXT_ACT = {
    "begin": (0.3, 0.6, 0.0, 0.0, 0.0, 0.1),
    "same": (0.7, 0.3, 0.0, 0.0, 0.0, 0.0),
    "statement": (0.2, 0.2, 0.0, 0.0, 0.3, 0.3),
    "question": (0.1, 0.0, 0.5, 0.4, 0.0, 0.0),
    "yes": (0.3, 0.3, 0.0, 0.0, 0.1, 0.3),
    "no": (0.5, 0.3, 0.0, 0.0, 0.1, 0.1),
    "agree": (0.5, 0.3, 0.0, 0.0, 0.0, 0.2),
    "backchannel": (0.6, 0.3, 0.0, 0.0, 0.0, 0.1),
}
GOES_ON = {"statement": 0.3, "backchannel": 0.2}  # probability that the same speaker speaks again
STYLES = tuple(lexicon.STYLES.values())  # by education: 1, 2, 3
ADDRESS = {"MALE": "sir", "FEMALE": "madam"}

Profile = Mapping[str, Any]


class Talk:
    """One dialog: its topic, its speakers and what was said last; draws the next utterance."""

    def __init__(self, topic: str, fidelity: float, generator: np.random.Generator) -> None:
        self.topic, self.fidelity, self.generator = topic, fidelity, generator
        self.profiles = [_profile(generator) for _ in SPEAKERS]
        self.speaker, self.act = int(generator.integers(len(SPEAKERS))), "begin"
        self.thing: str | None = None  # of the last utterance
        self.before: str | None = None  # of the one before it
        self.log_probability = 0.0

    def next(self) -> tuple[list[Any], float]:
        """Return the next utterance as JSON lines have it, and -ln p of its words.

        The speaker is a condition of the response, so that its choice costs nothing.
        """
        self.log_probability = 0.0
        goes_on = self.generator.random() < GOES_ON.get(self.act, 0.0)
        self.speaker = self.speaker if goes_on else 1 - self.speaker
        self.act = self._drawn(list(TEMPLATES), NEXT_ACT["same" if goes_on else self.act])
        templates = TEMPLATES[self.act]
        template = self._drawn(templates, [1 / len(templates)] * len(templates))
        self.before, self.thing = self.thing, None
        text = " ".join(map(self._word, template.split()))
        return [SPEAKERS[self.speaker], text, [self.act, []]], -self.log_probability

    def _word(self, slot: str) -> str:
        """Return a word for a slot; a plain word stands for itself."""
        name = slot.strip("{}")
        if name == slot:
            return slot
        if name == "thing":
            return self._next_thing()
        if name == "address":
            return ADDRESS[self.profiles[1 - self.speaker]["sex"]]
        style = STYLES[self.profiles[self.speaker]["education"] - 1]
        words = (style if name in style else lexicon.TOPICS[self.topic])[name].split()
        return self._drawn(words, word_probabilities(len(words)))

    def _next_thing(self) -> str:
        """Return the thing that the utterance before was about, or any of the topic."""
        things = lexicon.TOPICS[self.topic]["thing"].split()
        shares = word_probabilities(len(things))
        if self.before is not None:
            shares = (1 - self.fidelity) * shares
            shares[things.index(self.before)] += self.fidelity
        self.thing = self._drawn(things, shares)
        return self.thing

    def _drawn(self, choices: Sequence[str], shares: Sequence[float] | np.ndarray) -> str:
        """Draw one of the choices and count its probability."""
        number = self.generator.choice(len(choices), p=shares)
        self.log_probability += math.log(shares[number])
        return choices[number]


def dialog_grammar(
    sizes: Mapping[str, int],
    seed: int = 0,
    topics: int = 4,
    turns: Sequence[int] = (6, 14),
    fidelity: float = 0.7,
) -> dict[str, Dialogs]:
    """Return the splits, each from its own random stream, with the true model's NLL.

    Raises InputError where the fewest of `turns` are more than the most.
    """
    if turns[0] > turns[1]:
        raise InputError(f"dialog_grammar.turns = {list(turns)}: must be [fewest, most]")
    return {
        split: _split(sizes[split], topics, turns, fidelity, np.random.default_rng([seed, number]))
        for number, split in enumerate(SPLITS)
    }


def _split(
    size: int, topics: int, turns: Sequence[int], fidelity: float, generator: np.random.Generator
) -> Dialogs:
    values, nll = [], []
    names = list(lexicon.TOPICS)[:topics]
    for number in range(size):
        talk = Talk(names[generator.integers(topics)], fidelity, generator)
        said = [talk.next() for _ in range(generator.integers(turns[0], turns[1] + 1))]
        nll += [each for _, each in said]
        profiles = dict(zip(SPEAKERS, talk.profiles, strict=True))
        value = {"topic": talk.topic, **profiles, "utts": [utterance for utterance, _ in said]}
        values.append((value, f"dialog {number}"))
    drawn = dialogs_of(values)
    return Dialogs(drawn.dialogs, drawn.counts, nll)


def _profile(generator: np.random.Generator) -> Profile:
    return {
        "age": int(generator.integers(20, 70)),
        "education": int(generator.integers(1, len(STYLES) + 1)),
        "sex": list(ADDRESS)[generator.integers(len(ADDRESS))],
    }
