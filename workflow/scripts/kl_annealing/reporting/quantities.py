"""How names and measured quantities are written on an axis and in a table."""

from collections.abc import Iterable
from typing import NamedTuple

REPORTED_SPLITS = {"test": "test split", "valid": "validation split"}  # the first measured counts


class Quantity(NamedTuple):
    """A number of metrics.json or history.csv: its name for readers, its unit, its decimals."""

    title: str
    unit: str
    digits: int

    @property
    def axis(self) -> str:
        """Return the axis label, with the unit where there is one."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


NATS = "nats per {example}"
# What the examples of a task are, where they are no sentences.
EXAMPLES = {"images": "image", "dialog": "response", "tense": "word"}
QUANTITIES = {
    "rec": Quantity("Reconstruction", NATS, 2),
    "kl": Quantity("KL", NATS, 3),
    "elbo": Quantity("ELBO", NATS, 2),
    "nll": Quantity("NLL bound", NATS, 2),
    "ppl": Quantity("PPL", "", 2),
    "iw_nll": Quantity("IW-NLL", NATS, 2),
    "iw_nll_minus_best": Quantity("IW-NLL minus best's", NATS, 2),
    "iw_ppl": Quantity("IW-PPL", "", 2),
    "mi_batch": Quantity("MI (batch)", "nats", 2),
    "mi_aggregate": Quantity("MI (aggregate)", "nats", 2),
    "active_units": Quantity("Active units", "", 1),
    "code_purity": Quantity("10-neighbour purity", "", 3),
    "mean_slope": Quantity("Slope of the inference mean on the model mean", "", 2),
    "mean_distance": Quantity("Distance of the two posterior means", "", 2),
    "step": Quantity("Updates", "", 0),
    "relative_time": Quantity("Relative time", "", 2),
    "loss": Quantity("Objective", NATS, 2),
    "beta": Quantity("beta", "", 2),
    "train_seconds": Quantity("Training time", "s", 0),
    "rec_ppl": Quantity("Reconstruction PPL", "", 2),
    "published_rec_ppl": Quantity("Reconstruction PPL, as published", "", 2),
    "published_rec": Quantity("Reconstruction, as published", NATS, 2),
    "published_kl": Quantity("KL, as published", NATS, 3),
    "published_nll": Quantity("NLL bound, as published", NATS, 2),
    "act_nll": Quantity("Dialog-act NLL", NATS, 3),
    "corpus_bleu4": Quantity("Corpus BLEU-4", "", 3),
    "distinct1": Quantity("Distinct-1", "", 5),
    "distinct2": Quantity("Distinct-2", "", 5),
    "distinct1_intra": Quantity("Distinct-1 in a context", "", 3),
    "distinct2_intra": Quantity("Distinct-2 in a context", "", 3),
    "self_bleu4": Quantity("Self-BLEU-4", "", 3),
    "act_accuracy": Quantity("Dialog-act accuracy", "", 3),
    "act_macro_f1": Quantity("Dialog-act macro F1", "", 3),
    "prior_act_accuracy": Quantity("Dialog-act accuracy, prior", "", 3),
    "prior_act_macro_f1": Quantity("Dialog-act macro F1, prior", "", 3),
    "bleu4": Quantity("BLEU-4", "", 4),
    "exact_conversions": Quantity("Exact conversions", "", 2),
    "kl_hidden": Quantity("KL of the hidden state", NATS, 3),
    "kl_cell": Quantity("KL of the cell", NATS, 3),
    "gaussian_score": Quantity("Gaussian score", "", 3),
    "distinct_tuples": Quantity("Distinct exact tuples", "", 3),
    "prior_act_nll": Quantity("Dialog-act NLL, prior", NATS, 3),
    "accuracy": Quantity("Accuracy", "", 3),
    "unseen_accuracy": Quantity("Accuracy, unseen sentences", "", 3),
    "macro_f1": Quantity("Macro F1", "", 3),
    "unseen_macro_f1": Quantity("Macro F1, unseen sentences", "", 3),
    "label_nll": Quantity("Label NLL", "nats", 3),
    "brier": Quantity("Brier score", "", 3),
    "calibration_error": Quantity("Calibration error", "", 3),
    "cluster_accuracy": Quantity("Cluster accuracy, one-to-one", "", 3),
    "cluster_accuracy_nearest": Quantity("Cluster accuracy, nearest label", "", 3),
    "cluster_accuracy_classes": Quantity("Cluster accuracy, one cluster a class", "", 3),
    "majority_accuracy": Quantity("Largest class", "", 3),
}
MATCHED = {  # each has a precision, a recall and an F1
    **{f"bleu{order}": f"BLEU-{order}" for order in range(1, 5)},
    **{f"published_bleu{order}": f"BLEU-{order}, as published," for order in range(1, 5)},
    "bow_average": "A-bow",
    "bow_extrema": "E-bow",
    "greedy": "Greedy matching",
}
QUANTITIES |= {
    f"{score}_{part}": Quantity(f"{title} {part.replace('f1', 'F1')}", "", 3)
    for score, title in MATCHED.items()
    for part in ("precision", "recall", "f1")
}


def in_words(name: object) -> str:
    """Return a name as text for readers: `fu2019_ptb_cyclical` becomes `fu2019 ptb cyclical`."""
    return str(name).replace("_", " ")


def example_of(task: str) -> str:
    """Return what a task has examples of: `image`, else `sentence`."""
    return EXAMPLES.get(task, "sentence")


def quantity(column: str, task: str = "") -> Quantity:
    """Return what `column` measures: `last_test_kl`, `kl` and `best_valid_kl` are all the KL.

    The task settles whether its nats are those of a sentence or of an image.
    """
    found = QUANTITIES.get(metric_of(column), Quantity(in_words(column), "", 3))
    return found._replace(unit=found.unit.format(example=example_of(task)))


def metric_of(column: str) -> str:
    """Return the column's metric without its iterate and split: `last_test_kl` gives `kl`."""
    words = column.split("_")
    if len(words) > 2 and words[0] in ("last", "best") and words[1] in ("train", *REPORTED_SPLITS):
        return "_".join(words[2:])
    return column


def column_of(columns: Iterable[str], metric: str, iterate: str = "last") -> str | None:
    """Return the column of `metric` on the reported split, None where it was not measured."""
    name = f"{iterate}_{reported_split(columns)}_{metric}"
    return name if name in columns else None


def reported_split(columns: Iterable[str]) -> str:
    """Return `test` if a metrics table has numbers of it, else `valid`: one split for all."""
    beginnings = ("last_test_", "best_test_")
    return "test" if any(name.startswith(beginnings) for name in columns) else "valid"
