"""The plan in words: what each configuration has left, and what all of it comes to."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from tabulate import tabulate

from kl_annealing.planning.states import FINISHED, RESUMABLE, TO_DO

_ALIGNED = ("left", "left", *("right",) * 7, "left")
_WIDTHS = (None, 48)  # of columns: a configuration of many names takes several lines


def readable(table: pd.DataFrame) -> str:
    """Return the plan as text: a line a configuration, then what is left in all."""
    lines = [
        _line(study, configuration, runs)
        for (study, configuration), runs in table.groupby(["study", "configuration"], sort=False)
    ]
    body = tabulate(
        lines,
        headers="keys",
        disable_numparse=True,
        colalign=_ALIGNED if lines else None,
        maxcolwidths=_WIDTHS if lines else None,
    )
    return f"{body}\n\n{_total(table)}"


def said_configurations(records: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Return each run's configuration in one line, by (study, folder).

    What all runs of a study have in common is left out, and so is the seed.
    """
    texts = {}
    for study in dict.fromkeys(record["study"] for record in records):
        runs = [record for record in records if record["study"] == study]
        names = [name for run in runs for name in run["names"] if name != "seed"]
        varying = [
            name
            for name in dict.fromkeys(names)
            if len({str(run["names"].get(name)) for run in runs}) > 1
        ]
        for run in runs:
            parts = [_said(name, run["names"][name]) for name in varying if name in run["names"]]
            texts[study, run["folder"]] = " ".join(parts) or str(run["names"].get("schedule", ""))
    return texts


def _said(name: str, value: Any) -> str:
    return f"{name.split('.')[-1]}={value}" if "." in name else str(value)


def _left(runs: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the hours that are left of each kind of work, NaN where not known."""
    return {
        "training": runs.loc[runs["state"] != FINISHED, "training_hours"],
        "evaluation": runs.loc[~runs["evaluated"], "evaluation_hours"],
        "classification": runs.loc[~runs["classified"], "classification_hours"],
    }


def _line(study: str, configuration: str, runs: pd.DataFrame) -> dict[str, Any]:
    states = runs["state"].value_counts()
    return {
        "study": study,
        "configuration": configuration,
        **{state: int(states.get(state, 0)) for state in (FINISHED, RESUMABLE, TO_DO)},
        "each": time_text(runs["training_hours"].iloc[0]),
        **{f"{what} left": time_text(left.sum(skipna=False)) for what, left in _left(runs).items()},
        "from": runs["source"].iloc[0],
    }


def time_text(hours: float) -> str:
    """Return `3.4 h`, below one hour `12 min`, `?` where the time is not known."""
    if pd.isna(hours):
        return "?"
    if hours >= 0.995:
        return f"{hours:.1f} h"
    if 0 < hours < 1 / 120:
        return "<1 min"
    return f"{60 * hours:.0f} min"


def _total(table: pd.DataFrame) -> str:
    """Return the summary lines."""
    states = table["state"].value_counts()
    counts = ", ".join(f"{states.get(state, 0)} {state}" for state in (FINISHED, RESUMABLE, TO_DO))
    lines = [f"{len(table)} runs: {counts}. Times are of one job after another."]
    for what, hours in _left(table).items():
        known, unknown = hours.notna().sum(), hours.isna().sum()
        if known:
            lines.append(f"About {time_text(hours.sum())} of {what} left for {known} runs.")
        if unknown:
            lines.append(f"Time of {what} not known yet for {unknown} runs.")
    if RESUMABLE in states:
        lines.append(
            "Resumable runs are counted in full: only their checkpoint knows what is done."
        )
    return "\n".join(lines)
