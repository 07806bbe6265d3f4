"""What did the renderer print, and where? One entry a heading, exhibit, table, drawing
or sentence, in reading order; JSON in and out of work/printed.

Entries name keys, formulas and places; they are claims. The number audit
(`pipeline.inspection.numerals`) works every value out again, and `make explain REF=`
finds a printed number by its place in them. Begin at `parse_ledger`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from pipeline.report.views import (
    ChartData,
    FigureView,
    Footnote,
    Kind,
    Point,
    Row,
    Series,
    ShownView,
    TableView,
)
from pipeline.system.kept import damaged, parse_json

# what the row of key figures is called; it stands without a number on the page
HEADLINE = "Headline"
# what is added to the id of a row of key figures for the drawing of their years below it
_COURSE = "-course"
# `answered(STATE)`: how many tables of the return a state answered, of how many
ANSWERED = "answered"
# `before(KEY)`: what the edition before printed for a key
BEFORE = "before"


@dataclass(frozen=True)
class PrintedHeading:
    """A chapter, annex or section. `listed` is what the contents say of a state's page,
    whose own heading prints no number.
    """

    number: str
    id: str
    title: str
    level: int
    listed: str | None = None


@dataclass(frozen=True)
class PrintedCell:
    """A cell of a table: its text, the key or formula behind it, its footnote marks."""

    text: str
    key: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrintedLine:
    """A line of a table."""

    label: str
    cells: tuple[PrintedCell, ...]


@dataclass(frozen=True)
class Exhibit:
    """What every exhibit has. `number` is `Table 2`, `spec` its name in exhibits.yaml,
    `state` whose country page it stands on.
    """

    number: str
    id: str
    spec: str
    kind: str
    title: str
    state: str
    cubes: tuple[str, ...]

    @property
    def printed_number(self) -> str:
        """What stands before the title."""
        return "" if self.kind == "headline" else self.number


@dataclass(frozen=True)
class TableExhibit(Exhibit):
    """A table; `heads` and `groups` are those of all columns, that of labels first."""

    unit: str
    heads: tuple[str, ...]
    groups: tuple[str, ...]
    lines: tuple[PrintedLine, ...]
    footnotes: tuple[Footnote, ...]
    notes: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class FigureExhibit(Exhibit):
    """A drawn figure; what it draws is noted before it, as a `PrintedChart` of its id."""

    footnotes: tuple[Footnote, ...]
    notes: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class TableKeys:
    """The keys of a table's cells, line by line; it follows its exhibit."""

    id: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PrintedChart:
    """What a chart draws."""

    id: str
    data: ChartData


@dataclass(frozen=True)
class Fact:
    """A fact in the head of a state's page. `bound` is the text with the key of its
    figure in double square brackets.
    """

    bound: str
    text: str
    place: str


@dataclass(frozen=True)
class Sentence:
    """A sentence of a chapter's text: as bound, as printed, and as `written` in the
    narrative, with the `values` of its place.
    """

    bound: str
    text: str
    place: str
    written: str
    values: Mapping[str, str]


PlacedExhibit = TableExhibit | FigureExhibit
LedgerEntry = PrintedHeading | PlacedExhibit | TableKeys | PrintedChart | Fact | Sentence


# --- questions


def exhibits_of(ledger: Iterable[LedgerEntry]) -> list[Exhibit]:
    return [e for e in ledger if isinstance(e, Exhibit)]


def charts_of(ledger: Iterable[LedgerEntry]) -> list[PrintedChart]:
    return [e for e in ledger if isinstance(e, PrintedChart)]


def course_of(exhibit: str) -> str:
    """The id of the drawing below a row of key figures."""
    return f"{exhibit}{_COURSE}"


def drawing_of(exhibit: Exhibit, ledger: Iterable[LedgerEntry]) -> PrintedChart | None:
    """What is drawn of an exhibit: a figure, or the years of a row of key figures."""
    ids = (exhibit.id, course_of(exhibit.id))
    return next((drawing for drawing in charts_of(ledger) if drawing.id in ids), None)


def statements_of(ledger: Iterable[LedgerEntry]) -> list[Fact | Sentence]:
    """What is said in words: sentences, and the facts of state pages."""
    return [e for e in ledger if isinstance(e, Fact | Sentence)]


def lines_of(entry: LedgerEntry | Exhibit | None) -> tuple[PrintedLine, ...]:
    """The lines of a table; none of anything else."""
    match entry:
        case TableExhibit(lines=lines):
            return lines
        case _:
            return ()


def footnotes_of(entry: LedgerEntry | Exhibit | None) -> tuple[Footnote, ...]:
    match entry:
        case TableExhibit(footnotes=footnotes) | FigureExhibit(footnotes=footnotes):
            return footnotes
        case _:
            return ()


