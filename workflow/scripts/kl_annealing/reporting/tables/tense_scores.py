"""How well verbs are converted and drawn: BLEU-4, exact conversions, Gaussian score, and bounds."""

from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import by_iterate, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

METRICS = (
    "bleu4",
    "exact_conversions",
    "gaussian_score",
    "distinct_tuples",
    "rec",
    "kl",
    "kl_hidden",
    "kl_cell",
    "active_units",
)
READING = (
    "BLEU-4 of the conversions on letters, mean over them. Gaussian score: the share of draws of z "
    "whose words in the four tenses are, together, a training verb.",
    "Distinct exact tuples: how many different training verbs these are, over the draws: a decoder "
    "that ignores z draws one verb again and again, so a high Gaussian score beside a low number "
    "here is no success.",
    "The words of the conversions are trained on too, unless the verbs are others: rec and kl are "
    "of those words. Where no verb is held out, the best iterate is chosen on them as well: trust "
    "the last.",
)


def build(study: Study) -> Table:
    """Return the means over seeds of each configuration, for both iterates.

    Raises InputError where there are no metrics.
    """
    table = study.table()
    rows = [
        {**names, **means(runs, METRICS, iterate)} for names, runs, iterate in by_iterate(table)
    ]
    return Table(title_of(study, "Tense conversion"), rows, [*notes_of(study, table), *READING])
