"""How fast sentences are measured on this machine, found by measuring a few."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from kl_annealing.data import AnyCorpus, AnySplit, Batch, DialogSet
from kl_annealing.evaluation.likelihood import bounds, sentence_noise
from kl_annealing.evaluation.responses import BATCH_SIZE, responses
from kl_annealing.examples import moved
from kl_annealing.jobs.devices import reproducible, resolve_device
from kl_annealing.makers import inference
from kl_annealing.models import build_model
from kl_annealing.models.interfaces import SentenceModel

AT_ONCE = 2  # few sentences of each length: the time of a batch is that of its samples


def measure_evaluation(
    run: Mapping[str, Any],
    corpus: AnyCorpus,
    settings: Mapping[str, Any],
    seconds: float = 10.0,
    device: str = "auto",
    threads: int | None = None,
) -> float:
    """Return sentences a second of the bounds that `settings` ask for, of an untrained model.

    Sentences of all lengths alike, of the first split that is measured. What is measured of all
    sentences together (mutual information) is not counted.
    """
    place = resolve_device(device)
    split = getattr(corpus, settings["splits"][0])
    batches = split.batches(AT_ONCE)
    order = np.random.default_rng(0).permutation(len(batches))
    with reproducible(place, settings["seed"], threads):
        model = inference(run, build_model(run, corpus.size).to(place).eval())
        _bound(model, split, batches[order[0]], settings, place)  # prepares kernels
        done, began = 0, time.perf_counter()
        for number in order:
            _bound(model, split, batches[number], settings, place)
            done += batches[number].size
            if time.perf_counter() - began > seconds:
                break
        return done / (time.perf_counter() - began)


@torch.no_grad()
def measure_responses(
    run: Mapping[str, Any],
    corpus: DialogSet,
    settings: Mapping[str, Any],
    seconds: float = 10.0,
    device: str = "auto",
    threads: int | None = None,
) -> float:
    """Return contexts a second that an untrained dialog model gives all its samples to.

    `settings` are those of `evaluation.responses`. The contexts are one batch, evenly spaced over
    the test windows; an untrained model hardly ever ends before `maximum_length`, so a trained one
    is faster.
    """
    place, split = resolve_device(device), corpus.test
    rows = np.linspace(0, split.n_examples - 1, min(BATCH_SIZE, split.n_examples)).astype(int)
    few = replace(split, first=split.first[rows], response=split.response[rows], references=None)
    with reproducible(place, run["seed"], threads):
        model = build_model(run, corpus.size).to(place).eval()
        responses(model, few, settings, 0, place)  # prepares kernels
        done, began = 0, time.perf_counter()
        while not done or time.perf_counter() - began < seconds:
            done += len(responses(model, few, settings, 0, place).rows)
        return done / (time.perf_counter() - began)


@torch.no_grad()
def _bound(
    model: SentenceModel,
    split: AnySplit,
    batch: Batch,
    settings: Mapping[str, Any],
    device: torch.device,
) -> None:
    """Compute the bounds of a batch and wait for them."""
    counts = (settings["posterior_samples"], settings["importance_samples"])
    samples = max(counts) if model.latent_dim else 1
    noise = sentence_noise(0, split.index[batch.rows], samples, model.latent_dim).to(device)
    tokens = moved(split.examples(batch), device)
    how = *counts, settings["precision"], settings["words"]
    for term in bounds(model, tokens, noise, *how).values():
        term.cpu()
