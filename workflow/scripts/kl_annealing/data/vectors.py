"""Word vectors of a vocabulary: published ones, or made from the training text."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array
from sklearn.decomposition import TruncatedSVD

from kl_annealing.data.vocabulary import PAD
from kl_annealing.errors import InputError

REACH = 5  # words on either side that count as near
SPREAD = 0.1  # standard deviation of the vector of a word that has none, as published


def make_vectors(
    settings: Mapping[str, Any],
    words: Sequence[str],
    tokens: np.ndarray,
    file: str | Path | None,
    seed: int,
) -> np.ndarray | None:
    """Return vectors [V, E] of the words by a dataset's `vectors`, float32; None for kind `none`.

    `tokens` [U, W] are the utterances of training, `file` is that of kind `glove`. A word without a
    vector gets one of N(0, 0.01) from the seed, padding gets zeros. Raises InputError as
    `glove_vectors` and `corpus_vectors`.
    """
    if settings["kind"] == "none":
        return None
    if settings["kind"] == "glove":
        vectors = glove_vectors(file, settings["member"], words)
    else:
        vectors = corpus_vectors(tokens, len(words), settings["dimension"])
    absent = ~vectors.any(axis=1)
    noise = np.random.default_rng(seed).standard_normal(vectors.shape)
    vectors = np.where(absent[:, None], SPREAD * noise, vectors)
    vectors[PAD] = 0
    return vectors.astype(np.float32)


def glove_vectors(path: str | Path, member: str, words: Sequence[str]) -> np.ndarray:
    """Return the vectors [V, E] of the words in a file of GloVe, 0 for those that it lacks.

    Lines are `word number …`. An archive is read through without being unpacked. Raises InputError
    for a file that is no such text, naming the line, and for one that has none of the words.
    """
    ids = {word: number for number, word in enumerate(words)}
    found: dict[int, np.ndarray] = {}
    with _text(path, member) as (lines, place):
        width = 0
        for number, line in enumerate(lines, start=1):
            word, *values = line.rstrip().split(" ")
            width = width or len(values)
            if len(values) != width or not width:
                raise InputError(_not_glove(f"{place}, line {number}", width))
            if word in ids:
                found[ids[word]] = _numbers(values, f"{place}, line {number}")
    if not found:
        raise InputError(f"{place}: has none of the {len(words)} words; give the file of GloVe")
    vectors = np.zeros((len(words), width))
    vectors[list(found)] = list(found.values())
    return vectors


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


def _numbers(values: list[str], place: str) -> np.ndarray:
    try:
        return np.array(values, dtype=float)
    except ValueError as error:
        raise InputError(_not_glove(place, len(values))) from error


def _not_glove(place: str, width: int) -> str:
    return f"{place}: not a word and {width or 'its'} numbers; give the text of GloVe's vectors"
