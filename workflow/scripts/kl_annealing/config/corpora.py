"""What is known of a corpus before it is prepared: its files, and about how many sentences."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kl_annealing.data.sources import (
    TENSE_KINDS,
    generator_settings,
    kind_of,
    own_paths,
    tense_options,
)
from kl_annealing.data.tense.forms import TENSES
from kl_annealing.schema import Problem

Bounds = tuple[int, int]


def file_problems(name: str, definition: Mapping[str, Any]) -> Iterator[Problem]:
    """Return the user's own files of a dataset that are not there, or cannot be a rule's input."""
    for key, path in own_paths(definition).items():
        if line := path_problem(path):
            yield Problem(f"datasets.{name}.{key}", line, f" = {path!r}")


def path_problem(path: str) -> str | None:
    """Return what is wrong with the path of a user's own file, None where nothing is."""
    if "{" in path or "}" in path:
        return "Snakemake reads braces as wildcards; rename the file"
    if not Path(path).is_file():
        return "no such file; give a path relative to the working directory"
    return None


def sentence_bounds(definition: Mapping[str, Any], split: str) -> Bounds | None:
    """Return the least and most sentences, images or responses of a split; None if not known.

    Of own text files the lines are counted; some may prove too long and be dropped.
    """
    kind = kind_of(definition)
    if split == "train" and definition.get("windows") == "published":
        return None  # it depends on the lengths of the dialogs
    if kind == "corpus":
        path = Path(definition[split])
        return (1, _lines(path, path.stat().st_mtime_ns)) if path.is_file() else None
    if kind == "dialog_grammar":
        settings = generator_settings(definition)
        least, most = (settings["sizes"][split] * turns for turns in settings["turns"])
        return least, most
    if kind == "one_hot":
        number = generator_settings(definition)["length"]
    elif kind in TENSE_KINDS:
        number = _forms(definition, split)
    elif kind in ("grammar", "lstm_mixture"):
        number = definition[kind]["sizes"][split]
    else:
        number = (definition.get("sentences") or definition.get("images", {})).get(split)
    return number and (number, number)


def _forms(definition: Mapping[str, Any], split: str) -> int | None:
    """Return the forms of verbs that are trained on, None where that is not known."""
    if split != "train" or kind_of(definition) == "tense_corpus":
        return None
    if kind_of(definition) == "conjugation":
        verbs = generator_settings(definition)["verbs"]
    else:
        verbs = definition.get("verbs", 0)
    return max(0, verbs - tense_options(definition)["held_out"]) * len(TENSES) or None


@cache
def _lines(path: Path, modified: int) -> int:
    """Return how many lines are not blank, at least 1."""
    with path.open("rb") as file:
        return max(1, sum(1 for line in file if line.strip()))
