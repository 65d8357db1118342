"""Write what one run generates: from the prior, reconstructed, or between two sentences."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.generation.generate import generate
from kl_annealing.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        request = json.loads(snakemake.params.request) | {"kind": snakemake.wildcards.kind}
        generate(
            Path(snakemake.input.settings).parent,
            snakemake.input.corpus,
            request,
            dict(zip(request["decoders"], snakemake.output, strict=True)),
            device=snakemake.config["runtime"]["device"],
            threads=snakemake.threads,
        )
