"""Lay the posterior means of one evaluated run out on a plane."""

from typing import TYPE_CHECKING

from kl_annealing.evaluation.tsne import embed_run
from kl_annealing.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        embed_run(
            snakemake.input.arrays,
            snakemake.input.corpus,
            snakemake.params.split,
            snakemake.output[0],
        )
