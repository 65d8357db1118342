"""Pack an experiment's results and the small files of its runs into one archive."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.archive import pack

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        pack(snakemake.input, snakemake.output[0])
