"""How far clusters of the latents, found without labels, are the classes."""

from kl_annealing.reporting.study import Study
from kl_annealing.reporting.tables.parts import (
    ITERATES,
    configurations,
    means,
    seeds_note,
    stand_in_notes,
    title_of,
)
from kl_annealing.reporting.tables.table import Table

METRICS = (
    "cluster_accuracy",
    "cluster_accuracy_nearest",
    "cluster_accuracy_classes",
    "majority_accuracy",
)
READING = (
    "A mixture of Gaussians on the posterior means, fitted without labels; validation says which "
    "class a cluster is: by the one-to-one assignment with most hits, in which clusters beyond the "
    "number of classes are never right, or by the sentence most surely in it. One cluster a class: "
    "a mixture with as many Gaussians as classes, one-to-one. Largest class: the "
    "accuracy of always saying it."
)


def build(study: Study) -> Table:
    """Return a row a configuration and iterate: accuracies on test, means over seeds."""
    table = study.table()
    rows = [
        {**names, "iterate": said, **found}
        for names, runs in configurations(table)
        for iterate, said in ITERATES.items()
        if (found := means(runs, METRICS, iterate))  # of the iterates that are classified
    ]
    notes = [*stand_in_notes(table), seeds_note(table), READING]
    return Table(title_of(study, "Clusters against classes"), rows, notes)
