"""Collect the metrics of a study's runs into one table."""

from typing import TYPE_CHECKING

from kl_annealing.reporting.summary import summarise
from kl_annealing.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        summarise(snakemake.wildcards.study, snakemake.params.runs, snakemake.output[0])