def reference_of(report: str, number: str) -> str:
    """`thb:T4` for Table 3 of the report: what `make explain REF=` takes."""
    return f"{report}:{number[0]}{number.split()[-1]}"


def entry_keys(exhibit: Exhibit, ledger: Iterable[LedgerEntry]) -> list[str]:
    """The keys of all cells that an exhibit prints, operands of its formulas among
    them.
    """
    references = [c.key for line in lines_of(exhibit) for c in line.cells]
    if drawing := drawing_of(exhibit, ledger):
        references += [p.key for s in drawing.data.series for p in s.points]
    return [key for r in references for key in keys_of(r) if key]


def is_of_the_version(reference: str) -> bool:
    """Whether a number is about the version as a whole: from a named query over the store,
    `query(name)`, or a count of answered tables, `answered(STATE)`.
    """
    return reference.startswith(("query(", "case(", f"{ANSWERED}("))


def keys_of(reference: str) -> list[str]:
    """The cells of a key, or of a formula written `name(key, key + key)`; none of a
    query, of a count of answered tables and of a case, which name no cell.
    """
    if is_of_the_version(reference):
        return []
    match = re.fullmatch(r"\w+\((.+)\)", reference)
    return re.split(r", | \+ ", match[1]) if match else [reference]


# --- from the views


def note_exhibit(
    view: ShownView, number: str, *, spec: str, kind: str, state: str, cubes: Sequence[str]
) -> PlacedExhibit:
    """An exhibit with all its texts, as it is placed."""
    common = (number, view.id, spec, kind, view.title, state, tuple(cubes))
    match view:
        case TableView():
            return TableExhibit(
                *common,
                view.unit,
                tuple(c.label for c in view.columns),
                tuple(c.group for c in view.columns),
                tuple(_line_of(row) for row in view.rows),
                view.footnotes,
                view.notes,
                view.source,
            )
        case FigureView():
            return FigureExhibit(*common, view.footnotes, view.notes, view.source)


def _line_of(row: Row) -> PrintedLine:
    return PrintedLine(row.label, tuple(PrintedCell(c.text, c.key, c.marks) for c in row.cells))


# --- JSON out


def ledger_json(ledger: Iterable[LedgerEntry]) -> str:
    return json.dumps([_entry_json(e) for e in ledger], ensure_ascii=False)


def _entry_json(entry: LedgerEntry) -> dict[str, Any]:
    match entry:
        case PrintedHeading(number, id_, title, level, listed):
            own = {} if listed is None else {"listed": listed}
            return {"heading": number, "id": id_, "title": title, "level": level, **own}
        case TableExhibit() | FigureExhibit():
            return _exhibit_json(entry)
        case TableKeys(id_, rows):
            return {"table": id_, "rows": rows}
        case PrintedChart(id_, data):
            return {"chart": id_, "data": asdict(data)}
        case Fact(bound, text, place):
            return {"sentence": bound, "text": text, "place": place}
        case Sentence(bound, text, place, written, values):
            said = {"sentence": bound, "text": text, "place": place}
            return {**said, "written": written, "values": dict(values)}


def _exhibit_json(entry: PlacedExhibit) -> dict[str, Any]:
    found: dict[str, Any] = {
        "exhibit": entry.number,
        "id": entry.id,
        "spec": entry.spec,
        "kind": entry.kind,
        "title": entry.title,
        "state": entry.state,
        "cubes": entry.cubes,
        "drawn": isinstance(entry, FigureExhibit),
    }
    if isinstance(entry, TableExhibit):
        found |= {
            "unit": entry.unit,
            "heads": entry.heads,
            "groups": entry.groups,
            "lines": [
                {"label": line.label, "cells": [[c.text, c.key, *c.marks] for c in line.cells]}
                for line in entry.lines
            ],
        }
    notes = [[f.mark, f.text, *([f.bound] if f.bound else [])] for f in entry.footnotes]
    return {**found, "footnotes": notes, "notes": entry.notes, "source": entry.source}


# --- JSON in


def parse_ledger(content: bytes, path: Path) -> list[LedgerEntry]:
    """The entries in the bytes of a ledger that lies at `path`. Raises DamagedFileError
    where it is no JSON, and where an entry is of no known kind. None is left out but the
    exhibits without data that builds of before numbered: nothing was printed in them.
    """
    entries = []
    for number, found in enumerate(parse_json(content, path, kind=list), 1):
        if isinstance(found, dict) and {"exhibit", "reason"} <= found.keys():
            continue
        try:
            entries.append(_parse_entry(found))
        except _UnknownEntry as problem:
            raise damaged(path, f"entry {number} {problem}") from problem
    return entries


class _UnknownEntry(ValueError):
    """An entry, or a part of one, that this pipeline does not write."""


