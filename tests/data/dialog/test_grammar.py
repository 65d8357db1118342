import copy
import math
import time
from collections import Counter

import numpy as np
import pytest

from kl_annealing.data import lexicon
from kl_annealing.data.dialog.grammar import GOES_ON, NEXT_ACT, TEMPLATES, Talk, dialog_grammar
from kl_annealing.errors import InputError

SIZES = {"train": 100, "valid": 10, "test": 10}


def drawn(act, thing, number=8000):
    """Return how often each utterance follows another one, and the probability that it tells."""
    generator = np.random.default_rng(0)
    first = Talk("sea", 0.7, generator)
    first.act, first.thing = act, thing
    counts, told = Counter(), {}
    for _ in range(number):
        talk = copy.copy(first)
        (speaker, text, _), nll = talk.next()
        key = (speaker == "AB"[first.speaker], text)
        counts[key] += 1
        told.setdefault(key, set()).add(round(math.exp(-nll), 12))
    return counts, told


@pytest.mark.parametrize(
    ("act", "thing"), [("begin", None), ("statement", "oar"), ("question", "net")]
)
def test_the_likelihood_is_that_of_the_draws(act, thing):
    counts, told = drawn(act, thing)
    assert all(len(probabilities) == 1 for probabilities in told.values())  # one way to say each
    for goes_on in (True, False):
        total = sum(number for key, number in counts.items() if key[0] == goes_on)
        assert (total > 0) >= (goes_on and act in GOES_ON)
        for key, number in counts.items():
            if key[0] == goes_on:
                (probability,) = told[key]
                deviation = math.sqrt(total * probability * (1 - probability))
                assert abs(number - total * probability) < 5 * deviation + 1, key


@pytest.mark.parametrize(
    ("act", "thing"), [("begin", None), ("statement", "oar"), ("question", "net")]
)
def test_the_likelihoods_of_all_utterances_sum_to_1(act, thing):
    """The share of what was never drawn is about that of what was drawn once (Good 1953)."""
    counts, told = drawn(act, thing)
    for goes_on in {goes_on for goes_on, _ in counts}:
        keys = [key for key in counts if key[0] == goes_on]
        once = sum(counts[key] == 1 for key in keys) / sum(counts[key] for key in keys)
        known = sum(probability for key in keys for probability in told[key])
        assert known + once == pytest.approx(1, abs=0.01)


def test_probabilities_of_the_acts_are_probabilities():
    assert set(NEXT_ACT) == {"begin", "same", *TEMPLATES}
    for row in NEXT_ACT.values():
        assert len(row) == len(TEMPLATES) and sum(row) == pytest.approx(1)


def test_topic_profile_and_other_speaker_show_in_the_words():
    dialogs = dialog_grammar(SIZES)["train"].dialogs
    for dialog in dialogs:
        for turn in dialog.turns:
            mine, other = dialog.profiles[turn.speaker], dialog.profiles[1 - turn.speaker]
            style = list(lexicon.STYLES.values())[round(mine[1] * 3) - 1]
            if turn.act == "statement":
                assert turn.words[2] in style["determiner"].split()
                assert turn.words[3] in lexicon.TOPICS[dialog.topic]["thing"].split()
            if turn.words[-1] in ("sir", "madam"):
                assert (turn.words[-1] == "madam") == bool(other[3])
    assert {turn.act for dialog in dialogs for turn in dialog.turns} == set(TEMPLATES)


def test_dialogs_follow_from_the_seed_and_splits_differ():
    one, again, other = (dialog_grammar(SIZES, seed=seed) for seed in (0, 0, 1))
    assert one == again != other
    assert one["valid"].dialogs != one["test"].dialogs
    for split, number in SIZES.items():
        dialogs = one[split].dialogs
        assert len(dialogs) == number
        assert all(6 <= len(dialog.turns) <= 14 for dialog in dialogs)
        assert len(one[split].nll) == sum(len(dialog.turns) for dialog in dialogs)


def test_fewest_and_most_turns_are_in_their_order():
    assert {len(d.turns) for d in dialog_grammar(SIZES, turns=(3, 3))["test"].dialogs} == {3}
    with pytest.raises(InputError, match=r"turns = \[5, 3\]: must be \[fewest, most\]"):
        dialog_grammar(SIZES, turns=(5, 3))


def test_a_hundred_dialogs_take_no_time():
    started = time.process_time()
    dialog_grammar(SIZES)
    assert time.process_time() - started < 1
