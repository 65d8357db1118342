"""Draw what one run of the task `images` generates: from the prior, and reconstructed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.generation.images import generate_images
from kl_annealing.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        generate_images(
            Path(snakemake.input.settings).parent,
            snakemake.input.corpus,
            json.loads(snakemake.params.request),
            snakemake.output[0],
            device=snakemake.config["runtime"]["device"],
            threads=snakemake.threads,
        )
