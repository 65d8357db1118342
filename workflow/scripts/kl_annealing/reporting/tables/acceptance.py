"""Does the study behave as published? The claims about it, judged by its runs."""

from dataclasses import replace

from kl_annealing.errors import InputError
from kl_annealing.reporting.claims import judge_claims
from kl_annealing.reporting.claims_tables import claims_table
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import notes_of, title_of
from kl_annealing.reporting.tables.table import Table


def build(study: Study) -> Table:
    """Return the rows of the claims table that are about this study."""
    claims = study.claims.about(study.name)
    if not claims.claims:
        raise InputError(f"study {study.name}: acceptance needs a claim about it in claims.yaml")
    metrics = study.table()
    table = claims_table(judge_claims(claims, {study.name: metrics}), study.experiment)
    notes = [*notes_of(study, metrics), *table.notes]
    return replace(table, title=title_of(study, "Acceptance"), notes=notes)
