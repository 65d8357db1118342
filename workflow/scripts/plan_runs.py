"""Say which runs exist, which are to do, and how long they will take."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.planning.plan import plan_runs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]) as terminal:
        plan_runs(
            snakemake.params.runs,
            snakemake.params.corpora,
            snakemake.params.csv,
            snakemake.config["runtime"],
            terminal,
        )
