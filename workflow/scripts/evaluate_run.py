"""Measure one run: likelihood bounds, mutual information, active units, of both iterates."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.evaluation.run import evaluate_run
from kl_annealing.runtime import redirected
from kl_annealing.schema import completed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]) as terminal:
        evaluate_run(
            Path(snakemake.input.settings).parent,
            snakemake.input.corpus,
            completed(json.loads(snakemake.params.settings), "evaluation"),
            Path(snakemake.output.metrics).parent,
            device=snakemake.config["runtime"]["device"],
            threads=snakemake.threads,
            terminal=terminal,
        )
