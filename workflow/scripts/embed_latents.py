"""Lay the posterior means of a study's evaluated runs out on planes."""

from typing import TYPE_CHECKING

from kl_annealing.evaluation.tsne import embed_runs
from kl_annealing.jobs.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        paths = zip(snakemake.input.arrays, snakemake.input.corpora, strict=True)
        measured = dict(zip(snakemake.params.runs, paths, strict=True))
        embed_runs(measured, snakemake.params.split, snakemake.output[0])
