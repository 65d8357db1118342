"""The classes of sentences whose lines begin with a label."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from kl_annealing.data.corpora import Sentences
from kl_annealing.errors import InputError

MOST = 100  # more are rather words of text than labels


def with_classes(
    splits: Mapping[str, Sentences], name: str
) -> tuple[dict[str, Sentences], list[str]]:
    """Return the splits of dataset `name` with numbers for labels, and the labels 0, 1, ... name.

    Classes are the labels of training, in the order of numbers where all are numbers, else of the
    alphabet. Raises InputError where they are one or more than 100, for a label that only another
    split has, and for one that another split lacks.
    """
    found = set(splits["train"].first_words)
    if not 2 <= len(found) <= MOST:
        raise InputError(
            f"dataset {name}: its training lines begin with {len(found)} different words, which "
            f"labelled: true takes for classes; allowed: 2 to {MOST}, or no labelled"
        )
    names = sorted(found, key=int if all(map(str.isdecimal, found)) else None)
    numbers = {label: number for number, label in enumerate(names)}
    for split, sentences in splits.items():
        if unknown := sorted(set(sentences.first_words) - found):
            raise InputError(
                f"dataset {name}: {split} has the label {unknown[0]!r}, which no training line "
                f"has; those have {', '.join(names)}"
            )
    labels = {
        split: [numbers[label] for label in sentences.first_words]
        for split, sentences in splits.items()
    }
    require_every_class(name, names, labels)
    return {
        split: replace(sentences, labels=labels[split]) for split, sentences in splits.items()
    }, names


def require_every_class(
    name: str, names: Sequence[str], labels: Mapping[str, Collection[int]]
) -> None:
    """Raise InputError where a split of dataset `name` has no sentence of one of the classes.

    `labels` are those of the sentences of each split, the numbers 0, 1, ... of `names`.
    """
    for split, known in labels.items():
        present = set(known)
        empty = [each for label, each in enumerate(names) if label not in present]
        if empty:
            raise InputError(
                f"dataset {name}: no sentence of {split} is labelled {', '.join(empty)}; every "
                "split needs some of each class"
            )
