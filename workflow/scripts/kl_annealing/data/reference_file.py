"""References of a file like the published `test_multi_ref.json`, found by their contexts."""

import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kl_annealing.data.dialog_corpus import BEGIN, clipped
from kl_annealing.data.dialog_lines import stripped, words_of
from kl_annealing.data.dialogs import DialogSplit, References
from kl_annealing.data.labels import encoded
from kl_annealing.data.references import Row, own_rows, packed, utterance
from kl_annealing.data.vocabulary import MARKERS, START, STOP, Vocabulary
from kl_annealing.errors import InputError

log = logging.getLogger(__name__)


def file_references(
    split: DialogSplit,
    path: str | Path,
    vocabulary: Vocabulary,
    acts: Sequence[str],
    most: int,
) -> tuple[References, dict[str, int]]:
    """Return the references of a file like the published `test_multi_ref.json`, and their counts.

    It is a list of objects with `responses`, `resp_dialog_acts` and `context`, the utterances
    before, oldest first, or the last of them. An object belongs to the window whose context ends
    with that one, never to a position: the published order rests on an unstable sort. Of several
    such windows it is the one whose own response is among `responses`; an object that still fits
    several is left out. A window without an object keeps its own response. `most` limits tokens.
    The published file could not be had; that it has these keys is known from programs that read it.
    Raises InputError for another form, and where nothing fits.
    """
    windows, found, used = _by_last_utterance(split), own_rows(split), 0
    entries = _entries(path)
    for number, entry in enumerate(entries):
        texts, given = _read_entry(entry, f"{path}, entry {number}", acts)
        context = [_tokens(text, vocabulary, most) for text in texts]
        rows = [(_tokens(text, vocabulary, most), act) for text, act in given]
        fitting = _fitting(split, windows.get(context[-1], []), context, rows)
        if len(fitting) == 1:
            found[fitting[0]] += rows
            used += 1
    log.info("%s: %d of %d entries belong to a test window", path, used, len(entries))
    if not used:
        raise InputError(
            f"{path}: no context of it is one of the test dialogs; give the file that belongs to "
            "them, or references: {kind: retrieved}"
        )
    return packed(found), {"references_entries": len(entries), "references_used": used}


def _by_last_utterance(split: DialogSplit) -> dict[tuple[int, ...], list[int]]:
    found = defaultdict(list)
    for window, response in enumerate(split.response):
        found[utterance(split.table, response - 1)].append(window)
    return found


def _fitting(
    split: DialogSplit, windows: list[int], context: list[tuple[int, ...]], rows: list[Row]
) -> list[int]:
    """Return those windows whose context ends with `context`; of several, by their own response."""
    fitting = []
    for window in windows:
        end, length = split.response[window], len(context)
        before = range(max(split.first[window], end - length), end)
        if [utterance(split.table, number) for number in before] == context:
            fitting.append(window)
    if len(fitting) < 2:
        return fitting
    given = {tokens for tokens, _ in rows}
    return [n for n in fitting if utterance(split.table, split.response[n]) in given]


def _entries(path: str | Path) -> list[Any]:
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable JSON file of references ({reason})") from error
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: must be a list of objects, one a context")
    return entries


def _read_entry(
    entry: Any, place: str, acts: Sequence[str]
) -> tuple[list[str], list[tuple[str, int]]]:
    """Return the context and the responses with their acts."""
    match entry:
        case {
            "context": [_, *_] as texts,
            "responses": list(given),
            "resp_dialog_acts": list(said),
        }:
            written = all(isinstance(text, str) for text in (*texts, *given, *said))
            if written and len(given) == len(said):
                numbers = encoded(map(stripped, said), acts).tolist()
                return texts, list(zip(given, numbers, strict=True))
    raise InputError(
        f"{place}: must have context, a list of texts, and responses and resp_dialog_acts, as many "
        "of each"
    )


def _tokens(text: str, vocabulary: Vocabulary, most: int) -> tuple[int, ...]:
    """Return the tokens of a text, which may have its markers already."""
    for marker in (MARKERS[START], MARKERS[STOP]):
        text = text.replace(marker, " ")
    words = [BEGIN] if text.strip() == BEGIN else words_of(text)
    return tuple(clipped(vocabulary.encode_words(words), most))
