"""How fast a run trains on this machine, found by training it a little without writing anything."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from kl_annealing.data import AnyCorpus, Batch
from kl_annealing.jobs.devices import reproducible, resolve_device
from kl_annealing.makers import maker
from kl_annealing.models import build_model
from kl_annealing.training.batches import on_device
from kl_annealing.training.strategies import Strategy

SAMPLE = 16


def measure_throughput(
    run: Mapping[str, Any],
    corpus: AnyCorpus,
    seconds: float = 10.0,
    device: str = "auto",
    threads: int | None = None,
) -> dict[str, float]:
    """Return examples_per_second and tokens_per_second (predicted tokens) of real steps.

    The batches are a sample over all lengths, each visited once before the clock starts: the first
    visit of a shape prepares kernels for it. Where a step is slow (aggressive training makes many
    of its own) it is only as many as `seconds` allow, middle lengths first. Validation, some
    percent more, is not counted.
    """
    place = resolve_device(device)
    with reproducible(place, run["seed"], threads):
        model = build_model(run, corpus.size).to(place).train()
        data = on_device(corpus.train, run["training"]["batch_size"], place)
        strategy = maker("strategy", run)(run, model, data)
        sample = typical_first(evenly_spaced(data.batches, SAMPLE))
        _pass(strategy, sample, run, time.perf_counter() + seconds)
        made, elapsed = _timed(strategy, sample, run, seconds)
    sentences = sum(batch.size for batch in made)
    tokens = sum(batch.targets for batch in made)
    return {"examples_per_second": sentences / elapsed, "tokens_per_second": tokens / elapsed}


def evenly_spaced(batches: Sequence[Batch], count: int) -> list[Batch]:
    """Return the batches in the middle of `count` equal parts of the sequence."""
    count = min(count, len(batches))
    return [batches[(2 * part + 1) * len(batches) // (2 * count)] for part in range(count)]


def typical_first(batches: Sequence[Batch]) -> list[Batch]:
    """Return the batches by how near they are to the mean in targets, so that few stand for all.

    Where lengths are many, batches of one or two sentences are as frequent as they are untypical.
    """
    mean = sum(batch.targets for batch in batches) / len(batches)
    return sorted(batches, key=lambda batch: abs(batch.targets - mean))


def _timed(
    strategy: Strategy, sample: Sequence[Batch], run: Mapping[str, Any], seconds: float
) -> tuple[list[Batch], float]:
    """Return the batches of whole passes over the sample, at least one, and their seconds.

    A pass that takes longer than twice `seconds` is cut short.
    """
    made: list[Batch] = []
    began = time.perf_counter()
    while not made or time.perf_counter() - began < seconds:
        made += _pass(strategy, sample, run, began + 2 * seconds)
    return made, time.perf_counter() - began


def _pass(
    strategy: Strategy, sample: Sequence[Batch], run: Mapping[str, Any], until: float
) -> Sequence[Batch]:
    """Make a step on each batch, as far as time allows; wait for the last and return them."""
    for step, batch in enumerate(sample):
        outcome = strategy.update(batch, step, 1.0, run["training"]["learning_rate"])
        if time.perf_counter() > until:
            break
    if outcome.loss.is_cuda:
        torch.cuda.synchronize()
    return sample[: step + 1]
