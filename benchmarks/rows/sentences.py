"""Sentences: training by each strategy, evaluation, and the published classifier of Yelp."""

import argparse
import time
from collections.abc import Iterator
from itertools import product

import numpy as np
import torch

from kl_annealing.classification import optimised
from kl_annealing.classification.features import Features
from kl_annealing.data import Corpus
from kl_annealing.evaluation.throughput import measure_evaluation
from kl_annealing.jobs.devices import reproducible
from kl_annealing.schema import completed
from kl_annealing.training.throughput import measure_throughput
from rows.common import CONFIG, EVALUATION, WORDS, precisions, row, settings

# Sentences a second of the published code, measured on two cores with PTB at 256 units.
PUBLISHED = {"haofuml/cyclical_annealing": 111, "jxhe/vae-lagging-encoder": 343}
PUBLISHED_AGGRESSIVE = {"jxhe/vae-lagging-encoder": 5.7}  # sentences of the decoder's steps
# The published code takes as long for a sentence of the decoder as for 60 of joint training. How
# many steps a turn of the encoder has varies, and with it the rate: it is told at 60 of them too.
AGGRESSIVE = {
    f"aggressive{cheap}{turn}": {"kind": "aggressive", **clipping, **steps}
    for cheap, clipping in (("", {}), (", stepped clipping", {"clipping": "stepped"}))
    for turn, steps in (("", {}), (", 60 encoder steps", {"window": 61, "maximum_steps": 60}))
}
PUBLISHED_SA_VAE = {"haofuml/cyclical_annealing": 3.3}  # 10 steps


def sentence_rows(corpus: Corpus, options: argparse.Namespace) -> Iterator[dict]:
    """Measure training by each strategy, and evaluation, of the published PTB model."""
    yield from training_rows(corpus, options, "standard", {"kind": "standard"}, PUBLISHED)
    for name, strategy in AGGRESSIVE.items():
        yield from training_rows(corpus, options, name, strategy, PUBLISHED_AGGRESSIVE, "he2019")
    strategy = CONFIG["strategies"]["sa_vae"]
    yield from training_rows(corpus, options, "sa_vae", strategy, PUBLISHED_SA_VAE)
    yield from evaluation_rows(corpus, options)
    yield from classification_rows(options)


def training_rows(
    corpus: Corpus,
    options: argparse.Namespace,
    name: str,
    strategy: dict,
    published: dict[str, float],
    training: str = "ptb",
) -> Iterator[dict]:
    """Yield sentences a second of training by a strategy, by precision and threads."""
    for threads in dict.fromkeys(options.threads):
        for precision in precisions():
            run = settings(precision, strategy, training=training)
            speed = measure_throughput(run, corpus, options.seconds, "cpu", threads)
            rate = speed["examples_per_second"]
            times = ", ".join(f"{rate / old:.1f}x {code}" for code, old in published.items())
            what = f"training, {name}, {precision}, {threads} threads"
            yield row(what, rate, "sentences/s", times)


def evaluation_rows(corpus: Corpus, options: argparse.Namespace) -> Iterator[dict]:
    """Yield sentences a second of the importance-weighted bound with 500 samples."""
    run = settings("float32", {"kind": "standard"})
    for threads in dict.fromkeys(options.threads):
        for precision, (by, words) in product(precisions(), WORDS.items()):
            measured = EVALUATION | {"precision": precision, "words": words}
            rate = measure_evaluation(run, corpus, measured, options.seconds, "cpu", threads)
            what = f"importance-weighted nll, K=500{by}, {precision}, {threads} threads"
            yield row(what, rate, "sentences/s", f"{rate / 2.2:.1f}x He et al. (2.2)")


def classification_rows(options: argparse.Namespace) -> Iterator[dict]:
    """Yield labels a second that the published classifier of Yelp learns, five draws of 10 %."""
    random = np.random.default_rng(0)
    features = Features(*(random.standard_normal((n, 256)) for n in (44_409, 6_347, 12_666)))
    labels = [(part[:, 0] > 0).astype(int) for part in features]
    draws = [random.permutation(44_409)[:4_440] for _ in range(5)]
    settings = completed({}, "classification")["published"] | {"epochs": 10}
    for threads in dict.fromkeys(options.threads):
        with reproducible(torch.device("cpu"), 0, threads):
            began = time.perf_counter()
            place = settings, 0, torch.device("cpu")
            optimised.published(features, draws, labels[0], labels[1], *place)
            seconds = time.perf_counter() - began
        rate = settings["epochs"] * sum(map(len, draws)) / seconds
        yield row(f"published classifier, 5 x 4,440 labels, {threads} threads", rate, "labels/s")
