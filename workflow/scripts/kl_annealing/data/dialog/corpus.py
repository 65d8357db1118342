"""From dialogs as words to tables, windows and references: a `DialogSet`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialog.lines import Dialog, Dialogs
from kl_annealing.data.dialog.splits import DialogSet, DialogSplit, DialogTable
from kl_annealing.data.dialog.windows import arranged, complete_windows, published_windows
from kl_annealing.data.labels import encoded, ranked
from kl_annealing.data.vocabulary import MARKERS, PAD, START, STOP, UNK, Vocabulary
from kl_annealing.errors import InputError

BEGIN = "<d>"  # the word of the pseudo utterance before each dialog
BEGIN_SPEAKER = 0  # as published: speaker A says it, so floors are 1 where A responds

Options = Mapping[str, Any]


def build_dialogs(
    name: str, splits: Mapping[str, Dialogs], options: Options, attributes: Mapping[str, Any]
) -> DialogSet:
    """Encode the splits with the words, topics and acts of `train`, and lay the windows.

    `options` as the dataset's; word vectors and references are left to others. Each split has its
    own random stream. Raises InputError where no block of published training windows is full.
    """
    train = splits["train"].dialogs
    vocabulary = Vocabulary.build(
        (words for dialog in train for words in _utterances(dialog)),
        options["minimum_count"],
        options["maximum_size"],
    )
    topics = ranked(dialog.topic for dialog in train)
    acts = ranked(turn.act for dialog in train for turn in dialog.turns)
    tables = {
        split: _table(part.dialogs, vocabulary, topics, acts, options["utterance_length"])
        for split, part in splits.items()
    }
    return DialogSet(
        name,
        vocabulary,
        **_splits(name, tables, options),
        topics=topics,
        acts=acts,
        attributes={**attributes, **_counts(splits, tables, options["utterance_length"])},
    )


def clipped(ids: list[int], most: int) -> list[int]:
    """Return an utterance with its markers; of a longer one the first `most` - 1 and the last."""
    marked = [START, *ids, STOP]
    return marked if len(marked) <= most else [*marked[: most - 1], STOP]


def padded(rows: list[list[int]]) -> np.ndarray:
    """Return the rows as one array [N, W] of int32, padded with 0."""
    tokens = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int32)
    for place, row in zip(tokens, rows, strict=True):
        place[: len(row)] = row
    return tokens


def _utterances(dialog: Dialog) -> Iterator[list[str]]:
    """Yield the words of `<d>` and of each utterance."""
    yield [BEGIN]
    yield from (turn.words for turn in dialog.turns)


def _table(
    dialogs: list[Dialog], vocabulary: Vocabulary, topics: list[str], acts: list[str], most: int
) -> DialogTable:
    texts = [words for dialog in dialogs for words in _utterances(dialog)]
    speakers = [s for d in dialogs for s in (BEGIN_SPEAKER, *(turn.speaker for turn in d.turns))]
    said = [a for d in dialogs for a in (MARKERS[UNK], *(turn.act for turn in d.turns))]
    return DialogTable(
        tokens=padded([clipped(vocabulary.encode_words(words), most) for words in texts]),
        speakers=np.array(speakers, dtype=np.int32),
        acts=encoded(said, acts),
        starts=np.cumsum([0, *(1 + len(dialog.turns) for dialog in dialogs)]),
        topics=encoded((dialog.topic for dialog in dialogs), topics),
        profiles=np.array([dialog.profiles for dialog in dialogs], dtype=np.float32),
    )


def _splits(
    name: str, tables: Mapping[str, DialogTable], options: Options
) -> dict[str, DialogSplit | None]:
    """Return the splits of a `DialogSet`; training sees the windows that `options` name."""
    found = {split: _complete(tables[split], split, options) for split in SPLITS}
    published = {split: _published(tables[split], split, options) for split in SPLITS}
    train = published.pop("train")
    if options["windows"] == "published":
        if train is None:
            raise InputError(_no_block(name, len(tables["train"].topics), options))
        found["train"] = train
    return found | {f"{split}_published": part for split, part in published.items()}


def _complete(table: DialogTable, split: str, options: Options) -> DialogSplit:
    generator = np.random.default_rng([options["shuffle_seed"], SPLITS.index(split)])
    windows = complete_windows(table.starts, options["backward_size"])
    return DialogSplit(table, *arranged(windows, table.lengths, generator))


def _published(table: DialogTable, split: str, options: Options) -> DialogSplit | None:
    block, backward_size = options["published_block"][split], options["backward_size"]
    windows = published_windows(table.starts, block, backward_size)
    return None if windows is None else DialogSplit(table, *windows)


def _no_block(name: str, dialogs: int, options: Options) -> str:
    block = options["published_block"]["train"]
    return (
        f"datasets.{name}.published_block.train = {block}: no window in a full block of "
        f"{dialogs} dialogs; make it smaller, or take windows: complete"
    )


def _counts(
    splits: Mapping[str, Dialogs], tables: Mapping[str, DialogTable], most: int
) -> dict[str, int]:
    """Return what each split has that is cut, empty, unknown or repeated: `<split>_<count>`.

    A dialog is repeated where it is the same as one before it, of its split or of one before that.
    """
    found, earlier = {}, set()
    for split, part in splits.items():
        turns = [turn for dialog in part.dialogs for turn in dialog.turns]
        counts = {
            **part.counts,
            "repeated_dialogs": _repeated(part.dialogs, earlier),
            "cut_utterances": sum(len(turn.words) > most - 2 for turn in turns),
            "unknown_acts": len(turns) - np.count_nonzero(tables[split].acts),
            "unknown_topics": len(part.dialogs) - np.count_nonzero(tables[split].topics),
        }
        found |= {f"{split}_{name}": int(number) for name, number in counts.items()}
    return found


def _repeated(dialogs: list[Dialog], earlier: set[str]) -> int:
    """Return how many dialogs are among `earlier` ones or each other, and add all to these."""
    before = len(earlier)
    earlier.update(map(repr, dialogs))
    return before + len(dialogs) - len(earlier)
