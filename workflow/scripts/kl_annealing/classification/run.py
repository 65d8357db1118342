"""Classify the sentences of a finished run: from its folder to scores, calibration and metrics."""

import itertools
import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from kl_annealing.classification.clustering import cluster_accuracies
from kl_annealing.classification.features import features_of
from kl_annealing.classification.labels import class_names, draw_labelled, seen_in_training
from kl_annealing.classification.learners import Task
from kl_annealing.classification.logistic import Fitted
from kl_annealing.classification.names import metric_name
from kl_annealing.classification.scores import reliability, scores
from kl_annealing.data import Corpus, read_corpus
from kl_annealing.files.atomic import atomic_write, write_json
from kl_annealing.files.results import read_result
from kl_annealing.jobs.devices import resolve_device
from kl_annealing.measuring import measuring
from kl_annealing.models.trained import load_iterate

Row = dict[str, Any]
KEYS = ("iterate", "classifier", "sampling", "fraction")


def classify_run(
    folder: str | os.PathLike,
    corpus_path: str | os.PathLike,
    settings: Mapping[str, Any],
    destination: str | os.PathLike,
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Classify from the latents of the run in `folder`; write three files into `destination`.

    scores.csv has a row for each iterate, classifier, sampling, fraction and draw: n_labels, what
    was `chosen` on validation, the validation accuracy and the scores of test (`scores`), those of
    the test sentences that training does not have as `unseen_<name>`. calibration.csv has the
    reliability bins of each such row, summed over draws. metrics.json has the means over draws,
    `<iterate>_test_<name>` (`metric_name`), the cluster accuracies, that of the largest class, and
    the provenance of training (timing.json) and classification. Raises InputError as its parts do.
    """
    folder, corpus, place = Path(folder), read_corpus(corpus_path), resolve_device(device)
    with measuring("classification", folder, corpus, settings, place, threads) as made_with:
        rows, bins, metrics = _iterates(folder, corpus, settings, place)
    _write_table(Path(destination) / "scores.csv", pd.DataFrame(rows))
    _write_table(Path(destination) / "calibration.csv", _summed(bins))
    write_json(Path(destination) / "metrics.json", metrics | {"provenance": made_with})


def _iterates(
    folder: Path,
    corpus: Corpus,
    settings: Mapping[str, Any],
    device: torch.device,
) -> tuple[list[Row], list[Row], dict[str, float]]:
    """Return the scores, the reliability bins and the metrics of every iterate."""
    run, names = read_result(folder / "config.json"), class_names(corpus)
    draws = _draws(settings, corpus.train.labels, names)
    seen = seen_in_training(corpus.test, corpus.train)
    rows, bins, metrics = [], [], {}
    for iterate in settings["iterates"]:
        load = partial(load_iterate, folder, iterate, run, corpus.size, device)
        features = features_of(load()[0], corpus, device)
        point = run["posterior"]["kind"] == "point"
        parts = features, lambda load=load: load()[0], settings, point, device
        task = Task(corpus, len(names), *parts)
        for said, fitted in _fitted(task, draws):
            keys = {"iterate": iterate, **said}
            rows.append(keys | _row(fitted, corpus, seen))
            found = reliability(fitted.test, corpus.test.labels)
            bins.append(pd.DataFrame(found).rename_axis("bin").reset_index().assign(**keys))
            print(rows[-1], flush=True)
        metrics |= _metrics(iterate, rows, task)
    counts = {"n_classified": len(seen), "n_seen_in_training": int(seen.sum())}
    shares = {"majority_accuracy": float(_shares(corpus).max()), **counts}
    metrics |= {f"{i}_test_{name}": v for i in settings["iterates"] for name, v in shares.items()}
    return rows, bins, metrics


def _draws(
    settings: Mapping[str, Any], labels: np.ndarray, names: list[str]
) -> dict[tuple[str, float], list[np.ndarray]]:
    """Return the labelled rows of each sampling and fraction, draw by draw.

    All labels are one draw, and no balanced one where `uniform` gives them.
    """
    found = {}
    for sampling, fraction in itertools.product(settings["samplings"], settings["fractions"]):
        if fraction < 1 or sampling == "uniform" or "uniform" not in settings["samplings"]:
            several = range(1 if fraction == 1 else settings["draws"])
            place = labels, fraction, sampling, names, settings["seed"]
            found[sampling, fraction] = [draw_labelled(*place, draw) for draw in several]
    return found


def _fitted(
    task: Task, draws: Mapping[tuple[str, float], list[np.ndarray]]
) -> Iterator[tuple[Row, Fitted]]:
    """Yield what each classifier learns, with what it learnt from."""
    for (sampling, fraction), rows in draws.items():
        for classifier in task.settings["classifiers"]:
            said = {"classifier": classifier, "sampling": sampling, "fraction": fraction}
            for draw, fitted in enumerate(task.learn(classifier, rows)):
                yield said | {"n_labels": len(rows[draw]), "draw": draw}, fitted


def _row(fitted: Fitted, corpus: Corpus, seen: np.ndarray) -> Row:
    """Return the scores of one classifier; those of unseen sentences are empty where none is."""
    labels = corpus.test.labels
    unseen = scores(fitted.test[~seen], labels[~seen]) if not seen.all() else {}
    return {
        "chosen": fitted.chosen,
        "valid_accuracy": float((fitted.valid.argmax(1) == corpus.valid.labels).mean()),
        **scores(fitted.test, labels),
        **{f"unseen_{name}": value for name, value in unseen.items()},
    }


def _metrics(iterate: str, rows: list[Row], task: Task) -> dict[str, float]:
    """Return the means over draws of an iterate's accuracies, and those of its clusters."""
    table = pd.DataFrame(row for row in rows if row["iterate"] == iterate)
    means = table.groupby(list(KEYS), sort=False)["accuracy"].mean()
    found = {metric_name(*keys): float(value) for keys, value in means.items()}
    labels = task.corpus.valid.labels, task.corpus.test.labels
    place = task.settings["clustering"], task.settings["seed"]
    clusters = cluster_accuracies(task.features, *labels, *place)
    return found | {f"{iterate}_test_{name}": value for name, value in clusters.items()}


def _shares(corpus: Corpus) -> np.ndarray:
    """Return the share of each class in the test sentences."""
    return np.bincount(corpus.test.labels) / corpus.test.n_examples


def _summed(bins: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the bins summed over draws, without those in which nothing fell."""
    every = pd.concat(bins)
    keys = [*KEYS, "n_labels", "bin"]
    summed = every.groupby(keys, sort=False)[["count", "confidence", "hits"]].sum().reset_index()
    return summed[summed["count"] > 0]


def _write_table(path: Path, table: pd.DataFrame) -> None:
    with atomic_write(path) as temporary:
        table.to_csv(temporary, index=False)
