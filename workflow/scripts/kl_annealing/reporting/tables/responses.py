"""Some contexts, the true response to each, and what every method responds."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kl_annealing.errors import InputError
from kl_annealing.files.results import open_arrays
from kl_annealing.reporting.dialog_notes import sampling_notes
from kl_annealing.reporting.quantities import REPORTED_SPLITS, in_words, reported_split
from kl_annealing.reporting.study import RunFiles, Study, first_seeds
from kl_annealing.reporting.tables.parts import stand_in_notes, title_of
from kl_annealing.reporting.tables.table import Table, in_html

CONTEXTS = 10  # of each dataset
SAID = 4  # utterances of a context, the last ones
OPENING = "<d>"  # the utterance that opens every dialog: nobody says it
HEADINGS = {"who": "", "text": "Said"}

Texts = Mapping[str, np.ndarray]  # `responses/...` of an evaluation, without the path


@dataclass(frozen=True)
class Samples(Table):
    """A table whose CSV has other rows than readers see: one each sample.

    Its page has the methods side by side under each context, as many as the window is wide for.
    """

    samples: Sequence[Mapping[str, Any]] = ()

    def numbers(self) -> pd.DataFrame:
        """Return a row a sample."""
        return pd.DataFrame(self.samples)

    def page_body(self) -> str:
        """Return a section a context: what was said, then a box for the truth and each method."""
        contexts = groupby(self.rows, key=itemgetter("context"))
        return "\n".join(_section(number, list(rows)) for number, rows in contexts)


def build(study: Study) -> Table:
    """Return contexts evenly spaced over the split, the same for all methods of a dataset.

    Of each method the first seed, last iterate; equal samples once, with their number. Raises
    InputError for a run without responses, or with responses to other contexts.
    """
    table = study.table()
    split = reported_split(table.columns)
    rows, samples = [], []
    for methods in _by_dataset(study).values():
        said = {label: responses_of(run, split) for label, run in methods}
        _refuse_other_contexts(said, methods)
        for place in evenly_spaced(len(next(iter(said.values()))["index"])):
            number = 1 + len({row["context"] for row in rows})
            rows += [{"context": str(number), **row} for row in _block(said, place)]
            samples += _samples(number, place, said, methods)
    notes = [*stand_in_notes(table), *sampling_notes(table), *_reading(split)]
    title = title_of(study, "Responses")
    return Samples(title, rows, notes, HEADINGS, prose=("text",), samples=samples)


def _section(number: str, rows: Sequence[Mapping[str, str]]) -> str:
    said, *answers = rows
    boxes = "".join(
        f"<div><h3>{in_html(row['who'])}</h3><p>{in_html(row['text'])}</p></div>\n"
        for row in answers
    )
    before = f"<p>{in_html(said['text'])}</p>"
    return f'<h2>Context {number}</h2>\n{before}\n<div class="beside">\n{boxes}</div>'


def responses_of(run: RunFiles, split: str) -> Texts:
    """Return index [M] and the texts context, response [M] and samples [M, S] of a run."""
    path = run.measured / "evaluation.h5"
    with open_arrays(path) as file:
        group = file.get(f"last/{split}/responses")
        if group is None:
            raise InputError(f"{path}: no responses; the study needs evaluation.responses")
        texts = {name: group[name].asstr()[:] for name in ("context", "response", "samples")}
        return {"index": group["index"][:], **texts}


def evenly_spaced(contexts: int) -> list[int]:
    """Return the middles of at most CONTEXTS equal parts of a number of contexts."""
    parts = min(CONTEXTS, contexts)
    return [(2 * part + 1) * contexts // (2 * parts) for part in range(parts)]


def _by_dataset(study: Study) -> dict[Any, list[tuple[str, RunFiles]]]:
    found: dict[Any, list[tuple[str, RunFiles]]] = {}
    for label, _, run in first_seeds(study):
        found.setdefault(run.names["dataset"], []).append((label, run))
    return found


def _refuse_other_contexts(said: Mapping[str, Texts], methods: list[tuple[str, RunFiles]]) -> None:
    (_, first), *others = methods
    expected = said[methods[0][0]]["index"]
    for label, run in others:
        if not np.array_equal(said[label]["index"], expected):
            raise InputError(
                f"{run.measured}: responses to other contexts than {first.measured}; measure both "
                "runs on the same prepared dialogs"
            )


def _block(said: Mapping[str, Texts], place: int) -> Iterator[dict[str, str]]:
    """Yield what readers see of one context: what was said, the true response, the samples."""
    first = next(iter(said.values()))
    yield {"who": "said before", "text": last_utterances(first["context"][place])}
    yield {"who": "true response", "text": first["response"][place] or "(nothing)"}
    for label, texts in said.items():
        yield {"who": in_words(label), "text": told(texts["samples"][place])}


def last_utterances(context: str) -> str:
    """Return the last lines of a context, the opening utterance left out; … stands for more."""
    lines = [line for line in context.split("\n") if not line.endswith(f": {OPENING}")]
    return "\n".join([*["…"][: len(lines) > SAID], *lines[-SAID:]])


def told(samples: Sequence[str]) -> str:
    """Return a line a different sample, in their order, with how often it occurs."""
    counts = Counter(samples).items()
    return "\n".join((text or "(nothing)") + f" (×{n})" * (n > 1) for text, n in counts)


def _samples(
    number: int, place: int, said: Mapping[str, Texts], methods: list[tuple[str, RunFiles]]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the CSV of one context."""
    for label, run in methods:
        texts = said[label]
        shared = {
            "context": number,
            "dataset": run.names["dataset"],
            "index": texts["index"][place],
            "said_before": texts["context"][place],
            "true_response": texts["response"][place],
            "method": label,
            "run": Path(run.folder).name,
        }
        for sample, text in enumerate(texts["samples"][place], start=1):
            yield {**shared, "sample": sample, "response": text}


def _reading(split: str) -> list[str]:
    return [
        f"Contexts evenly spaced over the {REPORTED_SPLITS[split]} in the order of their length, "
        f"shortest first; at most the last {SAID} utterances of each; A and B are the speakers. "
        "First seed, last iterate.",
        "(×n): n of the samples are the same.",
    ]
