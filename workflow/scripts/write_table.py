"""Write one table of a study as CSV, Markdown, LaTeX and HTML."""

from typing import TYPE_CHECKING

from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.catalogue import TABLES
from kl_annealing.reporting.claims_file import read_claims
from kl_annealing.reporting.study import load_study
from kl_annealing.reporting.tables.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        claims = snakemake.input.get("claims")
        study = load_study(
            snakemake.wildcards.study,
            snakemake.params.runs,
            snakemake.input.get("metrics"),
            **({"claims": read_claims(claims)} if claims else {}),
            experiment=snakemake.wildcards.experiment,
            scores=snakemake.input.get("scores", ()),
        )
        table = TABLES[snakemake.wildcards.table].load()(study)
        write(table, snakemake.output)
