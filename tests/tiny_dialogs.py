"""Dialogs of a few words as JSON lines have them, and what is prepared of them."""

import json

from kl_annealing.data.dialog.corpus import build_dialogs
from kl_annealing.data.dialog.lines import dialogs_of

PROFILES = {
    "A": {"age": 40, "education": " 2", "sex": ' "FEMALE"'},
    "B": {"age": 25, "education": 3, "sex": '"MALE"'},
}
OPTIONS = {
    "minimum_count": 1,
    "maximum_size": None,
    "shuffle_seed": 0,
    "utterance_length": 40,
    "backward_size": 10,
    "windows": "complete",
    "published_block": {"train": 2, "valid": 2, "test": 2},
}


def talk(*texts, topic='"MUSIC"', act="statement", **changes):
    """Return a dialog; a text may name its speaker, `B: hello`, else A and B take turns."""
    turns = []
    for number, text in enumerate(texts):
        speaker, _, said = text.rpartition(": ")
        turns.append([speaker or "AB"[number % 2], said, [act, [0.0]]])
    return {"topic": topic, **PROFILES, "utts": turns, **changes}


def long_talk(turns, **changes):
    return talk(*(f"word{number}" for number in range(turns)), **changes)


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)


def built(train, valid=None, test=None, **options):
    """Return the `DialogSet` of lists of dialogs."""
    parts = {"train": train, "valid": valid or train, "test": test or train}
    splits = {
        split: dialogs_of((value, split) for value in values) for split, values in parts.items()
    }
    return build_dialogs("tiny", splits, {**OPTIONS, **options}, {})
