"""The verdicts as a table and as the front page of the report."""

import math
from collections import Counter
from typing import Any

from kl_annealing.reporting.quantities import quantity
from kl_annealing.reporting.statistics import Interval
from kl_annealing.reporting.tables.table import Cell, Table, format_number

NOTES = (
    "Ours: mean ± half of the 95 % Student-t interval over seeds. Difference: left minus right, "
    "paired by seed, with its 95 % interval; p: two-sided paired t-test against 0, of a claimed "
    "equality two one-sided tests against its margin.",
    "Supported: the whole interval of the difference agrees with the claim, by its margin where it "
    "has one. Contradicted: all of it disagrees. Inconclusive: neither, fewer than two "
    "seeds, or no spread and no margin. At other settings: trained for another length than the "
    "claim's runs, or with another value of a single setting. Nothing is corrected for judging "
    "several claims.",
    "unverified: a published number quoted from memory, not yet checked against its source.",
)
HEADINGS = {"p_value": "p", "ours_left": "Left", "ours_right": "Right", "statement": "Claim"}
DETAILS = ("claim", "where", "comparison")


def claims_table(rows: list[dict[str, Any]], experiment: str, others: int = 0) -> Table:
    """Return the judged claims (`judge_claims`) as a table; `others` were about other studies."""
    title = f"Claims (experiment {experiment})"
    notes = [*_others(others), *NOTES]
    return Table(title, [_row(row) for row in rows], notes, HEADINGS, DETAILS)


def claims_rst(rows: list[dict[str, Any]], experiment: str, others: int = 0) -> str:
    """Return the judged claims in reStructuredText, for the report's front page."""
    counts = Counter(row["verdict"] for row in rows)
    summary = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    lines = [
        f"{len(rows)} claims, experiment *{experiment}*: {summary or 'none is judged'}.",
        "",
        *(part for line in _others(others) for part in (line, "")),
    ]
    if not rows:
        return "\n".join(lines)
    lines += [
        *_warning(rows),
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 36 17 12 14 4 17",
        "",
        *_list_row(["Claim", "Published", "Ours", "Difference [95 %]", "Seeds", "Verdict"]),
    ]
    for row in rows:
        lines += _list_row(_front_page_row(row))
    return "\n".join(lines) + "\n"


def difference_text(difference: Interval, digits: int) -> str:
    """Return `+1.05 [0.98, 1.12]`, the mean alone where there is no interval."""
    mean = format_number(difference.mean, digits)
    if mean != "-" and float(mean) > 0:
        mean = f"+{mean}"
    if math.isnan(difference.low):
        return mean
    low, high = (format_number(bound, digits) for bound in (difference.low, difference.high))
    return f"{mean} [{low}, {high}]"


def _row(row: dict[str, Any]) -> dict[str, Any]:
    left, right, difference = row["judgement"][:3]
    digits = quantity(row["metric"]).digits
    names = ("claim", "statement", "source", "where", "published", "comparison")
    return {
        **{name: row[name] for name in names},
        "ours_left": Cell(left, digits),
        "ours_right": Cell(right, digits),
        "difference": Cell(difference.interval, digits),
        "p_value": row["judgement"].p_value,
        "seeds": difference.interval.n,
        "verdict": row["verdict"],
        "remark": row["remark"],
    }


def _front_page_row(row: dict[str, Any]) -> list[str]:
    left, right, difference = row["judgement"][:3]
    digits = quantity(row["metric"]).digits
    ours = f"{format_number(left.mean, digits)} against {format_number(right.mean, digits)}"
    own = row["remark"].removesuffix("; ".join(row["settings"])).removesuffix("; ")
    remark = f" ({_plain(own)})" if own else ""
    return [
        f"{_plain(row['statement'])} ({_plain(row['source'])})",
        _plain(row["published"]) or "-",
        "-" if left.n == 0 else ours,
        difference_text(difference.interval, digits),
        str(difference.interval.n),
        f"**{row['verdict']}**{remark}",
    ]


def _others(others: int) -> list[str]:
    """Say in one line how many claims are not listed, and why."""
    if not others:
        return []
    are = "claim is" if others == 1 else "claims are"
    return [f"{others} more {are} about studies that this configuration does not ask for."]


def _warning(rows: list[dict[str, Any]]) -> list[str]:
    """Say in one paragraph which verdicts rest on other settings than their claims."""
    elsewhere = Counter(remark for row in rows for remark in row["settings"])
    if not elsewhere:
        return []
    number = sum(bool(row["settings"]) for row in rows)
    remarks = "; ".join(f"{_plain(remark)} ({count})" for remark, count in elsewhere.items())
    return [
        f"**{number} of them rest on other data, another length of training or another single "
        f"setting than the claim is about**, and what they say of it is limited accordingly: "
        f"{remarks}.",
        "",
    ]


def _list_row(cells: list[str]) -> list[str]:
    """Return one row of a list-table; a leading dash or digit must not start a list of its own."""
    marks = ["   * - ", *["     - "] * (len(cells) - 1)]
    texts = (f"\\{cell}" if cell[:1] in "-+*" and cell[:2] != "**" else cell for cell in cells)
    return [mark + text for mark, text in zip(marks, texts, strict=True)]


def _plain(text: str) -> str:
    """Escape what reStructuredText would take for markup."""
    return "".join(f"\\{mark}" if mark in "\\*`|_" else mark for mark in text)
