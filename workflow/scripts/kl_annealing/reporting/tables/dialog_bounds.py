"""How well dialog models fit the responses: perplexity, KL, bound, and dialog acts."""

from kl_annealing.reporting.dialog_notes import AVERAGES
from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import by_iterate, means, notes_of, title_of
from kl_annealing.reporting.tables.table import Table

METRICS = (
    "rec_ppl",
    "kl",
    "nll",
    "published_rec_ppl",
    "published_kl",
    "published_nll",
    "act_accuracy",
    "act_macro_f1",
    "act_nll",
    "prior_act_accuracy",
    "prior_act_macro_f1",
    "prior_act_nll",
)
DETAILS = ("act_nll", "prior_act_nll")  # for the CSV only


def build(study: Study) -> Table:
    """Return the means of all windows, of the published ones, and of the acts, for both iterates.

    Raises InputError where there are no metrics.
    """
    table = study.table()
    rows = [
        {**names, **means(runs, METRICS, iterate)} for names, runs, iterate in by_iterate(table)
    ]
    notes = [*notes_of(study, table), "Every response counts once where it is not said otherwise."]
    if any("published_kl" in row for row in rows):
        notes.append(AVERAGES)
    return Table(title_of(study, "Bounds of dialog models"), rows, notes, details=DETAILS)
