"""Judge every claim by the metrics of the studies."""

from typing import TYPE_CHECKING

from kl_annealing.files.atomic import write_text
from kl_annealing.jobs.runtime import redirected
from kl_annealing.reporting.claims import judge_claims
from kl_annealing.reporting.claims_file import read_claims
from kl_annealing.reporting.claims_tables import claims_rst, claims_table
from kl_annealing.reporting.study import read_metrics
from kl_annealing.reporting.tables.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        metrics = zip(snakemake.params.studies, snakemake.input.metrics, strict=True)
        studies = {study: read_metrics(path) for study, path in metrics}
        claims = read_claims(snakemake.input.claims)
        rows = judge_claims(claims, studies)
        others = len(claims.claims) - len(rows)
        experiment = snakemake.wildcards.experiment
        *tables, rst = snakemake.output
        write(claims_table(rows, experiment, others), tables)
        write_text(rst, claims_rst(rows, experiment, others))
