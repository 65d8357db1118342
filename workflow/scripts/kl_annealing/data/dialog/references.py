"""What else would do as a response: those of training contexts that are alike.

Zhao et al. (2017) evaluate with several references for each test context. As remembered (the
paper's appendix could not be read here): contexts as bags of words weighted by TF-IDF, h; the
likeness of two is the cosine of h where topic and floor (whether the last speaker goes on) agree,
else 0; the responses of the ten most alike training contexts are candidates. A classifier that was
trained on the judgements of two annotators about 240 contexts then keeps about two in three: 6.69
further references in the mean. Those judgements are not published, so all candidates are kept here.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array, csr_array
from sklearn.feature_extraction.text import TfidfTransformer

from kl_annealing.data.dialog.corpus import BEGIN, padded
from kl_annealing.data.dialog.splits import DialogSplit, DialogTable, References
from kl_annealing.data.vocabulary import MARKERS, Vocabulary

Tokens = tuple[int, ...]  # of a reference
LIKENESSES = 2**22  # that are held at once: 32 MB


def retrieved_references(
    split: DialogSplit, train: DialogSplit, vocabulary: Vocabulary, neighbours: int
) -> References:
    """Return the responses of the most alike training contexts, `neighbours` at most, by likeness.

    Contexts are alike where a word occurs in both, topic and floor agree; the `<d>` before each
    dialog is no word. Responses that are the same are one reference. A topic that training lacks
    has no neighbours.
    """
    found = own_rows(split)
    bags = [_bags(part, vocabulary) for part in (split, train)]
    weights = TfidfTransformer().fit(bags[1])
    ours, theirs = map(weights.transform, bags)
    groups, known = (_groups(part) for part in (split, train))
    for key, rows in groups.items():
        columns = known.get(key, np.array([], dtype=int))
        likenesses = _likenesses(ours[rows], theirs[columns])
        for row, scores in zip(rows, likenesses, strict=True):
            found[row] += _responses(train, columns[most_alike(scores, neighbours)])
    return packed(found)


def most_alike(likeness: np.ndarray, number: int) -> np.ndarray:
    """Return the places of the `number` largest of [C] that are above 0, ties in their order."""
    if number < len(likeness):
        last = len(likeness) - number
        likeness = np.where(likeness >= np.partition(likeness, last)[last], likeness, 0.0)
    places = np.flatnonzero(likeness > 0)
    return places[np.argsort(-likeness[places], kind="stable")][:number]


def _likenesses(ours: csr_array, theirs: csr_array) -> Iterator[np.ndarray]:
    """Yield the likeness [C] of each of our rows to the C of theirs, a few rows at a time."""
    columns = theirs.T.tocsr()
    few = max(1, LIKENESSES // max(1, columns.shape[1]))
    for start in range(0, ours.shape[0], few):
        yield from (ours[start : start + few] @ columns).toarray()


def own_rows(split: DialogSplit) -> list[list[Tokens]]:
    """Return the response of each window as its first reference."""
    return [[row] for row in _responses(split, np.arange(split.n_examples))]


def _responses(split: DialogSplit, windows: np.ndarray) -> list[Tokens]:
    return [utterance(split.table, number) for number in split.response[windows]]


def utterance(table: DialogTable, number: int) -> Tokens:
    """Return the tokens of an utterance without padding."""
    return tuple(table.tokens[number, : table.lengths[number]].tolist())


def packed(found: list[list[Tokens]]) -> References:
    """Return the references of each window, equal ones once."""
    distinct = [list(dict.fromkeys(rows)) for rows in found]
    tokens = [list(row) for rows in distinct for row in rows]
    return References(padded(tokens), np.cumsum([0, *map(len, distinct)]))


def reference_counts(split: DialogSplit) -> dict[str, float]:
    """Return how many contexts of a split in which something was said have references.

    `references_contexts` of them; their mean number of references, `references_mean`; and how many
    have only their own response, `references_alone`. Empty for a split without references.
    """
    if split.references is None:
        return {}
    numbers = np.diff(split.references.starts)[split.heard]
    return {
        "references_contexts": len(numbers),
        "references_mean": float(numbers.mean()),
        "references_alone": int((numbers == 1).sum()),
    }


def _bags(split: DialogSplit, vocabulary: Vocabulary) -> csr_array:
    """Return how often each word, no marker, occurs in each window's context, [N, V]."""
    table = split.table
    said = (table.tokens >= len(MARKERS)) & (table.tokens != vocabulary.id(BEGIN))
    row, column = np.nonzero(said)
    word = table.tokens[row, column]
    shape = (len(table.tokens), len(vocabulary))
    words = coo_array((np.ones(len(word)), (row, word)), shape=shape).tocsr()
    window = np.repeat(np.arange(split.n_examples), split.contexts)
    ends = np.cumsum(split.contexts)
    steps = np.arange(len(window)) - np.repeat(ends - split.contexts, split.contexts)
    before = split.first[window] + steps
    shape = (split.n_examples, len(table.tokens))
    return coo_array((np.ones(len(window)), (window, before)), shape=shape).tocsr() @ words


def _groups(split: DialogSplit) -> dict[tuple[int, bool], np.ndarray]:
    """Return the windows of each topic and floor: whether the last speaker goes on."""
    table, groups = split.table, defaultdict(list)
    topics = table.topics[table.dialogs[split.response]]
    floors = table.speakers[split.response] == table.speakers[split.response - 1]
    for window, key in enumerate(zip(topics.tolist(), floors.tolist(), strict=True)):
        groups[key].append(window)
    return {key: np.array(rows) for key, rows in groups.items()}
