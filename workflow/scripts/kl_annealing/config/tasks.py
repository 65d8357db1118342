"""Which kinds of data a task takes."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schema import Problem

KINDS = {
    "toy": ("one_hot",),
    "language_model": ("files", "corpus", "grammar", "lstm_mixture"),
}


def task_problems(task: str, dataset: Mapping[str, Any]) -> Iterator[Problem]:
    """Return a problem where `dataset`, a name and a kind, is none for the task."""
    allowed = KINDS[task]
    if dataset["kind"] not in allowed:
        text = f"{dataset['name']} is of kind {dataset['kind']}; {task} takes {', '.join(allowed)}"
        yield Problem("task", text, f" = {task!r}")
