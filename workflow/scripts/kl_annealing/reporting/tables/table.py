"""A table: rows of numbers with their intervals, as CSV, Markdown, LaTeX and HTML."""

import math
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from tabulate import tabulate

from kl_annealing.files.atomic import write_text
from kl_annealing.reporting.quantities import QUANTITIES, quantity
from kl_annealing.reporting.statistics import Interval


class Cell(NamedTuple):
    """An interval with decimals of its own, where a column holds different quantities."""

    interval: Interval
    digits: int


@dataclass(frozen=True)
class Table:
    """Rows of texts, numbers, `Interval`s and `Cell`s by column name, and their footnotes.

    A column named after a quantity is rounded like it and headed by its title, unless `headings`
    says otherwise. Columns of `prose` hold text of any length, with line breaks kept; with them the
    LaTeX form may take several pages.
    """

    title: str
    rows: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = ()
    headings: Mapping[str, str] | None = None
    details: Collection[str] = ()  # columns for the CSV only
    prose: Collection[str] = ()

    def numbers(self) -> pd.DataFrame:
        """Return full precision: an interval becomes the columns x, x_low, x_high, x_seeds."""
        rows = [dict(pair for key, value in row.items() for pair in _spread(key, value))
                for row in self.rows]  # fmt: skip
        frame = pd.DataFrame(rows)
        counts = {name: "Int64" for name in frame if name.endswith("_seeds")}
        return frame.astype(counts)

    def texts(self) -> pd.DataFrame:
        """Return the table as people read it."""
        columns = self._shown()
        rows = [[_text(key, row.get(key)) for key in columns] for row in self.rows]
        return pd.DataFrame(rows, columns=[self._heading(key) for key in columns])

    def page_body(self) -> str:
        """Return what the page for the report has between title and footnotes, in HTML."""
        texts = self.texts().rename(columns=in_html).map(in_html)
        with pd.option_context("display.max_colwidth", None):
            return texts.to_html(index=False, border=0, escape=False)

    def is_prose(self) -> list[bool]:
        """Say of each column of `texts` whether it is running text."""
        return [key in self.prose for key in self._shown()]

    def _shown(self) -> list[str]:
        return [key for key in self._columns() if key not in self.details]

    def _columns(self) -> list[str]:
        return list(dict.fromkeys(key for row in self.rows for key in row))

    def _heading(self, key: str) -> str:
        if key in (self.headings or {}):
            return self.headings[key]
        if key in QUANTITIES:
            return quantity(key).title
        return key.replace("_", " ").capitalize()


def write(table: Table, paths: Sequence[str | os.PathLike]) -> None:
    """Write `table` to each path in the form its suffix says, each whole or not at all.

    `.csv` has full precision and all columns; `.md`, `.tex` and `.html` are for readers.
    """
    for path in paths:
        write_text(path, FORMS[Path(path).suffix](table))


def csv(table: Table) -> str:
    """Return the numbers with full precision."""
    return table.numbers().to_csv(index=False)


def markdown(table: Table) -> str:
    """Return the table in Markdown, footnotes as a list below it."""
    texts = table.texts().map(_plain_markdown)
    aligned = {"tablefmt": "pipe", "showindex": False, "disable_numparse": True}
    body = _unaligned(texts) if table.prose else tabulate(texts, headers="keys", **aligned)
    notes = "\n".join(f"- {note}" for note in table.notes)
    return f"**{table.title}**\n\n{body}\n" + (f"\n{notes}\n" if notes else "")


