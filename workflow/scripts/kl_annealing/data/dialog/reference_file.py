"""References of a file like the published `test_multi_ref.json`, found by their contexts."""

import json
import logging
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from kl_annealing.data.dialog.corpus import BEGIN, clipped
from kl_annealing.data.dialog.lines import words_of
from kl_annealing.data.dialog.references import Tokens, own_rows, packed, utterance
from kl_annealing.data.dialog.splits import DialogSplit, References
from kl_annealing.data.vocabulary import MARKERS, START, STOP, Vocabulary
from kl_annealing.errors import InputError

SPEAKER = re.compile(r"[^:]*[AB]:(?:\s|$)")  # before an utterance of a context
FITS = ("unmatched", "used", "ambiguous")  # an entry that fits no window, one, several

log = logging.getLogger(__name__)


def file_references(
    split: DialogSplit, path: str | Path, vocabulary: Vocabulary, most: int
) -> tuple[References, dict[str, int]]:
    """Return the references of a file like the published `test_multi_ref.json`, and their counts.

    It is a list of objects with `responses` and `context`, the utterances before, oldest first, or
    the last of them; other keys are not read. An object belongs to the window whose context ends
    as that one, of the utterances that both have, never to a position: the published order rests on
    an unstable sort. Of several such windows it is the one whose own response is among `responses`;
    an object that still fits several is left out, unless these are one exchange that is in the
    dialogs more than once: it belongs to each. A window without an object keeps its own
    response. `most` limits tokens. Where every utterance of every context has its speaker before
    it, as `A: `, that is left out. The published file could not be had; its keys and speakers are
    those that two programs read (texar's and golsun's, which convert it to text).

    Counts: `references_entries`, of them `references_used`, `references_unmatched` by any window,
    and `references_ambiguous`. Raises InputError for another form, and where nothing fits.
    """
    windows, found, fits = _by_last_utterance(split), own_rows(split), Counter[str]()
    entries = _entries(path)
    for entry in entries:
        context, rows = ([_tokens(text, vocabulary, most) for text in texts] for texts in entry)
        fitting = _fitting(split, windows.get(context[-1], []), context, rows)
        exchanges = {_exchange(split, window) for window in fitting}
        if len(exchanges) == 1:
            for window in fitting:
                found[window] += rows
        fits[FITS[min(len(exchanges), 2)]] += 1
    counts = {f"references_{name}": fits[name] for name in FITS}
    log.info("%s: of %d entries %s", path, len(entries), _told(fits))
    if not fits["used"]:
        raise InputError(
            f"{path}: no context of it is that of one test response ({_told(fits)}); give the file "
            "that belongs to the test dialogs, or references: {kind: retrieved}"
        )
    return packed(found), {"references_entries": len(entries), **counts}


def _by_last_utterance(split: DialogSplit) -> dict[Tokens, list[int]]:
    found = defaultdict(list)
    for window, response in enumerate(split.response):
        found[utterance(split.table, response - 1)].append(window)
    return found


def _fitting(
    split: DialogSplit, windows: list[int], context: list[Tokens], rows: list[Tokens]
) -> list[int]:
    """Return the windows whose context ends as `context` does.

    Of several those whose own response is among `rows`, or all where no response is.
    """
    fitting = [window for window in windows if _ends_alike(split, window, context)]
    told = [n for n in fitting if utterance(split.table, split.response[n]) in rows]
    return told if told and len(fitting) > 1 else fitting


def _exchange(split: DialogSplit, window: int) -> tuple[Tokens, ...]:
    """Return the utterances of a window's dialog from its beginning to the response."""
    response = split.response[window]
    begin = split.table.starts[split.table.dialogs[response]]
    return tuple(utterance(split.table, number) for number in range(begin, response + 1))


def _ends_alike(split: DialogSplit, window: int, context: list[Tokens]) -> bool:
    """Return whether the last utterances that a window's context and `context` both have agree."""
    end, common = split.response[window], min(len(context), split.contexts[window])
    said = [utterance(split.table, number) for number in range(end - common, end)]
    return said == context[-common:]


def _entries(path: str | Path) -> list[tuple[list[str], list[str]]]:
    """Return context and responses of each entry, without speakers."""
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable JSON file of references ({reason})") from error
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: must be a list of objects, one a context")
    read = [_read_entry(entry, f"{path}, entry {number}") for number, entry in enumerate(entries)]
    if all(SPEAKER.match(text) for context, _ in read for text in context):
        return [([SPEAKER.sub("", text, 1) for text in context], said) for context, said in read]
    return read


def _read_entry(entry: Any, place: str) -> tuple[list[str], list[str]]:
    """Return the context and the responses."""
    match entry:
        case {"context": [_, *_] as texts, "responses": list(given)}:
            if all(isinstance(text, str) for text in (*texts, *given)):
                return texts, given
    raise InputError(f"{place}: must have context and responses, two lists of texts")


def _told(fits: Counter[str]) -> str:
    said = {"used": "belong to a test window", "unmatched": "to none", "ambiguous": "to several"}
    return ", ".join(f"{fits[name]} {text}" for name, text in said.items())


def _tokens(text: str, vocabulary: Vocabulary, most: int) -> Tokens:
    """Return the tokens of a text, which may have its markers already."""
    for marker in (MARKERS[START], MARKERS[STOP]):
        text = text.replace(marker, " ")
    words = [BEGIN] if text.strip() == BEGIN else words_of(text)
    return tuple(clipped(vocabulary.encode_words(words), most))
