"""Measure a finished run: from its folder to metrics.json and evaluation.h5."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch

from kl_annealing.data import AnyCorpus, read_corpus
from kl_annealing.evaluation.arrays import write_arrays
from kl_annealing.evaluation.evaluate import evaluate
from kl_annealing.files.atomic import write_json
from kl_annealing.files.results import read_result
from kl_annealing.jobs.devices import resolve_device
from kl_annealing.jobs.precision import precision_on
from kl_annealing.makers import extras
from kl_annealing.measuring import measuring
from kl_annealing.models.trained import ITERATES, load_iterate

Measured = tuple[dict[str, float], dict[str, np.ndarray]]


def evaluate_run(
    folder: str | os.PathLike,
    corpus_path: str | os.PathLike,
    settings: Mapping[str, Any],
    destination: str | os.PathLike,
    device: str = "auto",
    threads: int | None = None,
    terminal: TextIO | None = None,
) -> None:
    """Measure both iterates of the run in `folder`; write two files into `destination`.

    metrics.json holds `<iterate>_<split>_<name>` (see `evaluate`), `<iterate>_step`, the updates
    behind an iterate, and the provenance of training (timing.json) and evaluation, among it the
    `settings` with the precision of this device; evaluation.h5 the per-sentence arrays under
    `<iterate>/<split>`. Raises InputError as its parts do.
    """
    folder, corpus, place = Path(folder), read_corpus(corpus_path), resolve_device(device)
    settings = {**settings, "precision": precision_on(place, settings["precision"])}
    with measuring("evaluation", folder, corpus, settings, place, threads) as made_with:
        measured = _iterates(folder, corpus, settings, place, terminal)
    metrics = {
        f"{iterate}_{name}": value
        for iterate, (numbers, _) in measured.items()
        for name, value in numbers.items()
    }
    arrays = {name: arrays for name, (_, arrays) in measured.items()}
    write_arrays(Path(destination) / "evaluation.h5", arrays)
    write_json(Path(destination) / "metrics.json", metrics | {"provenance": made_with})


def _iterates(
    folder: Path,
    corpus: AnyCorpus,
    settings: Mapping[str, Any],
    device: torch.device,
    terminal: TextIO | None,
) -> dict[str, Measured]:
    """Return what `evaluate` finds for each iterate; one that is saved twice is measured once."""
    run = read_result(folder / "config.json")
    by_step: dict[int, Measured] = {}
    found = {}
    for iterate in ITERATES:
        model, step = load_iterate(folder, iterate, run, corpus.size, device)

        def say(text: str, iterate: str = iterate) -> None:
            """Write a line to the log and the terminal."""
            for stream in (None, terminal) if terminal else (None,):
                print(f"{folder.name}: {iterate}: {text}", file=stream, flush=True)

        if step not in by_step:
            by_step[step] = evaluate(model, corpus, settings, settings["seed"], device, say)
            for measure in extras("measure", run).values():
                more = measure(model, corpus, settings, run, device, by_step[step][0])
                for before, now in zip(by_step[step], more, strict=True):
                    before.update(now)
        numbers, arrays = by_step[step]
        found[iterate] = {"step": step, **numbers}, arrays
    return found
