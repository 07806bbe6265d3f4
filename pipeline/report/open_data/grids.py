"""How does a printed table become data? One line a row, one column a head, numbers
without commas, marks apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.report.numbers import MINUS
from pipeline.report.views import CellView, FigureView, ShownView, TableView
from pipeline.system.files import csv_bytes

GROUP, MARKS = "Group", "Marks"
_NUMBER = re.compile(rf"[+{MINUS}]?(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:\.[0-9]+)?")


@dataclass(frozen=True)
class PlainTable:
    """A table as plain lines: `heads` are distinct, the first `labels` columns name the
    line, `marks` says whether the last column holds the footnote marks of the line,
    `texts` are the places of columns that hold words and codes.
    """

    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    labels: int
    marks: bool
    texts: frozenset[int] = frozenset()


def tables_of(views: list[ShownView]) -> list[TableView]:
    """The tables of a report in their order, those behind its charts among them."""
    found = [v.table if isinstance(v, FigureView) else v for v in views]
    return [v for v in found if isinstance(v, TableView)]


def grid(view: TableView) -> PlainTable:
    """The table with every number as machines read it. Lines that only head others
    become a column before them.
    """
    grouped = any(row.kind == "group" and not row.cells for row in view.rows)
    marked = any(cell.marks for row in view.rows for cell in row.cells)
    heads = _heads(view)
    group, lines = "", []
    for row in view.rows:
        if row.kind == "group" and not row.cells:
            group = row.label
            continue
        line = [group, row.label] if grouped else [row.label]
        line += [machine(cell.text) for cell in row.cells]
        lines.append(tuple([*line, _marks(heads[1:], row.cells)] if marked else line))
    named = [GROUP] if grouped else []
    texts = frozenset(i + len(named) for i, c in enumerate(view.columns) if c.kind == "text")
    return PlainTable(
        (*named, *heads, *([MARKS] if marked else [])), tuple(lines), len(named) + 1, marked, texts
    )


def grid_csv(view: TableView) -> bytes:
    """The table as CSV with one line of heads."""
    table = grid(view)
    return csv_bytes(table.heads, table.lines)


def machine(text: str) -> str:
    """A printed number without commas, with a plain minus and no plus; any other text
    as it is.
    """
    if not _NUMBER.fullmatch(text):
        return text
    return text.replace(",", "").replace(MINUS, "-").removeprefix("+")


def _heads(view: TableView) -> list[str]:
    heads = [f"{c.group}: {c.label}" if c.group else c.label for c in view.columns]
    seen: dict[str, int] = {}
    for place, head in enumerate(heads):
        seen[head] = seen.get(head, 0) + 1
        if seen[head] > 1:
            heads[place] = f"{head} ({seen[head]})"
    return heads


def _marks(heads: list[str], cells: tuple[CellView, ...]) -> str:
    return "; ".join(
        f"{head}: {', '.join(cell.marks)}"
        for head, cell in zip(heads, cells, strict=True)
        if cell.marks
    )
