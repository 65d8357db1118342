"""Put the tables of all studies under one another."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.summary import collect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        collect(list(snakemake.input), snakemake.output[0])
