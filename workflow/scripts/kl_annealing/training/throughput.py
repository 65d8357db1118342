"""How fast a run trains on this machine, found by training it a little without writing anything."""

import itertools
import time
from collections.abc import Mapping
from typing import Any

import torch

from kl_annealing.data import Batch, Corpus
from kl_annealing.models import build_model
from kl_annealing.training.batches import DeviceSplit, epoch_order
from kl_annealing.training.devices import reproducible, resolve_device
from kl_annealing.training.update import StandardUpdate

WARM_UP = 10


def measure_throughput(
    run: Mapping[str, Any],
    corpus: Corpus,
    seconds: float = 10.0,
    device: str = "auto",
    threads: int | None = None,
) -> dict[str, float]:
    """Return sentences_per_second and tokens_per_second (predicted tokens) of real updates.

    Batches come in the order of a real epoch, after a few that are not timed; validation, which
    takes a few percent more, is not counted.
    """
    place = resolve_device(device)
    with reproducible(place, run["seed"], threads):
        model = build_model(run["model"], len(corpus.vocabulary)).to(place).train()
        data = DeviceSplit(corpus.train, run["training"]["batch_size"], place)
        update = StandardUpdate(model, run["training"], place)
        order = epoch_order(len(data.batches), run["seed"], 0)
        for number in order[:WARM_UP]:
            _update(update, data, number)
        return _rates(update, data, order, seconds)


def _rates(
    update: StandardUpdate, data: DeviceSplit, order: list[int], seconds: float
) -> dict[str, float]:
    """Time updates on the batches of `order`, again and again where time is left."""
    sentences = tokens = 0
    began = time.perf_counter()
    for number in itertools.cycle(order):
        if time.perf_counter() - began > seconds:
            break
        batch = _update(update, data, number)
        sentences += batch.size
        tokens += batch.size * (batch.length - 1)
    if data.tokens.is_cuda:
        torch.cuda.synchronize()
    elapsed = time.perf_counter() - began
    return {"sentences_per_second": sentences / elapsed, "tokens_per_second": tokens / elapsed}


def _update(update: StandardUpdate, data: DeviceSplit, number: int) -> Batch:
    batch = data.batches[number]
    update(data.sentences(batch), 1.0, update.training["learning_rate"])
    return batch
