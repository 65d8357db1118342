"""Posterior means on a plane: t-SNE and principal components of evaluated runs, a results file."""

import os
from collections.abc import Mapping

import h5py
import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from kl_annealing.data import AnyCorpus, DialogSet, Split, read_corpus
from kl_annealing.evaluation.arrays import write_arrays
from kl_annealing.files.results import open_arrays

POINTS = 5000  # sentences at most, as Fu et al. 2019 draw
PERPLEXITY = 30  # their library's default


def embed_runs(
    measured: Mapping[str, tuple[str | os.PathLike, str | os.PathLike]],
    split: str,
    destination: str | os.PathLike,
) -> None:
    """Write the plane of each run, see `plane`, as a group of its name.

    `measured` has each run's evaluation.h5 and corpus.
    """
    groups = {run: plane(*paths, split) for run, paths in measured.items()}
    write_arrays(destination, groups)


def plane(
    evaluation: str | os.PathLike, corpus_path: str | os.PathLike, split: str, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return `points` [N, 2] of a t-SNE, `components` [N, 2], `length` [N] in words.

    `components` are the first two principal ones and `explained` [2] their shares of the variance;
    where there are labels, `label` [N], and `classes`, the names of the labels 0, 1, ...

    `evaluation` is the evaluation.h5 of a run whose last iterate was measured on `split`. Of more
    than `POINTS` sentences a random choice is taken, the same for every run on the corpus.
    """
    with open_arrays(evaluation) as file:
        group = file[f"last/{split}"]
        mu, index = _means(group), group["index"][:]
    corpus = read_corpus(corpus_path)
    found: Split = getattr(corpus, split)
    if not np.array_equal(index, found.index):
        raise ValueError(f"{evaluation} is of other sentences than {corpus_path}")
    chosen = np.sort(np.random.default_rng(seed).permutation(len(mu))[:POINTS])
    lengths = found.lengths[chosen].astype(np.int64) - 2
    labels = {} if found.labels is None else {"label": found.labels[chosen], **_classes(corpus)}
    planes = {"points": embed(mu[chosen], seed), **principal(mu[chosen])}
    return {**planes, "length": lengths, **labels}


def _means(group: h5py.Group) -> np.ndarray:
    """Return the posterior means [N, D], relative to the prior where each sentence has its own.

    Those of a collapsed conditional model would else show the priors' means: the conditions.
    """
    mu = group["mu"][:]
    if "prior_mu" not in group:
        return mu
    return (mu - group["prior_mu"][:]) / np.exp(group["prior_logvar"][:] / 2)


def principal(mu: np.ndarray) -> dict[str, np.ndarray]:
    """Return the first two principal components [N, 2] of mu [N, D] and their shares [2].

    The larger part of each axis is positive, since its sign is arbitrary. A dimension that is not
    there is 0.
    """
    components, explained = np.zeros((len(mu), 2)), np.zeros(2)
    number = min(2, *mu.shape)
    if np.ptp(mu, axis=0).any():
        model = PCA(number, svd_solver="full").fit(mu.astype(np.float64))
        signs = np.sign(model.components_[range(number), np.abs(model.components_).argmax(1)])
        components[:, :number] = signs * model.transform(mu.astype(np.float64))
        explained[:number] = model.explained_variance_ratio_
    return {"components": components.astype(np.float32), "explained": explained}


def _classes(corpus: AnyCorpus) -> dict[str, np.ndarray]:
    """Return the names of a corpus's labels; of dialogs these are acts, 0 all that are rare."""
    if isinstance(corpus, DialogSet):
        names = ["other acts", *corpus.acts[1:]]
    else:
        names = corpus.attributes.get("class_names", "").splitlines()
    return {"classes": np.array(names, dtype=h5py.string_dtype())} if names else {}


def embed(mu: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the t-SNE [N, 2] of posterior means mu [N, D] (van der Maaten and Hinton 2008).

    Started from the principal components, as published, where there are two. Means that are all
    one point stay one.
    """
    if not np.ptp(mu, axis=0).any():
        return np.zeros((len(mu), 2), np.float32)
    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(mu) - 1) / 3),
        init="pca" if min(mu.shape) >= 2 else "random",
        random_state=seed,
    )
    return tsne.fit_transform(mu.astype(np.float32)).astype(np.float32)
