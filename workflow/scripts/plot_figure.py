"""Draw one figure of a study."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.catalogue import FIGURES
from kl_annealing.reporting.study import load_study
from kl_annealing.reporting.style import look, save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]), look():
        study = load_study(
            snakemake.wildcards.study,
            snakemake.params.runs,
            snakemake.input.get("metrics"),
            schedules=snakemake.params.schedules,
            planes=snakemake.input.get("planes"),
            images=snakemake.input.get("images", ()),
            scores=snakemake.input.get("scores", ()),
            calibration=snakemake.input.get("calibration", ()),
        )
        figure = FIGURES[snakemake.wildcards.figure].load()(study)
        save(figure, snakemake.output.pdf, snakemake.output.svg)
