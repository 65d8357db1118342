"""Measure one run: likelihood bounds, mutual information, active units, of both iterates."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.evaluation.run import evaluate_run
from kl_annealing.jobs.gpu_slots import gpu_slot
from kl_annealing.jobs.memory_shortage import memory_advice
from kl_annealing.jobs.runtime import redirected
from kl_annealing.schema import completed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder, runtime = Path(snakemake.input.settings).parent, snakemake.config["runtime"]
    settings = completed(json.loads(snakemake.params.settings), "evaluation")
    memory = {f"evaluation.{key}": settings[key] for key in ("importance_samples", "precision")}
    with (
        redirected(snakemake.log[0]) as terminal,
        gpu_slot(runtime, terminal),
        memory_advice(folder.name, runtime, memory),
    ):
        evaluate_run(
            folder,
            snakemake.input.corpus,
            settings,
            Path(snakemake.output.metrics).parent,
            device=runtime["device"],
            threads=snakemake.threads,
            terminal=terminal,
        )
