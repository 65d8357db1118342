"""Classify sentences from the latents of one run, by amount of labels."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.classification.run import classify_run
from kl_annealing.jobs.gpu_slots import gpu_slot
from kl_annealing.jobs.memory_shortage import memory_advice
from kl_annealing.jobs.runtime import redirected
from kl_annealing.schema import completed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder, runtime = Path(snakemake.input.settings).parent, snakemake.config["runtime"]
    settings = completed(json.loads(snakemake.params.settings), "classification")
    with (
        redirected(snakemake.log[0]) as terminal,
        gpu_slot(runtime, terminal),
        memory_advice(folder.name, runtime, {"classification.draws": settings["draws"]}),
    ):
        classify_run(
            folder,
            snakemake.input.corpus,
            settings,
            Path(snakemake.output.metrics).parent,
            device=runtime["device"],
            threads=snakemake.threads,
        )
