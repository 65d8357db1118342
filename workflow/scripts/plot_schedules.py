"""Draw one figure of the schedules themselves."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.schedule_figures import DRAWINGS
from kl_annealing.reporting.style import look, save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]), look():
        figure = DRAWINGS[snakemake.wildcards.drawing](**snakemake.params.blocks)
        save(figure, snakemake.output.pdf, snakemake.output.svg)
