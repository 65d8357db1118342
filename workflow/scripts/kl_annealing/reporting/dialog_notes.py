"""Footnotes of tables about dialogs: what the numbers rest on."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from kl_annealing.reporting.quantities import column_of, reported_split
from kl_annealing.reporting.summary import DIALOG_COUNTS

SPLITS = ("train", "valid", "test")
VECTORS = {"glove": "GloVe", "corpus": "vectors made from the training text, not GloVe"}
MATCHING = (
    "Precision: mean over the samples of a context of the best reference; recall: mean over its "
    "references of the best sample; both averaged over contexts, F1 is of these averages."
)
BLEU = (
    "BLEU is between 0 and 1 (smoothing of mteval-v13a); as published it is smoothed by NLTK's "
    "method 7, which 1 does not bound."
)
AVERAGES = (
    "As published: means over the published windows' batches of each batch's mean, one posterior "
    "sample; the perplexity is of the reconstruction alone. The published windows leave out the "
    "ends of long dialogs and the dialogs of a block that is not full."
)


def data_notes(table: pd.DataFrame) -> list[str]:
    """Return what of the dialogs is cut, empty or unknown, and what an act changes; else nothing.

    `table` is a metrics table of any study.
    """
    return [*_counts(table), *_given_acts(table)]


def scoring_notes(table: pd.DataFrame) -> list[str]:
    """Return how responses were made, what they were compared with, and how words are."""
    return [*sampling_notes(table), *reference_notes(table), *_vector_notes(table), MATCHING, BLEU]


def sampling_notes(table: pd.DataFrame) -> list[str]:
    """Return how many samples of which decoder the responses are."""
    columns = ["response_samples", "response_decoder", "response_width"]
    known = table.reindex(columns=columns).dropna(subset=columns[:2]).drop_duplicates()
    return [
        f"Responses: {row.response_samples:g} to each context in which something was said, z from "
        f"the prior, decoding {row.response_decoder}"
        + ("." if pd.isna(row.response_width) else f" of width {row.response_width:g}.")
        for row in known.itertuples()
    ]


def reference_notes(table: pd.DataFrame) -> list[str]:
    """Return what the responses of each dataset were compared with."""
    if "references" not in table:
        return []
    by_dataset = table.dropna(subset="references").drop_duplicates("dataset")
    test = reported_split(table.columns) == "test"
    return [
        f"References of {row['dataset']}: {_references(row) if test else _references({})}"
        f"{_number_of_references(row) if test else ''}."
        for _, row in by_dataset.iterrows()
    ]


def _references(row: Mapping[str, Any]) -> str:
    kind = row.get("references", "single")
    if kind == "retrieved":
        return (
            "the true response and those of the training contexts that are most alike, retrieved "
            "here and not chosen by people, so not the published ones"
        )
    if kind == "file":
        counts = f"{row['references_used']:g} of its {row['references_entries']:g} entries"
        return (
            f"the true response and those of the file of references ({counts} belong to a window"
            f"{_left_out(row)})"
        )
    return "the true response alone"


def _left_out(row: Mapping[str, Any]) -> str:
    """Return how many entries of a file fit no window, or several, where that is known."""
    said = {"unmatched": "to none", "ambiguous": "to several"}
    return "".join(
        f", {row[f'references_{name}']:g} {text}"
        for name, text in said.items()
        if _is_known(row, f"references_{name}")
    )


def _number_of_references(row: Mapping[str, Any]) -> str:
    if not _is_known(row, "references_mean"):
        return ""
    return (
        f"; {row['references_mean']:.2f} a context in the mean, and "
        f"{row['references_alone']:g} of {row['references_contexts']:g} contexts have the true "
        "response alone"
    )


def _vector_notes(table: pd.DataFrame) -> Iterator[str]:
    if "vectors" not in table:
        return
    for _, row in table.dropna(subset="vectors").drop_duplicates("dataset").iterrows():
        if row["vectors"] in VECTORS:
            kind = VECTORS[row["vectors"]] + _words_with_vectors(row)
            yield f"A-bow, E-bow and greedy matching compare words of {row['dataset']} by {kind}."


def _words_with_vectors(row: Mapping[str, Any]) -> str:
    """Return how many words have a vector, and what of the file was no vector, where known."""
    if not _is_known(row, "vectors_known"):
        return ""
    skipped = row["vectors_skipped"]
    lines = f"; {skipped:g} lines of the file were no vectors" if skipped else ""
    return f" ({row['vectors_known']:g} words have one, others are left out{lines})"


def _is_known(row: Mapping[str, Any], name: str) -> bool:
    """Return whether a prepared file says it: one of an earlier version may not."""
    return pd.notna(row.get(name))


def _counts(table: pd.DataFrame) -> Iterator[str]:
    """Yield a line a dataset and kind of oddity that its files have."""
    by_dataset = table.groupby("dataset", sort=False)
    for count in DIALOG_COUNTS:
        columns = [f"{split}_{count}" for split in SPLITS]
        numbers = by_dataset.first().reindex(columns=columns).fillna(0)
        for name, row in numbers[numbers.any(axis=1)].iterrows():
            each = ", ".join(
                f"{value:g} of {split}" for value, split in zip(row, SPLITS, strict=True)
            )
            yield f"Dataset {name}, {count.replace('_', ' ')}: {each}."


def _given_acts(table: pd.DataFrame) -> Iterator[str]:
    column = column_of(table.columns, "act_nll")
    if column and table[column].notna().any():
        yield (
            "A kgCVAE's losses are of the words given the true dialog act of the response, as "
            "published: no bound on the likelihood of the response alone. Its act scores are of "
            "the act that it predicts from a sample of the posterior, which has seen the true one, "
            "or (prior) of the prior, as in generation; where the true one is known."
        )
