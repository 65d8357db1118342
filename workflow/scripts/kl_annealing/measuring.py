"""What a measurement of a finished run was made with: for the provenance in its metrics.json."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from kl_annealing.data import AnyCorpus
from kl_annealing.files.results import read_result
from kl_annealing.jobs.devices import device_name, reproducible
from kl_annealing.jobs.provenance import provenance
from kl_annealing.training.timing import peak_memory_mb


@contextmanager
def measuring(
    step: str,
    folder: Path,
    corpus: AnyCorpus,
    settings: Mapping[str, Any],
    device: torch.device,
    threads: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Compute reproducibly in the block; the provenance that it is given is whole at its end.

    That is of `training`, the timing.json of the run in `folder`, and of `step`, with its seconds
    since the block began and its peak of memory in MiB. Raises InputError for a bad timing.json.
    """
    began, training = time.monotonic(), read_result(folder / "timing.json")
    made_with = provenance({"name": corpus.name, **corpus.attributes}, settings=dict(settings))
    with reproducible(device, settings["seed"], threads):
        yield {"training": training, step: made_with}
        made_with |= {
            "device": device_name(device),
            "threads": torch.get_num_threads(),
            "peak_memory_mb": peak_memory_mb(device),
        }
    made_with["seconds"] = round(time.monotonic() - began, 1)
