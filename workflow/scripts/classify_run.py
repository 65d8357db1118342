"""Classify sentences from the latents of one run, by amount of labels."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.classification.run import classify_run
from kl_annealing.runtime import redirected
from kl_annealing.schema import completed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        classify_run(
            Path(snakemake.input.settings).parent,
            snakemake.input.corpus,
            completed(json.loads(snakemake.params.settings), "classification"),
            Path(snakemake.output.metrics).parent,
            device=snakemake.config["runtime"]["device"],
            threads=snakemake.threads,
        )
