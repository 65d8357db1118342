"""Train one run."""

from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.counted import settings_of
from kl_annealing.data import read_corpus
from kl_annealing.jobs.gpu_job import gpu_job
from kl_annealing.training import fit

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder, runtime = Path(snakemake.output.last).parent, snakemake.config["runtime"]
    settings = settings_of(snakemake.params.run)
    memory = {f"training.{key}": settings["training"][key] for key in ("batch_size", "precision")}
    with gpu_job(
        snakemake.log[0], folder.name, runtime, memory, story=folder / "unfinished" / "train.log"
    ) as terminal:
        fit(
            settings,
            read_corpus(snakemake.input.corpus),
            folder,
            device=runtime["device"],
            threads=snakemake.threads,
            checkpoint_seconds=60 * runtime["checkpoint_minutes"],
            terminal=terminal,
            code=snakemake.params.code,
            parent=next((Path(path).parent for path in snakemake.input.parent), None),
        )
