"""Sentences that are published as token ids with labels: the Yelp sentences of Shen et al. 2017.

The preprocessing of haofuml/cyclical_annealing (semi/) writes one pickle: lists of ids that end
with 2, a label each (0 negative, 1 positive), and the words of the ids. It is interpreted, not
unpickled (`pickles`).
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kl_annealing.data.corpora import SPLITS, Sentences
from kl_annealing.data.pickles import read_plain_pickle
from kl_annealing.data.vocabulary import MARKERS, UNK
from kl_annealing.errors import InputError

PAD, GO, END, UNKNOWN = range(4)  # ids of the published markers; theirs are not ours

log = logging.getLogger(__name__)


def read_token_ids(paths: Sequence[str | Path], maximum_length: int = 200) -> dict[str, Sentences]:
    """Return the splits of the one published file, as words with their labels.

    Sentences of more than `maximum_length` words are dropped and counted. Raises InputError as
    `read_plain_pickle`, and for values that are not sentences, labels and words.
    """
    (path,) = paths
    sentences, labels, words = _parts(path, read_plain_pickle(path))
    return {
        split: _sentences(f"{path}, {split}", *pair, words, maximum_length)
        for split, *pair in zip(SPLITS, sentences, labels, strict=True)
    }


def _parts(path: str | Path, value: Any) -> tuple[list, list, dict[int, str]]:
    """Return the sentences and the labels of the three splits, and the word of each id."""
    shapes = (*(list,) * 6, dict, dict)
    if not isinstance(value, tuple) or [type(part) for part in value] != [*shapes]:
        raise InputError(
            f"{path}: not (train, dev, test, their three lists of labels, word to id, id to word)"
        )
    if not all(_is_word(*each) for each in value[7].items()):
        raise InputError(f"{path}: id to word is not from whole numbers to words without blanks")
    words = {number: word for number, word in value[7].items() if number > UNKNOWN}
    if value[7].keys() != set(range(len(value[7]))) or len({*words.values()}) < len(words):
        raise InputError(f"{path}: the words are not numbered from 0, each once")
    return list(value[:3]), list(value[3:6]), words | {UNKNOWN: MARKERS[UNK]}


def _sentences(
    place: str, ids: list, labels: list, words: Mapping[int, str], maximum_length: int
) -> Sentences:
    """Return one split as words without the end marker."""
    if len(ids) != len(labels) or not ids:
        raise InputError(f"{place}: {len(ids)} sentences and {len(labels)} labels")
    if not all(type(label) is int for label in labels):
        raise InputError(f"{place}: its labels are not whole numbers")
    if not all(type(n) is int for sentence in ids for n in _listed(sentence)):
        raise InputError(f"{place}: its sentences are not lists of ids")
    kept = [n for n, sentence in enumerate(ids) if 1 <= len(sentence) - 1 <= maximum_length]
    try:
        texts = [[words[number] for number in _without_end(ids[n])] for n in kept]
    except (KeyError, ValueError) as error:
        raise InputError(f"{place}: not sentences of known ids that end with {END}") from error
    blank = sum(len(sentence) < 2 for sentence in ids)
    too_long = len(ids) - len(kept) - blank
    log.info("%s: %d sentences", place, len(kept))
    if blank or too_long:
        log.warning("%s: dropped %d blank and %d too long", place, blank, too_long)
    return Sentences(texts, kept, blank, too_long, [labels[n] for n in kept])


def _is_word(number: Any, word: Any) -> bool:
    return type(number) is int and isinstance(word, str) and word.split() == [word]


def _listed(sentence: Any) -> list:
    """Return a sentence, and what is no id where it is no list."""
    return sentence if isinstance(sentence, list) else [None]


def _without_end(sentence: list[int]) -> list[int]:
    if sentence[-1] != END:
        raise ValueError(sentence)
    return sentence[:-1]