def _unaligned(texts: pd.DataFrame) -> str:
    """Return the rows in Markdown without blanks to the width of the longest."""
    lines = [list(texts), ["---"] * texts.shape[1], *texts.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex(table: Table) -> str:
    """Return the table in LaTeX (needs booktabs and adjustbox), footnotes below in small print.

    Columns of numbers are aligned right, those of sentences broken into lines, and what is wider
    than the line is scaled to it; the label is `tab:` and the title. With prose it is a
    `longtable`, of the package of that name. The first line names the packages.
    """
    texts = table.texts()
    alignment = _alignment(texts, table.is_prose())
    texts.columns = [_escaped(name) for name in texts.columns]
    body = texts.map(_escaped).to_latex(
        index=False,
        escape=False,
        caption=_escaped(table.title),
        label="tab:" + "-".join(re.findall(r"[a-z0-9]+", table.title.lower())),
        column_format=alignment,
        **({"longtable": True} if table.prose else {"position": "tb"}),
    )
    notes = "".join(f"\\par\\footnotesize {_escaped(note)}\n" for note in table.notes)
    if table.prose:
        return f"% \\usepackage{{booktabs, longtable}}\n{body}{{{notes}}}\n"
    for bare, fitted in _FITTED.items():
        body = body.replace(bare, fitted)
    body = body.replace("\\end{table}", f"{notes}\\end{{table}}")
    return f"% \\usepackage{{booktabs, adjustbox}}\n{body}"


def _alignment(texts: pd.DataFrame, prose: Sequence[bool]) -> str:
    """Return LaTeX's letters of the columns; those of prose share 0.7 of the line."""
    share = f"p{{{0.7 / max(1, sum(prose)):.2g}\\linewidth}}"
    plain = map(_letter, (texts[name] for name in texts))
    return "".join(share if long else letter for long, letter in zip(prose, plain, strict=True))


def _letter(column: pd.Series) -> str:
    if column.map(_is_number).all():
        return "r"
    return "p{16em}" if column.map(len).max() > SENTENCE else "l"


def html(table: Table) -> str:
    """Return the table as a page of its own, for the report."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return f"{_PAGE}<h1>{escape(table.title)}</h1>\n{table.page_body()}\n<ul>{notes}</ul>\n"


def in_html(text: str) -> str:
    """Return a text that a page shows as it is, line breaks kept."""
    return escape(text).replace("\n", "<br>")


SENTENCE = 40  # characters, from which a text is broken into lines
_FITTED = {
    "\\begin{tabular}": "\\begin{adjustbox}{max width=\\linewidth}\n\\begin{tabular}",
    "\\end{tabular}": "\\end{tabular}\n\\end{adjustbox}",
}

FORMS = {".csv": csv, ".md": markdown, ".tex": latex, ".html": html}

_PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<style>
  body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #222; }
  h1 { font-size: 1.15em; }
  table { border-collapse: collapse; }
  th, td { padding: 0.25em 0.8em; text-align: left !important; border-bottom: 1px solid #e4e4e4; }
  td { vertical-align: top; }
  th { border-bottom: 2px solid #888; }
  ul { color: #555; font-size: 0.9em; padding-left: 1.2em; }
  h2 { font-size: 1em; border-top: 2px solid #888; padding-top: 0.6em; margin-top: 2em; }
  h3 { font-size: 0.9em; margin: 0; color: #555; }
  p { margin: 0.2em 0; }
  .beside { display: grid; grid-template-columns: repeat(auto-fill, minmax(15em, 1fr)); gap: 1em; }
</style>
"""


def format_number(value: float, digits: int) -> str:
    """Return a rounded number, `-` for a missing one, and no minus before a zero."""
    if value is None or math.isnan(value):
        return "-"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def format_interval(value: Interval, digits: int) -> str:
    """Return `mean ± half width`, the mean alone where one seed gives no interval."""
    if math.isnan(value.half_width) or value.n == 0:
        return format_number(value.mean, digits)
    return f"{format_number(value.mean, digits)} ± {format_number(value.half_width, digits)}"


def _spread(key: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Cell):
        value = value.interval
    if isinstance(value, Interval):
        names = (key, f"{key}_low", f"{key}_high", f"{key}_seeds")
        return list(zip(names, value, strict=True))
    return [(key, value)]


def _text(key: str, value: Any) -> str:
    if isinstance(value, Cell):
        return format_interval(*value)
    if isinstance(value, Interval):
        return format_interval(value, quantity(key).digits)
    if key == "p_value" and value < 0.001:
        return "<0.001"
    if isinstance(value, float):
        return "-" if math.isnan(value) else format_number(value, quantity(key).digits)
    return "-" if value is None or value == "" else str(value)


def _is_number(text: str) -> bool:
    """Say whether a cell is a number, with its interval or without, or empty."""
    return re.fullmatch(r"-|<?[-+]?[\d.]+( ± [\d.]+)?", text) is not None


# What Markdown takes for more than itself: signs of emphasis, code, links and columns, and the
# beginning of an HTML tag, as which `<unk>` would vanish.
_MARKDOWN = re.compile(r"[\\`*|\[\]]|(?<!\w)_|_(?!\w)|<(?=[a-zA-Z/!?])")


def _plain_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line of its source."""
    return _MARKDOWN.sub(r"\\\g<0>", text).replace("\n", "<br>")


_LATEX = {
    "\n": r"\newline ",
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "×": r"$\times$", "<": r"$<$", ">": r"$>$",
}  # fmt: skip


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in str(text))
