"""How different the responses are: distinct n-grams, likeness among samples; and corpus BLEU."""

from kl_annealing.reporting.dialog_notes import reference_notes, sampling_notes
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import by_iterate, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

METRICS = (
    "distinct1",
    "distinct2",
    "distinct1_intra",
    "distinct2_intra",
    "self_bleu4",
    "corpus_bleu4",
)
READING = (
    "Distinct-n: the number of different n-grams per token (Li et al. 2016), of all samples, or of "
    "those of a context, averaged over contexts: more is more diverse. Self-BLEU-4: of each sample "
    "against the others of its context: 1 where all are the same."
)


def build(study: Study) -> Table:
    """Return the means of what is measured of all samples together, for both iterates.

    Raises InputError where there are no metrics.
    """
    table = study.table()
    rows = [
        {**names, **means(runs, METRICS, iterate)} for names, runs, iterate in by_iterate(table)
    ]
    notes = [*notes_of(study, table), *sampling_notes(table), *reference_notes(table), READING]
    return Table(title_of(study, "Diversity of responses"), rows, notes)
