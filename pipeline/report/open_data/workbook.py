"""How do the tables of a report read in a spreadsheet? A workbook in the good-practice
form of the UK's statisticians.

One table a sheet from its first cell on, a cover, contents, shorthand in square
brackets instead of symbols, and no number that is text. Written with `gptables` of the
Analysis Function; no cell is ever a formula.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.cells import OBS_SYMBOL, WITHHELD_SYMBOL
from pipeline.errors import UserError
from pipeline.report.exhibits.tables import EARLIER_MARK, PARTIAL_MARK
from pipeline.report.formulas import NOT_COMPUTED
from pipeline.report.open_data.grids import MARKS, grid
from pipeline.report.views import TableView

# Symbol -> shorthand: letters of the Analysis Function's list where it has them.
_SYMBOLS = {
    WITHHELD_SYMBOL: "c",
    OBS_SYMBOL["O"]: "x",
    OBS_SYMBOL["M"]: "z",
    OBS_SYMBOL["Q"]: "s",
    OBS_SYMBOL["N"]: "low",
    NOT_COMPUTED: "nc",
    "": "z",
}
SHORTHAND_HEAD = "Shorthand"  # of the column that says what stands beside the numbers of a line
_MARKS = {PARTIAL_MARK: "part", EARLIER_MARK: "old"}
SHORTHAND = {
    "b": "break in the time series",
    "c": "withheld: confidential, or a confidential figure could be worked out",
    "d": "definition differs",
    "e": "estimated value",
    "i": "in question: a part is larger than its whole",
    "k": "included in another category",
    "low": "more than nothing, less than half of the unit",
    "nc": "not computed: a base is too small, the series breaks, or different states reported",
    "old": "figure of an earlier round, not restated in this one",
    "p": "provisional value",
    "part": "sum over fewer than all member states",
    "q": "figure queried with the state",
    "s": "suppressed by the sender",
    "u": "low reliability",
    "w": "includes another category",
    "x": "not reported",
    "z": "not applicable",
}
# the exhibit of symbols: the workbook has none of them, and its cover names the
# shorthand
SYMBOLS = "-statuses"
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(tables: Sequence[TableView], doc: Mapping[str, Any], *, created: datetime) -> bytes:
    """The tables as an .xlsx file. `doc` is title, subtitle and the like as the
    report's templates take them. Raises UserError where there is no table: a workbook has
    one at least.
    """
    import gptables

    notes: dict[str, str] = {}  # text -> reference
    sheets = {sheet_name(t): _sheet(t, notes) for t in tables if not t.id.endswith(SYMBOLS)}
    if not sheets:
        raise UserError(
            "the version has no table, so there is no workbook of them",
            where=str(doc["title"]),
            allowed="one table at least, beside that of symbols",
            do="add a chapter with a table to report.yaml, such as dictionary",
        )
    told = None
    if notes:
        import pandas as pd

        told = pd.DataFrame({"Note reference": list(notes.values()), "Note text": list(notes)})
    target = io.BytesIO()
    with warnings.catch_warnings():
        # it warns where there are no notes: then there is nothing to say
        warnings.simplefilter("ignore")
        book = gptables.produce_workbook(
            filename=target,
            sheets=sheets,
            cover=_cover(doc),
            notes_table=told,
            workbook_options=dict(_OPTIONS),
            contentsheet_options={
                "title": "Contents",
                "table_name": "contents",
                "column_names": ["Sheet", "Table"],
            },
        )
    book.set_properties(
        {
            "title": doc["title"],
            "subject": f"{doc['subtitle']}, reference year {doc['round']}",
            "author": "Southeast European Law Enforcement Center (SELEC)",
            "created": created,
        }
    )
    book.close()
    return target.getvalue()


def sheet_name(table: TableView) -> str:
    """`Table_2`, `Figure_1`: what a sheet is called."""
    return table.number.replace(" ", "_")


def value(text: str) -> str | int | float:
    """What stands in a cell for a figure: a number, or the shorthand that says why
    there is none.
    """
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"-?[0-9]+\.[0-9]+", text):
        return float(text)
    return worded(text)


def worded(text: str) -> str:
    """What stands in a cell for a text: codes keep their zeros, symbols become
    shorthand.
    """
    return f"[{_SYMBOLS[text]}]" if text in _SYMBOLS else text


def _sheet(table: TableView, notes: dict[str, str]) -> Any:
    import gptables
    import pandas as pd

    plain = grid(table)
    lines = [
        [
            *line[: plain.labels],
            *(_cell(c, i in plain.texts) for i, c in enumerate(line[plain.labels :], plain.labels)),
        ]
        for line in plain.lines
    ]
    heads = list(plain.heads)
    if plain.marks:
        heads[-1] = SHORTHAND_HEAD
        for line, was in zip(lines, plain.lines, strict=True):
            line[-1] = _bracketed(was[-1]) or "[z]"
    references = "".join(f"$${_reference(n, notes)}$$" for n in table.notes)
    used = sorted(
        {
            s
            for line in lines
            for c in line
            if isinstance(c, str)
            for s in re.findall(r"\[(\w+)\]", c)
        }
    )
    return gptables.GPTable(
        table=pd.DataFrame(lines, columns=heads, dtype=object),
        table_name=table.id.replace("-", "_"),
        title=f"{table.number}: {table.title}{references}",
        instructions="This worksheet contains one table."
        + (" Notes are on the sheet Notes." if references else ""),
        scope=f"Unit: {table.unit}." if table.unit else None,
        source=f"Source: {table.source}",
        legend=[f"[{s}] {SHORTHAND[s]}" for s in used if s in SHORTHAND],
        index_columns={1: 0, 2: 1} if plain.labels == 2 else {2: 0},
    )


def _cell(text: str, is_text: bool) -> str | int | float:
    return worded(text) if is_text else value(text)


def _bracketed(marks: str) -> str:
    """`2020: b, *; 2021: p` as `2020: [b] [part]; 2021: [p]`."""
    parts = []
    for part in filter(None, marks.split("; ")):
        head, _, own = part.rpartition(": ")
        parts.append(f"{head}: {' '.join(f'[{_MARKS.get(m, m)}]' for m in own.split(', '))}")
    return "; ".join(parts)


def _reference(note: str, notes: dict[str, str]) -> str:
    return notes.setdefault(note, f"n{len(notes) + 1}")


def _cover(doc: Mapping[str, Any]) -> Any:
    import gptables

    return gptables.Cover(
        cover_label="Cover",
        title=f"{doc['title']}, {doc['round']}",
        intro=[
            (
                f"{doc['subtitle']}. {doc['edition']}. {doc['date_text']}. Reference"
                f" {doc['reference']}."
            ),
            "The tables of the report, and the figures behind its charts, one a sheet.",
        ],
        about=[
            *doc["releasability"],
            "Shorthand in square brackets stands where there is no number:",
            *(f"[{s}] {text}" for s, text in SHORTHAND.items()),
            (
                f"Shorthand beside numbers stands in a column of its own, {MARKS.lower()} of the"
                " report spelled out."
            ),
        ],
    )
