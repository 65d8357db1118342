"""Draw what one run of the task `images` generates: from the prior, and reconstructed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.generation.images import generate_images
from kl_annealing.jobs.gpu_job import gpu_job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder, runtime = Path(snakemake.input.settings).parent, snakemake.config["runtime"]
    request = json.loads(snakemake.params.request)
    counts = ("prior_samples", "reconstructions")
    memory = {f"image_generation.{key}": request[key] for key in counts}
    with gpu_job(snakemake.log[0], folder.name, runtime, memory):
        generate_images(
            folder,
            snakemake.input.corpus,
            request,
            snakemake.output[0],
            device=runtime["device"],
            threads=snakemake.threads,
        )
