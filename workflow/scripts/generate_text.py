"""Write what one run generates: from the prior, reconstructed, or between two sentences."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.generation.generate import generate
from kl_annealing.jobs.gpu_job import gpu_job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder, runtime = Path(snakemake.input.settings).parent, snakemake.config["runtime"]
    request = json.loads(snakemake.params.request) | {"kind": snakemake.wildcards.kind}
    memory = {f"generation.{key}": request[key] for key in ("prior_samples", "maximum_length")}
    with gpu_job(snakemake.log[0], folder.name, runtime, memory):
        generate(
            folder,
            snakemake.input.corpus,
            request,
            dict(zip(request["decoders"], snakemake.output, strict=True)),
            device=runtime["device"],
            threads=snakemake.threads,
        )
