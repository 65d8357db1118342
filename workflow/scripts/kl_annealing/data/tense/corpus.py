"""From verbs and conversions as words to ids: a `TenseSet`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kl_annealing.data.dialog.corpus import padded
from kl_annealing.data.tense.forms import TENSES
from kl_annealing.data.tense.splits import TenseSet, TenseSplit, Verb
from kl_annealing.data.tense.verbs import Conversion
from kl_annealing.data.vocabulary import START, STOP, Vocabulary
from kl_annealing.errors import InputError

_PLACES = {name: place for place, name in enumerate(TENSES)}


def build_tenses(
    name: str,
    verbs: Sequence[Verb],
    conversions: Sequence[Conversion],
    held_out: int = 0,
    shuffle_seed: int = 3435,
    attributes: Mapping[str, Any] | None = None,
) -> TenseSet:
    """Encode verbs and conversions with the letters of all verbs.

    `held_out` different verbs, chosen by the seed, are validated on instead of trained on, with
    all their duplicates. Raises InputError where that leaves none to train on.
    """
    vocabulary = Vocabulary.build(form for verb in verbs for form in verb)
    different = list(dict.fromkeys(verbs))
    if held_out >= len(different):
        raise InputError(
            f"datasets.{name}.held_out = {held_out}: of {len(different)} verbs none is left for "
            f"training; allowed: at most {len(different) - 1}"
        )
    order = np.random.default_rng(shuffle_seed).permutation(len(different))
    apart = {different[place] for place in order[:held_out]}
    lines = {split: [n for n, verb in enumerate(verbs) if (verb in apart) == (split == "valid")]
             for split in ("train", "valid")}  # fmt: skip
    test = _conversions(conversions, vocabulary)
    counts = {"verbs": len(verbs), "duplicates": len(verbs) - len(different)}
    return TenseSet(
        name,
        vocabulary,
        train=_forms(verbs, lines["train"], vocabulary),
        valid=_forms(verbs, lines["valid"], vocabulary) if held_out else test,
        test=test,
        attributes={**(attributes or {}), **counts, "held_out": held_out},
    )


def _forms(verbs: Sequence[Verb], lines: Sequence[int], vocabulary: Vocabulary) -> TenseSplit:
    """Return the four forms of the verbs of some lines."""
    words = [form for line in lines for form in verbs[line]]
    tenses = np.tile(np.arange(len(TENSES)), len(lines))
    index = np.repeat(np.array(lines) * len(TENSES), len(TENSES)) + tenses
    return _split(words, tenses, index, vocabulary)


def _conversions(conversions: Sequence[Conversion], vocabulary: Vocabulary) -> TenseSplit:
    """Return the sources, then the targets."""
    words = [*(each.source for each in conversions), *(each.target for each in conversions)]
    names = [each.source_tense for each in conversions] + [
        each.target_tense for each in conversions
    ]
    tenses = np.array([_PLACES[name] for name in names])
    return _split(words, tenses, np.arange(len(words)), vocabulary)


def _split(
    words: Iterable[str], tenses: np.ndarray, index: np.ndarray, vocabulary: Vocabulary
) -> TenseSplit:
    rows = [[START, *vocabulary.encode_words(word), STOP] for word in words]
    return TenseSplit(padded(rows), tenses.astype(np.int32), index.astype(np.int64))
