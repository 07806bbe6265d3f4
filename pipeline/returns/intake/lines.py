"""Which figures stand in the lines of a CSV file? One line is one figure with its
codes, statuses and note.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.cells import UNKNOWN
from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import COVER_SHEET, tables_for
from pipeline.contracts.model import Contract, Table
from pipeline.returns.formats.raw import CsvRecord, CsvText, RawCell
from pipeline.returns.intake.codes import clean, codes_of, latin, load_headers, read_code
from pipeline.returns.intake.cover import add_answer, read_cover
from pipeline.returns.intake.entry import Figure, ReturnContext, enter_line
from pipeline.returns.intake.openlist import OpenList
from pipeline.returns.intake.screen import screen

BEFORE = ("table", "state", "year")
AFTER = ("value", "obs_status", "conf_status", "note")
ANSWERS = ("value", "obs_status", "conf_status")  # without one of them a line says another thing


def column_names(contract: Contract) -> set[str]:
    """Every column that a CSV return of this contract may have."""
    return {*BEFORE, *AFTER, *(d.name for t in contract.tables for d in t.dimensions)}


def header_names(contract: Contract, codelists: Path) -> set[str]:
    """Every head by which such a column may be found, those in the languages of the
    states included.
    """
    names = column_names(contract)
    return names | {alias for alias, column in load_headers(codelists).items() if column in names}


def localise(
    csv_text: CsvText, contract: Contract, *, codelists: Path
) -> tuple[CsvText, list[str]]:
    """The file with heads in other languages replaced by the columns they name, and
    those heads.
    """
    names = column_names(contract)
    aliases = load_headers(codelists)
    first, *rest = csv_text.records
    heads, replaced = [], []
    for field in first.fields:
        column = aliases.get(fold(clean(field)), "")
        if fold(clean(field)) not in names and column in names:
            replaced.append(field)
            heads.append(column)
        else:
            heads.append(field)
    return replace(csv_text, records=(replace(first, fields=tuple(heads)), *rest)), replaced


@dataclass(frozen=True)
class Record:
    """One line below the header: its filled fields by column name, and those beyond the
    header.
    """

    line: int
    fields: dict[str, RawCell]
    beyond: tuple[RawCell, ...]

    def text(self, column: str) -> str:
        return clean(self.fields[column].text) if column in self.fields else ""

    def place(self, column: str) -> RawCell:
        return self.fields.get(column) or RawCell("", f"line {self.line}, column {column}", "")


def csv_cells(csv_text: CsvText, columns: Container[str]) -> list[RawCell]:
    """Every filled field of the file, the header's included."""
    header, records = records_of(csv_text, columns)
    cells = [c for r in records for c in (*r.fields.values(), *r.beyond)]
    return header + cells


def records_of(csv_text: CsvText, columns: Container[str]) -> tuple[list[RawCell], list[Record]]:
    """The filled fields of the header, and the lines below it. Only `columns` are
    called by their names.
    """
    first, *rest = csv_text.records
    names = [name if (name := fold(f)) in columns else "" for f in first.fields]
    header = [
        RawCell("", f"line {first.line}, column {number}", field)
        for number, field in enumerate(first.fields, 1)
        if field
    ]
    return header, [_record(r, names) for r in rest]


def _record(record: CsvRecord, names: list[str]) -> Record:
    fields, beyond = {}, []
    for number, text in enumerate(record.fields, 1):
        if not text:
            continue
        name = names[number - 1] if number <= len(names) and names[number - 1] else str(number)
        cell = RawCell("", f"line {record.line}, column {name}", text)
        if name in fields or name == str(number):
            beyond.append(RawCell("", f"line {record.line}, column {number}", text))
        else:
            fields[name] = cell
    return Record(record.line, fields, tuple(beyond))


def read_csv_return(
    ctx: ReturnContext,
    csv_text: CsvText,
    *,
    answers: dict[str, RawCell] | None,
    localised: list[str],
) -> dict[str, str]:
    """Read a CSV return with its cover: entries, findings and the outcome of each field
    go to the context.

    `localised` are heads that were in another language. Returns the answers of the
    cover as text.
    """
    # where it is empty, each text whose letters are not known is reported
    if csv_text.encoding not in (
        "utf-8",
        "",
    ):
        ctx.book.add("encoding", csv_text.encoding, cell="line 1")
    if localised:
        ctx.book.add("localised-header", ", ".join(localised)[:200], cell="line 1")
    cover_cells = [c for c in (answers or {}).values() if c.text]
    columns = column_names(ctx.contract)
    header, records = records_of(csv_text, columns)
    taken = screen(ctx, [*csv_cells(csv_text, columns), *cover_cells], table_of=lambda _: "")
    answers = answers and {f: c for f, c in answers.items() if (c.sheet, c.address) not in taken}
    cover = read_cover(ctx, answers)
    ctx.ignore(cover_cells, "cover")
    read_lines(ctx, header, records=[_forget(r, taken) for r in records])
    ctx.settle_held()
    return cover


def _forget(record: Record, taken: set[tuple[str, str]]) -> Record:
    """The record without what must not come in. What a figure is made of stays: who
    reads it decides.
    """
    fields = {
        n: c for n, c in record.fields.items() if (c.sheet, c.address) not in taken or n in ANSWERS
    }
    return Record(
        record.line, fields, tuple(c for c in record.beyond if (c.sheet, c.address) not in taken)
    )


