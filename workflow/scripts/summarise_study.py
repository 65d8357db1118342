"""Collect the metrics of a study's runs into one table."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.summary import summarise

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        summarise(snakemake.wildcards.study, snakemake.params.runs, snakemake.output[0])
