"""Write the effective configuration, its overlays and defaults in one: what, not how and where."""

from typing import TYPE_CHECKING

import yaml

from kl_annealing.files.atomic import write_text
from kl_annealing.jobs.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        write_text(snakemake.output[0], yaml.safe_dump(snakemake.params.config, sort_keys=False))
