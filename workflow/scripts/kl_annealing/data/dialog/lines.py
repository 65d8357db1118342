"""Dialogs as JSON lines, in the form of Zhao et al.'s Switchboard (2017).

One object a line: `topic`, the speakers' profiles `A` and `B` (age, education, sex) and `utts`, a
list of [speaker, text, [dialog act, …]]. Names and profiles come with blanks and quotes around
them, which are taken off. Text is lower-cased and cut as NLTK's WordPunct tokeniser cuts it.
"""

import json
import logging
import re
import reprlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kl_annealing.data.corpora import text_lines
from kl_annealing.errors import InputError

SPEAKERS = ("A", "B")
KEYS = ("topic", *SPEAKERS, "utts")
SEXES = {"MALE": (1.0, 0.0), "FEMALE": (0.0, 1.0)}
UNKNOWN_EDUCATION = 9  # Switchboard's own code, and the largest one
MOST_YEARS = 150
DROPPED = ("blank_lines", "empty_dialogs")
NOTED = ("empty_utterances", "unknown_profiles")

Profile = tuple[float, float, float, float]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """An utterance: its speaker, 0 for A and 1 for B, its words and its dialog act."""

    speaker: int
    words: list[str]
    act: str


@dataclass(frozen=True)
class Dialog:
    """A dialog with the profiles of speakers A and B, as `Exchanges` has them."""

    topic: str
    profiles: tuple[Profile, Profile]
    turns: list[Turn]


@dataclass(frozen=True)
class Dialogs:
    """Dialogs that were kept, and counts of what was dropped (`DROPPED`) or is odd (`NOTED`).

    An empty utterance is kept, as one without words, in contexts and as a response. A dialog
    without utterances has nothing to respond and is dropped. `nll` is what the true model gives to
    each utterance of all dialogs in its context, nats, where they were drawn from one.
    """

    dialogs: list[Dialog]
    counts: dict[str, int]
    nll: list[float] | None = None


def read_dialogs(path: str | Path) -> Dialogs:
    """Read a file of dialogs.

    Raises InputError, with the file and the line, as `text_lines` and `dialogs_of`, for a line that
    is no JSON, and for a file without dialogs.
    """
    lines = list(enumerate(text_lines(path), start=1))
    places = [(f"{path}, line {number}", line) for number, line in lines if line.strip()]
    found = dialogs_of((_decoded(line, place), place) for place, line in places)
    found.counts["blank_lines"] = len(lines) - len(places)
    if not found.dialogs:
        raise InputError(f"{path}: no dialog with an utterance; one is expected on each line")
    log.info("%s: %d dialogs", path, len(found.dialogs))
    if any(found.counts.values()):
        log.warning("%s: %s", path, _told(found.counts))
    return found


def dialogs_of(values: Iterable[tuple[Any, str]]) -> Dialogs:
    """Check decoded dialogs, each with its place for messages.

    Raises InputError for missing keys, wrong types, and a speaker who is unknown or has no profile.
    """
    counts = Counter(dict.fromkeys((*DROPPED, *NOTED), 0))
    dialogs = []
    for value, place in values:
        noted = Counter[str]()
        dialog = _dialog(value, place, noted)
        if dialog.turns:
            dialogs.append(dialog)
            counts.update(noted)
        counts["empty_dialogs"] += not dialog.turns
        counts["empty_utterances"] += sum(not turn.words for turn in dialog.turns)
    return Dialogs(dialogs, dict(counts))


def words_of(text: str) -> list[str]:
    """Return the words of a text: runs of letters and digits, and runs of other signs."""
    return re.findall(r"\w+|[^\w\s]+", text.lower())


def stripped(text: str) -> str:
    """Return a name without the blanks and double quotes around it."""
    return text.strip().strip('"').strip()


def _decoded(line: str, place: str) -> Any:
    try:
        return json.loads(line.rstrip(" \t\r\n"))  # else an error at its end is one of a next line
    except json.JSONDecodeError as error:
        reason = f"{error.msg.lower().removesuffix(' at')} at column {error.colno}"
        raise InputError(f"{place}: not JSON ({reason}); one dialog is expected a line") from error
    except ValueError as error:  # Python's limit on the digits of an integer
        raise InputError(f"{place}: holds a number of too many digits") from error
    except RecursionError as error:
        raise InputError(f"{place}: nested too deeply to be a dialog") from error


def _dialog(value: Any, place: str, counts: Counter[str]) -> Dialog:
    if not isinstance(value, dict):
        raise InputError(f"{place}: a dialog is an object with the keys {', '.join(KEYS)}")
    for key in (key for key in KEYS if key not in value):
        what = f"speaker {key} has no profile" if key in SPEAKERS else f"key {key!r} is missing"
        raise InputError(f"{place}: {what}; a dialog has the keys {', '.join(KEYS)}")
    profiles = [_profile(value[key], f"{place}, {key}", counts) for key in SPEAKERS]
    if not isinstance(value["utts"], list):
        raise InputError(f"{place}, utts: must be a list of [speaker, text, [dialog act, …]]")
    turns = [_turn(turn, f"{place}, utts[{n}]") for n, turn in enumerate(value["utts"])]
    return Dialog(_name(value["topic"], f"{place}, topic"), (profiles[0], profiles[1]), turns)


def _turn(value: Any, place: str) -> Turn:
    match value:
        case [str(speaker), text, [act, *_]]:
            if speaker not in SPEAKERS:
                known = ", ".join(SPEAKERS)
                raise InputError(f"{place}: unknown speaker {speaker!r}; allowed: {known}")
            words = words_of(_text(text, f"{place}, text"))
            return Turn(SPEAKERS.index(speaker), words, _name(act, f"{place}, dialog act"))
    raise InputError(f"{place}: must be [speaker, text, [dialog act, …]]")


def _profile(value: Any, place: str, counts: Counter[str]) -> Profile:
    """Return age / 100, education / 3 and the sex one-hot.

    What is unknown: an age is 0, an education has Switchboard's code 9, a sex neither one.
    """
    if not isinstance(value, dict):
        raise InputError(f"{place}: a profile is an object with age, education and sex")
    age = _number(value.get("age"), f"{place}, age", MOST_YEARS)
    education = _number(value.get("education"), f"{place}, education", UNKNOWN_EDUCATION)
    told = value.get("sex")
    sex = SEXES.get(_name("" if told is None else told, f"{place}, sex").upper())
    counts["unknown_profiles"] += None in (age, education, sex)
    if education is None:
        education = UNKNOWN_EDUCATION
    return ((age or 0.0) / 100, education / 3, *(sex or (0.0, 0.0)))


def _number(value: Any, place: str, most: int) -> float | None:
    """Return a number from 0 to `most` that may be given as text, None where there is none."""
    if value is None or (isinstance(value, str) and not stripped(value)):
        return None
    try:
        number = float(stripped(value) if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= most:
        raise InputError(f"{place} = {reprlib.repr(value)}: must be a number from 0 to {most}")
    return number


def _name(value: Any, place: str) -> str:
    return stripped(_text(value, place))


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{place} = {reprlib.repr(value)}: must be text")
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise InputError(f"{place}: holds a NUL or half a surrogate pair, which is no text")
    return value


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