def _parse_entry(found: object) -> LedgerEntry:
    kinds = {"heading", "exhibit", "table", "chart", "sentence"}
    if not isinstance(found, dict) or len(kinds & found.keys()) != 1:
        raise _UnknownEntry(f"is of no known kind: {_cut(found)}")
    match found:
        case {"heading": str(number), "id": str(id_), "title": str(title), "level": int(level)}:
            listed = _text(found["listed"]) if "listed" in found else None
            return PrintedHeading(number, id_, title, level, listed)
        case {"exhibit": _}:
            return _parse_exhibit(found)
        case {"table": str(id_), "rows": list(rows)}:
            return TableKeys(id_, tuple(_texts(row) for row in rows))
        case {"chart": str(id_), "data": dict(data)}:
            return PrintedChart(id_, _parse_chart(data))
        case {"sentence": str(bound), "text": str(text), "place": str(place)}:
            if "written" not in found:
                return Fact(bound, text, place)
            written = _text(found["written"])
            return Sentence(bound, text, place, written, _names(found.get("values", {})))
        case _:
            raise _UnknownEntry(f"does not hold what it must: {_cut(found)}")


def _parse_exhibit(found: dict[str, Any]) -> PlacedExhibit:
    names = ("exhibit", "id", "spec", "kind", "title", "state")
    number, id_, spec, kind, title, state = (_text(found.get(name)) for name in names)
    common = (number, id_, spec, kind, title, state, _texts(found.get("cubes")))
    match found:
        case {"footnotes": list(footnotes), "notes": list(notes), "source": str(source)}:
            below = tuple(_parse_footnote(f) for f in footnotes), _texts(notes), source
            if "lines" not in found:
                return FigureExhibit(*common, *below)
        case _:
            raise _UnknownEntry(f"does not hold what it must: {_cut(found)}")
    match found:
        case {"unit": str(unit), "heads": heads, "groups": groups, "lines": list(lines)}:
            own = unit, _texts(heads), _texts(groups), tuple(_parse_line(line) for line in lines)
            return TableExhibit(*common, *own, *below)
        case _:
            raise _UnknownEntry(f"does not hold what it must: {_cut(found)}")


def _parse_line(found: object) -> PrintedLine:
    match found:
        case {"label": str(label), "cells": list(cells)}:
            return PrintedLine(label, tuple(_parse_cell(_texts(c)) for c in cells))
        case _:
            raise _UnknownEntry(f"has a line that is none: {_cut(found)}")


def _parse_cell(found: tuple[str, ...]) -> PrintedCell:
    match found:
        case (text, key, *marks):
            return PrintedCell(text, key, tuple(marks))
        case _:
            raise _UnknownEntry(f"has a cell without a key: {_cut(found)}")


def _parse_footnote(found: object) -> Footnote:
    match _texts(found):
        case (mark, text):
            return Footnote(mark, text)
        case (mark, text, bound):
            return Footnote(mark, text, bound)
        case _:
            raise _UnknownEntry(f"has a footnote that is none: {_cut(found)}")


def _parse_chart(found: dict[str, Any]) -> ChartData:
    match found:
        case {
            "kind": kind,
            "series": list(series),
            "unit": str(unit),
            "title": str(title),
            "x_title": str(x_title),
            "labels": labels,
        } if kind in get_args(Kind):
            drawn = tuple(_parse_series(s) for s in series)
            return ChartData(
                kind,
                drawn,
                unit,
                title,
                x_title,
                _names(labels),
                _texts(found.get("words", [])),
                _text(found.get("gap", "")),
                _number(found.get("least", 0)),
            )
        case _:
            raise _UnknownEntry(f"draws what is no chart: {_cut(found)}")


def _parse_series(found: object) -> Series:
    match found:
        case {"label": str(label), "points": list(points)}:
            return Series(label, tuple(_parse_point(p) for p in points))
        case _:
            raise _UnknownEntry(f"has a series that is none: {_cut(found)}")


def _parse_point(found: object) -> Point:
    match found:
        case {
            "x": str(x),
            "value": (int() | float() | None) as value,
            "text": str(text),
            "key": str(key),
            "status": str(status),
            "coverage": str(coverage),
            "joined": bool(joined),
        }:
            return Point(x, value, text, key, status, coverage, joined)
        case _:
            raise _UnknownEntry(f"has a point that is none: {_cut(found)}")


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise _UnknownEntry(f"has no text where one must stand: {_cut(found)}")
    return found


def _number(found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _UnknownEntry(f"has no number where one must stand: {_cut(found)}")
    return float(found)


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise _UnknownEntry(f"has no list where one must stand: {_cut(found)}")
    return tuple(_text(f) for f in found)


def _names(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise _UnknownEntry(f"has no names where some must stand: {_cut(found)}")
    return {name: _text(value) for name, value in found.items()}


def _cut(found: object) -> str:
    return json.dumps(found, ensure_ascii=False)[:80]
