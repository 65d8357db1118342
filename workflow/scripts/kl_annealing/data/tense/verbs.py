"""Verbs and conversions as text: four forms a line, or a word and what it is to become."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kl_annealing.data.corpora import text_lines
from kl_annealing.data.tense.forms import TENSES
from kl_annealing.data.tense.splits import Verb
from kl_annealing.errors import InputError

MARKS = "-'"  # what a word may have beside letters


class Conversion(NamedTuple):
    """A word in a tense and the same verb in another; tenses by their short names."""

    source: str
    source_tense: str
    target: str
    target_tense: str


def read_verbs(path: str | Path) -> list[Verb]:
    """Read one verb a line, its four forms in the order of `TENSES`, separated by blanks.

    Blank lines are left out. Raises InputError as `text_lines`, and with the line for another
    number of words or a character that no word has; also for a file without a verb.
    """
    verbs = []
    for place, words in _lines(path):
        if len(words) != len(TENSES):
            said = ", ".join(TENSES.values())
            raise InputError(f"{place}: {_words(words)}; a line has the four forms {said}")
        verbs.append(tuple(words))
    if not verbs:
        raise InputError(f"{path}: no verb; four forms are expected on each line")
    return verbs


def read_conversions(
    path: str | Path, tenses: Sequence[Sequence[str]], letters: Collection[str]
) -> list[Conversion]:
    """Read one conversion a line, source and target; `tenses` has those of each line.

    Raises InputError as `read_verbs`, for a letter that is not in `letters`, and where lines and
    `tenses` are not as many.
    """
    found = list(_lines(path))
    if len(found) != len(tenses):
        raise InputError(
            f"{path}: {len(found)} lines; the dataset's `conversions` has the tenses of "
            f"{len(tenses)}: give one pair of tenses for each line"
        )
    conversions = []
    for (place, words), (before, after) in zip(found, tenses, strict=True):
        if len(words) != 2:
            raise InputError(f"{place}: {_words(words)}; a line has a word and what it becomes")
        for word in words:
            _refuse(place, word, set(word) - set(letters), "only those of the training verbs")
        conversions.append(Conversion(words[0], before, words[1], after))
    return conversions


def _lines(path: str | Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the words of each line that is not blank."""
    for number, line in enumerate(text_lines(path), start=1):
        place = f"{path}, line {number}"
        for word in line.split():
            unknown = {each for each in word if not (each.isalpha() or each in MARKS)}
            _refuse(place, word, unknown, "letters, hyphen and apostrophe")
        if words := line.split():
            yield place, words


def _refuse(place: str, word: str, unknown: Collection[str], allowed: str) -> None:
    if unknown:
        first = next(each for each in word if each in unknown)
        raise InputError(f"{place}: unknown character {first!r} in {word!r}; allowed: {allowed}")


def _words(words: Sequence[str]) -> str:
    return f"{len(words)} word{'s' * (len(words) != 1)}"
