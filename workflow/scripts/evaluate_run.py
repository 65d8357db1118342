"""Measure one run: likelihood bounds, mutual information, active units, of both iterates."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.evaluation.run import evaluate_run
from kl_annealing.jobs.gpu_job import gpu_job
from kl_annealing.schema import completed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder, runtime = Path(snakemake.input.settings).parent, snakemake.config["runtime"]
    settings = completed(json.loads(snakemake.params.settings), "evaluation")
    memory = {f"evaluation.{key}": settings[key] for key in ("importance_samples", "precision")}
    with gpu_job(snakemake.log[0], folder.name, runtime, memory) as terminal:
        evaluate_run(
            folder,
            snakemake.input.corpus,
            settings,
            Path(snakemake.output.metrics).parent,
            device=runtime["device"],
            threads=snakemake.threads,
            terminal=terminal,
        )