def read_lines(ctx: ReturnContext, header: list[RawCell], *, records: list[Record]) -> None:
    """Read the lines of a CSV file: entries, findings and the outcome of each field go
    to the context.
    """
    if not _read_header(ctx, header):
        ctx.refuse(header)
        ctx.refuse(c for r in records for c in (*r.fields.values(), *r.beyond))
        return
    ctx.ignore(header, "form-code")
    tables = {t.name: t for t in tables_for(ctx.contract, ctx.state, round_=ctx.round)}
    lists = _open_lists(ctx, records, tables=tables)
    for record in records:
        _read_record(ctx, record, tables=tables, lists=lists)


def has_header(csv_text: CsvText, contract: Contract) -> bool:
    """True when the first line of a file reads like the header of a CSV return."""
    names = {fold(f) for f in csv_text.records[0].fields}
    return len(names & column_names(contract)) >= 4 and "table" in names


def _read_header(ctx: ReturnContext, header: list[RawCell]) -> bool:
    known = column_names(ctx.contract)
    names = {fold(c.text) for c in header}
    text = ", ".join(c.text for c in header)[:200]
    if len(names & known) < 4 or "table" not in names:
        ctx.book.add("wrong-header", text, cell=header[0].address)
        return False
    if strange := [c for c in header if fold(c.text) not in known]:
        ctx.book.add(
            "unknown-column",
            strange[0].text,
            cell=strange[0].address,
            allowed=", ".join(sorted(known)),
        )
        return False
    if missing := [n for n in (*BEFORE, *AFTER) if n not in names]:
        ctx.book.add(
            "missing-column", "without " + ", ".join(missing), cell=f"line {_line(header)}"
        )
        return False
    if len(names) < len(header):
        ctx.book.add("wrong-header", f"a column stands twice: {text}", cell=header[0].address)
        return False
    return True


def _line(header: list[RawCell]) -> str:
    return header[0].address.split(",")[0].removeprefix("line ")


def _open_lists(
    ctx: ReturnContext, records: list[Record], *, tables: dict[str, Table]
) -> dict[str, OpenList]:
    lists = {}
    for table in tables.values():
        if table.layout.open_rows:
            (dimension,) = table.layout.rows
            claimed = any(
                r.text(dimension) == UNKNOWN and r.text("value")
                for r in records
                if r.text("table") == table.name
            )
            lists[table.name] = OpenList(ctx, table, dimension=dimension, claimed=claimed)
    return lists


def _read_record(
    ctx: ReturnContext, record: Record, *, tables: dict[str, Table], lists: dict[str, OpenList]
) -> None:
    name = read_code(record.text("table"), tables)[0]
    if not name:
        place = record.place("table")
        ctx.book.add(
            "unknown-table", place.raw or "no table", cell=place.address, allowed=", ".join(tables)
        )
        ctx.refuse((*record.fields.values(), *record.beyond))
        return
    table = tables[name]
    codes = _read_codes(ctx, record, table=table, lists=lists)
    used = {*table.key_dimensions, "table", *AFTER}
    outside = [c for column, c in record.fields.items() if column not in used] + list(record.beyond)
    if filled := [c for c in outside if c.text.strip()]:
        found = ", ".join(f"{c.address.split(', ')[1]}: {c.raw[:40]}" for c in filled[:3])
        ctx.find("outside-form", filled[0], table=table, found=found)
    ctx.refuse(filled, table)
    ctx.ignore(outside, "blank-text")
    if codes is None:
        ctx.refuse(record.fields.values(), table)
        return
    ctx.ignore([record.fields.get(c) for c in ("table", *table.key_dimensions)], "line-code")
    figure = Figure(codes, record.fields.get("value"), record.fields.get("obs_status"))
    figures = [figure] if figure.value or figure.status else []
    enter_line(
        ctx,
        table,
        figures=figures,
        conf=record.fields.get("conf_status"),
        note=record.fields.get("note"),
    )


def _read_codes(
    ctx: ReturnContext, record: Record, *, table: Table, lists: dict[str, OpenList]
) -> tuple[str, ...] | None:
    """The codes of a line in the order of the table's key, or None with a finding."""
    state, alike = read_code(record.text("state"), {ctx.state})
    if not state:
        place = record.place("state")
        ctx.book.add(
            "wrong-state",
            place.raw or "no state",
            cell=place.address,
            table=table.name,
            allowed=ctx.state,
        )
        return None
    year = record.text("year")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        ctx.find("unknown-code", record.place("year"), table=table, found=year or "no year")
        return None
    codes = [state, year]
    for dimension in table.dimensions:
        place = record.place(dimension.name)
        text = record.text(dimension.name)
        code, folded = read_code(text, codes_of(table, dimension.name))
        if not code and table.name in lists and text:
            code = lists[table.name].code(text, "", place=place)
            if not code:
                return None
        elif not code:
            ctx.book.add(
                "unknown-code",
                text or "no code",
                cell=place.address,
                table=table.name,
                allowed=", ".join(c.code for c in dimension.codes[:30]),
            )
            return None
        alike = alike or folded
        codes.append(code)
    if alike:
        ctx.find("look-alike", _first_alike(record, table), table=table)
    return tuple(codes)


def _first_alike(record: Record, table: Table) -> RawCell:
    return next(
        record.place(n) for n in table.key_dimensions if latin(record.text(n)) != record.text(n)
    )


def cover_of_csv(csv_text: CsvText) -> dict[str, RawCell]:
    """Field code to answer of a cover file with the columns field and answer; two
    answers to one field are none.
    """
    answers: dict[str, RawCell] = {}
    for record in csv_text.records[1:]:
        field = record.fields[0].strip()
        if len(record.fields) > 1 and field:
            add_answer(
                answers,
                field,
                cell=RawCell(COVER_SHEET, f"line {record.line}, column answer", record.fields[1]),
            )
    return answers
