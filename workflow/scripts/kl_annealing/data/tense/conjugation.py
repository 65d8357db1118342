"""Seeded made-up verbs: the demonstration of tense conversion.

Their forms follow the spelling of English: -s, -es or -ies; -ing and -ed with a doubled consonant
after a short syllable, without a final e, with y for ie. Some endings have an irregular past, as
sing and keep have, in the share of stems that `irregular` says; a stem shows its class, so that all
of it can be learnt.
"""

import itertools
import re
from functools import cache

import numpy as np

from kl_annealing.data.tense.forms import TENSES
from kl_annealing.data.tense.splits import Verb
from kl_annealing.data.tense.verbs import Conversion
from kl_annealing.errors import InputError

ONSETS = ("b", "br", "c", "cl", "d", "dr", "f", "fl", "g", "gr", "l", "m", "n", "p", "pl", "r",
          "s", "sp", "st", "str", "t", "tr", "v", "w")  # fmt: skip
VOWELS = ("a", "e", "i", "o", "u")
PREFIXES = ("", "", "", "re", "un", "over")  # each as likely as the others
ENDINGS = ("ck", "p", "t", "g", "n", "sh", "ch", "ss", "nd", "rk", "lt", "ke", "ve", "te", "ly",
           "rry")  # fmt: skip
# Of the irregular classes: the end of the stem and what becomes of it in the past.
IRREGULAR = {"ing": "ang", "ink": "ank", "eep": "ept", "ow": "ew", "ind": "ound"}
HISSING = ("s", "x", "z", "ch", "sh", "o")


def conjugation(
    verbs: int, conversions: int = 10, seed: int = 0, irregular: float = 0.2
) -> tuple[list[Verb], list[Conversion]]:
    """Return different verbs, and conversions of some of them between two tenses each.

    Raises InputError where there are fewer stems than verbs, or fewer verbs than conversions.
    """
    if conversions > verbs:
        raise InputError(f"conjugation.conversions = {conversions}: there are {verbs} verbs")
    if verbs > len(_stems()):
        raise InputError(f"conjugation.verbs = {verbs}: there are {len(_stems())} different stems")
    random = np.random.default_rng([seed, 0])
    found: dict[str, Verb] = {}
    for _ in range(100 * verbs):
        stem = _stem(random, random.random() < irregular)
        found.setdefault(stem, conjugated(stem))
        if len(found) == verbs:
            every = list(found.values())
            return every, _conversions(every, conversions, np.random.default_rng([seed, 1]))
    raise InputError(f"conjugation.verbs = {verbs}: only {len(found)} different stems were drawn")


def conjugated(stem: str) -> Verb:
    """Return the four forms of a stem, in the order of `TENSES`."""
    return stem, third_person(stem), progressive(stem), past(stem)


def third_person(stem: str) -> str:
    """Return stem and -s: `carries`, `passes`, `looks`."""
    if re.search(r"[^aeiou]y$", stem):
        return f"{stem[:-1]}ies"
    return stem + ("es" if stem.endswith(HISSING) else "s")


def progressive(stem: str) -> str:
    """Return stem and -ing: `lying`, `making`, `running`, `looking`."""
    if stem.endswith("ie"):
        return f"{stem[:-2]}ying"
    if re.search(r"[^aeiouy]e$", stem):
        return f"{stem[:-1]}ing"
    return f"{_doubled(stem)}ing"


def past(stem: str) -> str:
    """Return the past: `sprang`, `crept`, else stem and -ed: `carried`, `baked`, `planned`."""
    for ending, changed in IRREGULAR.items():
        if stem.endswith(ending):
            return stem.removesuffix(ending) + changed
    if stem.endswith("e"):
        return f"{stem}d"
    if re.search(r"[^aeiou]y$", stem):
        return f"{stem[:-1]}ied"
    return f"{_doubled(stem)}ed"


def _doubled(stem: str) -> str:
    """Return the stem with its last consonant doubled where one vowel is before it."""
    short = re.search(r"(^|[^aeiou])[aeiou][^aeiouwxy]$", stem)
    return stem + stem[-1] if short else stem


def _stem(random: np.random.Generator, irregular: bool) -> str:
    start = random.choice(PREFIXES) + random.choice(ONSETS)
    if irregular:
        return start + random.choice(list(IRREGULAR))
    return start + random.choice(VOWELS) + random.choice(ENDINGS)


@cache
def _stems() -> frozenset[str]:
    """Return all stems that can be drawn."""
    regular = [vowel + ending for vowel in VOWELS for ending in ENDINGS]
    parts = itertools.product(PREFIXES, ONSETS, [*regular, *IRREGULAR])
    return frozenset(map("".join, parts))


def _conversions(verbs: list[Verb], number: int, random: np.random.Generator) -> list[Conversion]:
    names, found = list(TENSES), []
    for verb in random.permutation(len(verbs))[:number]:
        before, after = random.permutation(len(names))[:2]
        found.append(
            Conversion(verbs[verb][before], names[before], verbs[verb][after], names[after])
        )
    return found
