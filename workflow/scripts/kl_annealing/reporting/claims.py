"""Each published claim judged by our runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kl_annealing.canonical import plain
from kl_annealing.reporting.claims_file import Claims
from kl_annealing.reporting.quantities import metric_of, quantity
from kl_annealing.reporting.study import LENGTHS, matching, single_settings
from kl_annealing.reporting.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_RUN,
    SUPPORTED,
    Judgement,
    judge,
)

SIGNS = {
    "greater": "greater than",
    "less": "less than",
    "not_less": "not less than",
    "not_greater": "not greater than",
    "equal": "equal to",
}
ELSEWHERE = ("on other data", "at other settings")  # than the claim's: what a verdict adds
SIDES = ("left", "right")


def judge_claims(claims: Claims, studies: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return a row a claim: what is claimed, the published numbers, ours, and the `Judgement`.

    `studies` are the metrics tables by study; claims about other studies are left out.
    """
    return [
        _judged(claim, studies[claim["study"]])
        for claim in claims.claims
        if claim["study"] in studies
    ]


def judge_claim(
    claim: Mapping[str, Any], table: pd.DataFrame
) -> tuple[Judgement, list[str], list[str]]:
    """Return the judgement of one claim on its study's metrics table, and remarks about it.

    The last are those about settings that are not the claim's.

    A selection that several configurations fit is not averaged: it is inconclusive. So is a claim
    whose sides are the same in what they should differ in.
    """
    sides = [_values(claim, side, table) for side in SIDES]
    ambiguous = [
        f"{side} side fits several configurations"
        for side, values in zip(SIDES, sides, strict=True)
        if isinstance(values, pd.Series) and values.index.has_duplicates
    ]
    if ambiguous:
        nothing = judge(pd.Series(dtype=float), 0.0, claim["direction"])
        return nothing._replace(verdict=INCONCLUSIVE), ambiguous, []
    judgement = judge(*sides, claim["direction"], claim.get("margin", 0.0))
    if judgement.verdict == NOT_RUN:
        return judgement, _missing(claim, table, sides), []
    seeds = judgement.difference.interval.n
    remarks = [f"{seeds} seed{'' if seeds == 1 else 's'} in common"] if seeds < 2 else []
    data, length = _setting_remarks(claim, table)
    alike = _alike(claim, table)
    verdict = INCONCLUSIVE if alike else _qualified(judgement.verdict, data, length)
    return judgement._replace(verdict=verdict), remarks + alike, data + length


def _alike(claim: Mapping[str, Any], table: pd.DataFrame) -> list[str]:
    """Say so where both sides have the same values of what they should differ in."""
    name = claim.get("differ_in")
    if name is None or name not in table:
        return []
    left, right = (_by_seed(claim[side], name, table) for side in SIDES)
    left, right = left.align(right, join="inner")
    return [f"both sides have the same {name}"] if len(left) and left.equals(right) else []


def _qualified(verdict: str, data: list[str], length: list[str]) -> str:
    """Return the verdict, saying where it rests on other data or another length of training."""
    if verdict not in (SUPPORTED, CONTRADICTED):
        return verdict
    where = [text for text, found in zip(ELSEWHERE, (data, length), strict=True) if found]
    return " ".join([verdict, *filter(None, [", ".join(where)])])


def _judged(claim: Mapping[str, Any], table: pd.DataFrame) -> dict[str, Any]:
    judgement, remarks, settings = judge_claim(claim, table)
    return {
        "claim": claim["name"],
        "statement": claim["statement"],
        "source": claim["source"]["short"],
        "where": claim["where"],
        "published": published_text(claim),
        "metric": claim["metric"],
        "comparison": comparison_text(claim),
        "judgement": judgement,
        "verdict": judgement.verdict,
        "remark": "; ".join(remarks + settings),
        "settings": settings,
    }


