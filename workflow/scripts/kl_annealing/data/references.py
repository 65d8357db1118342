"""What else would do as a response: those of training contexts that are alike.

Zhao et al. (2017) evaluate with several references for each test context. As remembered (the
paper's appendix could not be read here): contexts as bags of words weighted by TF-IDF, h; the
likeness of two is the cosine of h where topic and floor (whether the last speaker goes on) agree,
else 0; the responses of the ten most alike training contexts are candidates. A classifier that was
trained on the judgements of two annotators about 240 contexts then keeps about two in three: 6.69
further references in the mean. Those judgements are not published, so all candidates are kept here.
"""

from collections import defaultdict

import numpy as np
from scipy.sparse import coo_array, csr_array
from sklearn.feature_extraction.text import TfidfTransformer

from kl_annealing.data.dialog_corpus import padded
from kl_annealing.data.dialogs import DialogSplit, DialogTable, References
from kl_annealing.data.vocabulary import MARKERS

Row = tuple[tuple[int, ...], int]  # the tokens of a reference and its dialog act


def retrieved_references(
    split: DialogSplit, train: DialogSplit, words: int, neighbours: int
) -> References:
    """Return the responses of the most alike training contexts, `neighbours` at most, by likeness.

    Contexts are alike where a word occurs in both, topic and floor agree. Responses that are the
    same are one reference. A topic that training lacks has no neighbours.
    """
    found = own_rows(split)
    weights = TfidfTransformer().fit(_bags(train, words))
    ours, theirs = (weights.transform(_bags(part, words)) for part in (split, train))
    groups, known = (_groups(part) for part in (split, train))
    for key, rows in groups.items():
        columns = known.get(key, np.array([], dtype=int))
        likeness = (ours[rows] @ theirs[columns].T).toarray()
        order = np.argsort(-likeness, axis=1, kind="stable")[:, :neighbours]
        for row, best, scores in zip(rows, order, likeness, strict=True):
            found[row] += _responses(train, columns[best[scores[best] > 0]])
    return packed(found)


def own_rows(split: DialogSplit) -> list[list[Row]]:
    """Return the response of each window as its first reference."""
    return [[row] for row in _responses(split, np.arange(split.n_examples))]


def _responses(split: DialogSplit, windows: np.ndarray) -> list[Row]:
    said, acts = split.response[windows], split.table.acts
    return [(utterance(split.table, number), int(acts[number])) for number in said]


def utterance(table: DialogTable, number: int) -> tuple[int, ...]:
    """Return the tokens of an utterance without padding."""
    return tuple(table.tokens[number, : table.lengths[number]].tolist())


def packed(found: list[list[Row]]) -> References:
    """Return the references of each window, equal ones once."""
    distinct: list[dict[tuple[int, ...], int]] = []
    for rows in found:
        distinct.append({})
        for tokens, act in rows:
            distinct[-1].setdefault(tokens, act)
    tokens, acts = zip(*(row for each in distinct for row in each.items()), strict=True)
    starts = np.cumsum([0, *map(len, distinct)])
    return References(padded([list(row) for row in tokens]), np.array(acts, np.int32), starts)


def _bags(split: DialogSplit, words: int) -> csr_array:
    """Return how often each word, no marker, occurs in each window's context, [N, V]."""
    table = split.table
    row, column = np.nonzero(table.tokens >= len(MARKERS))
    word = table.tokens[row, column]
    shape = (len(table.tokens), words)
    said = coo_array((np.ones(len(word)), (row, word)), shape=shape).tocsr()
    window = np.repeat(np.arange(split.n_examples), split.contexts)
    ends = np.cumsum(split.contexts)
    steps = np.arange(len(window)) - np.repeat(ends - split.contexts, split.contexts)
    before = split.first[window] + steps
    shape = (split.n_examples, len(table.tokens))
    return coo_array((np.ones(len(window)), (window, before)), shape=shape).tocsr() @ said


def _groups(split: DialogSplit) -> dict[tuple[int, bool], np.ndarray]:
    """Return the windows of each topic and floor: whether the last speaker goes on."""
    table, groups = split.table, defaultdict(list)
    topics = table.topics[table.dialogs[split.response]]
    floors = table.speakers[split.response] == table.speakers[split.response - 1]
    for window, key in enumerate(zip(topics.tolist(), floors.tolist(), strict=True)):
        groups[key].append(window)
    return {key: np.array(rows) for key, rows in groups.items()}
