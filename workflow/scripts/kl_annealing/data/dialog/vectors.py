"""Word vectors of a vocabulary: published ones, or made from the training text."""

import io
import logging
import zipfile
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array
from sklearn.decomposition import TruncatedSVD
from threadpoolctl import threadpool_limits

from kl_annealing.data.vocabulary import PAD
from kl_annealing.errors import InputError

REACH = 5  # words on either side that count as near
SPREAD = 0.1  # standard deviation of the vector of a word that has none, as published

log = logging.getLogger(__name__)


class Vectors(NamedTuple):
    """`vectors` [V, E], float32, and the words [V] whose vectors are their own, not drawn.

    `known` is None where all are. `skipped`: lines of the file that are no word and its numbers.
    """

    vectors: np.ndarray
    known: np.ndarray | None = None
    skipped: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Return how many words have a vector and how many lines were skipped, of a file's."""
        if self.known is None:
            return {}
        return {"vectors_known": int(self.known.sum()), "vectors_skipped": self.skipped}


def make_vectors(
    settings: Mapping[str, Any],
    words: Sequence[str],
    tokens: np.ndarray,
    file: str | Path | None,
    seed: int,
) -> Vectors | None:
    """Return vectors of the words by a dataset's `vectors`; None for kind `none`.

    `tokens` [U, W] are the utterances of training, `file` is that of kind `glove`. A word without a
    vector gets one of N(0, 0.01) from the seed, padding gets zeros. Raises InputError as
    `glove_vectors` and `corpus_vectors`.
    """
    if settings["kind"] == "none":
        return None
    if settings["kind"] == "glove":
        found = glove_vectors(file, settings["member"], words)
    else:
        found = Vectors(corpus_vectors(tokens, len(words), settings["dimension"]))
    absent = ~(found.vectors.any(axis=1) if found.known is None else found.known)
    noise = np.random.default_rng(seed).standard_normal(found.vectors.shape)
    vectors = np.where(absent[:, None], SPREAD * noise, found.vectors)
    vectors[PAD] = 0
    return found._replace(vectors=vectors.astype(np.float32))


def glove_vectors(path: str | Path, member: str, words: Sequence[str]) -> Vectors:
    """Return the vectors of the words in a file of GloVe, 0 for those that it lacks.

    Lines are `word number …`, with as many finite numbers as the first one. Others are skipped and
    counted: the largest file of GloVe has words with blanks in them. An archive is read through
    without being unpacked. Raises InputError for a file that is no text or has none of the words.
    """
    ids = {word: number for number, word in enumerate(words)}
    found: dict[int, np.ndarray] = {}
    skipped = 0
    with _text(path, member) as (lines, place):
        for word, numbers in _rows(lines, ids):
            if numbers is None:
                skipped += 1
            elif word in ids:
                found[ids[word]] = numbers
    others = f"{skipped} lines are not a word and as many finite numbers as the first line"
    if not found:
        has = f"{place}: has none of the {len(words)} words"
        raise InputError(f"{has}, and {others}; give the text of GloVe's vectors")
    if skipped:
        log.warning("%s: %s; skipped", place, others)
    vectors = np.zeros((len(words), len(next(iter(found.values())))))
    vectors[list(found)] = list(found.values())
    return Vectors(vectors, np.isin(np.arange(len(words)), list(found)), skipped)


def corpus_vectors(tokens: np.ndarray, words: int, dimension: int) -> np.ndarray:
    """Return vectors [V, E] by their neighbours in utterances [U, W], 0 for a word without any.

    The positive pointwise mutual information of words within five of each other, factorised: U
    times the root of S, as Levy, Goldberg and Dagan (2015, section 3.2) advise. The scale is that
    of unknown words. Raises InputError for more dimensions than words.
    """
    if dimension >= words:
        raise InputError(
            f"vectors.dimension = {dimension}: the training text has {words} words, markers "
            "included; allowed: fewer dimensions than words"
        )
    information = positive_information(neighbours(tokens, words))
    reduction = TruncatedSVD(dimension, random_state=0)
    with threadpool_limits(1):  # sums of another number of threads are rounded otherwise
        left = reduction.fit_transform(information)
    vectors = left / np.sqrt(np.maximum(reduction.singular_values_, np.finfo(float).tiny))
    return vectors * SPREAD / np.sqrt(np.mean(vectors**2))


def neighbours(tokens: np.ndarray, words: int) -> csr_array:
    """Return how often [V, V] two words are within `REACH` of each other, in either order."""
    pairs = [
        (tokens[:, :-step].ravel(), tokens[:, step:].ravel())
        for step in range(1, min(REACH, tokens.shape[1] - 1) + 1)
    ]
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    real = right != PAD  # then the one before it is no padding either
    ones = np.ones(real.sum())
    counts = coo_array((ones, (left[real], right[real])), shape=(words, words)).tocsr()
    return counts + counts.T


def positive_information(counts: csr_array) -> csr_array:
    """Return max(0, ln of p(a, b) / p(a) p(b)) of counts [V, V]."""
    total = counts.sum()
    inverse = [1 / np.maximum(counts.sum(axis=axis), 1) for axis in (1, 0)]
    ratio = (diags_array(inverse[0]) @ counts @ diags_array(inverse[1]) * total).tocsr()
    ratio.data = np.maximum(np.log(ratio.data), 0)
    ratio.eliminate_zeros()
    return ratio


@contextmanager
def _text(path: str | Path, member: str) -> Iterator[tuple[IO[str], str]]:
    """Open a text, or that member of an archive; yield its lines and its name for messages."""
    try:
        if not zipfile.is_zipfile(path):
            with open(path, encoding="utf-8", newline="\n") as file:
                yield file, str(path)
            return
        with zipfile.ZipFile(path) as archive:
            if member not in archive.namelist():
                has = ", ".join(archive.namelist()[:8])
                raise InputError(f"{path}: has no member {member!r}; it has {has}")
            with io.TextIOWrapper(archive.open(member), "utf-8", newline="\n") as file:
                yield file, f"{path}/{member}"
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable file of word vectors ({reason})") from error


def _rows(lines: Iterable[str], wanted: Container[str]) -> Iterator[tuple[str, Any]]:
    """Yield each line's word and its numbers, None for others than the first line leads to expect.

    Only the numbers of `wanted` words are read.
    """
    width = 0
    for line in lines:
        word, *values = line.rstrip().split(" ")
        width = width or len(values)
        numbers = _numbers(values) if word in wanted else values
        yield word, numbers if values and len(values) == width else None


def _numbers(values: list[str]) -> np.ndarray | None:
    """Return finite numbers, None where not all are."""
    try:
        numbers = np.array(values, dtype=float)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