def published_text(claim: Mapping[str, Any]) -> str:
    """Return the published numbers, left against right, with their standing."""
    metric = metric_of(claim["metric"])
    entries = [entry for entry in claim["published"] if metric in entry["numbers"]]
    if not entries:
        return ""
    numbers = " against ".join(str(entry["numbers"][metric]) for entry in entries)
    standings = dict.fromkeys(entry["status"].replace("_", " ") for entry in entries)
    return f"{quantity(metric).title} {numbers} ({', '.join(standings)})"


def comparison_text(claim: Mapping[str, Any]) -> str:
    """Return what is compared with what, in one line."""
    margin = f" (margin {claim['margin']:g})" if "margin" in claim else ""
    left, right = (_words(claim, side) for side in SIDES)
    return f"{left} {SIGNS[claim['direction']]} {right}{margin}"


def _words(claim: Mapping[str, Any], side: str) -> str:
    block = claim[side]
    if "value" in block:
        return f"{block['value']:g}"
    names = ", ".join(f"{name} {value}" for name, value in block["select"].items())
    return f"{_metric(claim, side)} [{names}]"


def _values(claim: Mapping[str, Any], side: str, table: pd.DataFrame) -> pd.Series | float:
    """Return one side's values by seed, or its known number."""
    block = claim[side]
    if "value" in block:
        return float(block["value"])
    metric = _metric(claim, side)
    if metric not in table:
        return pd.Series(dtype=float)
    return _by_seed(block, metric, table)


def _by_seed(block: Mapping[str, Any], column: str, table: pd.DataFrame) -> pd.Series:
    runs = matching(table, block["select"]).drop_duplicates("run")
    return runs.set_index("seed")[column]


def _missing(
    claim: Mapping[str, Any], table: pd.DataFrame, sides: Sequence[pd.Series | float]
) -> list[str]:
    """Say what a claim lacks that could not be judged: a metric, or the runs of a side."""
    metrics = dict.fromkeys(_metric(claim, side) for side in SIDES if "select" in claim[side])
    unmeasured = [f"{metric} was not measured" for metric in metrics if metric not in table]
    empty = [name for name, values in zip(SIDES, sides, strict=True) if _empty(values)]
    return unmeasured or [f"no runs of the {' and the '.join(empty)} side"]


def _metric(claim: Mapping[str, Any], side: str) -> str:
    return claim[side].get("metric", claim["metric"])


def _empty(values: pd.Series | float) -> bool:
    return isinstance(values, pd.Series) and values.dropna().empty


def _setting_remarks(claim: Mapping[str, Any], table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Say when our runs rest on other data, and on other settings, than the claim's."""
    selects = [claim[side]["select"] for side in SIDES if "select" in claim[side]]
    sides = [matching(table, select) for select in selects]
    runs = pd.concat(sides)
    data = [
        f"on {dataset}, claimed on {claim['dataset']}"
        for dataset in dict.fromkeys(runs.get("dataset", ()))
        if dataset != claim["dataset"]
    ]
    stand_ins = [name for name in dict.fromkeys(runs.get("stand_in_for", ())) if name]
    data += [f"stand-in for {name}" for name in stand_ins]
    single = [each for pair in zip(selects, sides, strict=True) for each in _single_remarks(*pair)]
    return data, _length_remarks(claim.get("length", {}), runs) + list(dict.fromkeys(single))


def _length_remarks(claimed: Mapping[str, int], runs: pd.DataFrame) -> list[str]:
    """Name each length of training, in its own unit, that is not the one claimed."""
    return [
        f"{length:.0f} {unit} instead of {number}" + ("" if unit == said else f" {said}")
        for said, number in claimed.items()
        for unit in LENGTHS
        for length in (runs[unit].dropna().unique() if unit in runs else ())
        if (unit, length) != (said, number)
    ]


def _single_remarks(select: Mapping[str, Any], runs: pd.DataFrame) -> list[str]:
    """Name each single setting that a grid gives a side's runs and the claim does not ask for."""
    return [
        f"{name} = {plain(value)}"
        for name in single_settings(runs)
        if name not in select
        for value in runs[name].dropna().unique()
    ]
