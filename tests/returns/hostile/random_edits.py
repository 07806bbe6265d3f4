"""Good returns with random edits: of cells, sheets, lines, bytes. What must hold of
every one of them is checked here.

`python -m tests.returns.hostile.random_edits` goes on until it is interrupted, or finds a file
for which it does not hold.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

# Run as a program, the folder of these tests is not on the way that modules are looked
# for.
sys.path.insert(0, str(Path(__file__).parents[1]))

from defects.formats import as_old_excel, as_open_document
from defects.returns import GOOD, ROOT, ROUND, CsvDraft, WorkbookDraft, contracts, good_workbook

from pipeline.project import Project
from pipeline.returns.formats.opened import Opened, open_file
from pipeline.returns.formats.raw import CsvText, DamagedFile
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import validate_round

STATES = ("RO", "MK", "GR")  # one per file of a round
SUFFIXES = ("xlsx", "xlsx", "xlsx", "csv", "csv", "xls", "ods", "csv.gz")

# What people type, what programs leave behind, and what neither should.
WORDS = (
    "",
    " ",
    "_T",
    "_U",
    "Code",
    "Note",
    "Confidentiality",
    "2022",
    "2022 status",
    "2031",
    "F",
    "M.Y_LT18",
    "RO",
    "MK",
    "12",
    "-3",
    "1,234",
    "1.234",
    "1 234,5",
    "1e5",
    "0n",
    "<5",
    ":",
    "–",
    "n/a",
    "нема",
    "δ/υ",
    "yok",
    "nincs",
    "A",
    "Е",
    "Τ",
    "Ι",
    "*",
    "Atlantis",
    "Asia",
    "Romania",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+40 21 303 60 09",
    "ion@police.example",
    "1800101280007",
    "RO49AAAA1B31007593840000",
    "<script>",
    "{{7*7}}",
    "\x1b[2J",
    "a\u202eb",
    "\u200b",
    "\x00",
    "\ufeff",
    "٣",
    "82²",
    "9" * 40,
    "x" * 1100,
    "#REF!",
    "TRUE",
    "table",
    "HER",
    "OCT_DRUG_KG",
)
texts = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=12),
    st.text(alphabet="0123456789.,- \u00a0'<", max_size=9),
)
numbers = st.one_of(
    st.integers(-5, 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, 1e300, 0.1 + 0.2]),
)
dates = st.dates()
values = st.one_of(texts, numbers, st.booleans(), dates, st.none())
# A place, as a part of the whole; scattered, as the library likes small numbers and the
# first line is a header.
share = st.integers(0, 0xFFFF).map(lambda n: ((n * 40_503 + 23_456) & 0xFFFF) / 0x10000)


# Edits of workbooks.


@lru_cache(maxsize=16)
def good_csv(report: str, state: str) -> str:
    return CsvDraft(report, state).text()


def edited_workbook(draw: Callable[[Any], Any], report: str, state: str, suffix: str) -> bytes:
    """A good workbook with a few random edits, in one of its formats."""
    draft = WorkbookDraft(report, state)
    for _ in range(draw(st.integers(0, 6))):
        sheet = draft.book.worksheets[int(draw(share) * len(draft.book.worksheets))]
        _edit_sheet(draw, draft.book, sheet)
    make = {"xlsx": lambda _: draft.bytes(), "xls": as_old_excel, "ods": as_open_document}[suffix]
    try:
        return make(draft.book)
    except Exception:  # the writer refuses what a format cannot hold: then the good workbook does
        return good_workbook(report, state)


def _edit_sheet(draw: Callable[[Any], Any], book: Any, sheet: Any) -> None:
    kinds = (
        "cell",
        "cell",
        "cell",
        "cell",
        "rows",
        "columns",
        "merge",
        "hide",
        "name",
        "order",
        "swap",
    )
    kind = draw(st.sampled_from(kinds))
    row = 1 + int(draw(share) * (sheet.max_row + 3))
    column = 1 + int(draw(share) * (sheet.max_column + 3))
    if kind == "cell":
        _set(sheet, row, column, draw(values))
    elif kind == "rows":
        (sheet.insert_rows if draw(st.booleans()) else sheet.delete_rows)(
            row, draw(st.integers(1, 3))
        )
    elif kind == "columns":
        (sheet.insert_cols if draw(st.booleans()) else sheet.delete_cols)(
            column, draw(st.integers(1, 3))
        )
    elif kind == "merge":
        end = (row + draw(st.integers(0, 3)), column + draw(st.integers(0, 3)))
        sheet.merge_cells(start_row=row, start_column=column, end_row=end[0], end_column=end[1])
    elif kind == "hide":
        sheet.row_dimensions[row].hidden = True
        sheet.sheet_state = draw(st.sampled_from(("visible", "hidden", "veryHidden")))
    elif kind == "name":
        _rename(sheet, draw(st.one_of(texts, st.sampled_from([s.title for s in book.worksheets]))))
    elif kind == "order":
        book.move_sheet(sheet, draw(st.integers(-3, 3)))
    else:
        _swap(sheet, row, 1 + int(draw(share) * sheet.max_row))


def _set(sheet: Any, row: int, column: int, value: Any) -> None:
    try:
        sheet.cell(row, column).value = value
    except Exception:  # merged, or a text that the format cannot hold
        return


def _rename(sheet: Any, name: str) -> None:
    try:
        sheet.title = name[:31] or "Sheet"
    except ValueError:
        return


def _swap(sheet: Any, one: int, other: int) -> None:
    """Two lines change places."""
    for column in range(1, sheet.max_column + 1):
        first, second = sheet.cell(one, column).value, sheet.cell(other, column).value
        _set(sheet, one, column, second)
        _set(sheet, other, column, first)


# Edits of workbooks as they lie in the file: quicker, and of a kind that no program
# makes.

_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
_ROW = re.compile(rb"<row .*?(?:/>|</row>)", re.DOTALL)
_OPEN_CELL = re.compile(rb"<table:table-cell[^>]*?(?:/>|>.*?</table:table-cell>)", re.DOTALL)


@lru_cache(maxsize=32)
def good_file(report: str, state: str, suffix: str) -> bytes:
    draft = WorkbookDraft(report, state)
    return {"xlsx": lambda _: draft.bytes(), "xls": as_old_excel, "ods": as_open_document}[suffix](
        draft.book
    )


def edited_in_place(draw: Callable[[Any], Any], data: bytes) -> bytes:
    """A workbook with a few cells, rows or ranges written over in its parts."""
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(raw, "w") as new:
        names = old.namelist()
        sheets = [n for n in names if n.startswith("xl/worksheets/sheet") or n == "content.xml"]
        chosen = [sheets[int(draw(share) * len(sheets))] for _ in range(draw(st.integers(1, 4)))]
        for name in names:
            content = old.read(name)
            for _ in range(chosen.count(name)):
                content = _edit_part(draw, content)
            if name == "xl/workbook.xml" and draw(st.integers(0, 9)) == 0:
                content = _edit_names(draw, content)
            new.writestr(name, content)
    return raw.getvalue()


def _edit_part(draw: Callable[[Any], Any], content: bytes) -> bytes:
    is_excel = b"<sheetData>" in content
    kind = draw(st.sampled_from(("cell", "cell", "cell", "cell", "row", "merge", "address")))
    pattern = _OPEN_CELL if not is_excel else _ROW if kind == "row" else _CELL
    places = list(pattern.finditer(content))
    if not places:
        return content
    place = places[int(draw(share) * len(places))]
    before = content[: place.start()]
    found = place.group()
    behind = content[place.end() :]
    if kind == "merge" and is_excel:
        area = b'<mergeCell ref="%s:%s"/>' % (place[1], places[int(draw(share) * len(places))][1])
        return content.replace(
            b"</sheetData>", b"</sheetData><mergeCells>" + area + b"</mergeCells>", 1
        )
    if kind == "row":
        changed = (b"", found + found, found.replace(b"<row ", b'<row hidden="1" '))
        return bytes(before + draw(st.sampled_from(changed)) + behind)
    if kind == "address" and is_excel:
        other = draw(
            st.sampled_from((b"XFD1048576", b"AA90", b"B1", b"A1", b"C7", b"D8", b"A6", b"7C"))
        )
        return before + found.replace(place[1], other, 1) + behind
    return before + (_excel_cell(draw, place[1]) if is_excel else _open_cell(draw)) + behind


def _excel_cell(draw: Callable[[Any], Any], address: bytes) -> bytes:
    value = draw(values)
    text = _xml(value)
    if isinstance(value, int | float) and draw(st.booleans()):
        return b'<c r="%s"><v>%s</v></c>' % (address, text)
    type_ = draw(st.sampled_from((b"inlineStr",) * 5 + (b"f", b"f", b"str", b"e", b"odd")))
    if type_ == b"odd":  # a type that the value mostly does not fit
        type_ = draw(st.sampled_from((b"n", b"b", b"s", b"d")))
    if type_ == b"inlineStr":
        return b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (address, text)
    if type_ == b"f":
        result = draw(st.sampled_from((b"", b"<v>12</v>", b"<v>-1.5</v>", b"<v></v>")))
        return b'<c r="%s"><f>%s</f>%s</c>' % (address, text, result)
    return b'<c r="%s" t="%s"><v>%s</v></c>' % (address, type_, text)


def _xml(value: Any, *, quoted: bool = False) -> bytes:
    """A value as text of a part: without the characters that would break the part as a
    whole.
    """
    text = "".join(
        c for c in str(value) if c in "\t\n" or 32 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE
    )
    return escape(text, {'"': "&quot;"} if quoted else {}).encode()


def _open_cell(draw: Callable[[Any], Any]) -> bytes:
    text = _xml(draw(values))
    attribute = _xml(draw(st.one_of(numbers, values)), quoted=True)
    type_ = draw(
        st.sampled_from((b"string", b"float", b"date", b"boolean", b"percentage", b"strange"))
    )
    more = draw(
        st.sampled_from((b"", b"", b"columns-repeated", b"columns-spanned", b"rows-spanned"))
    )
    repeated = b' table:number-%s="%d"' % (more, draw(st.integers(-1, 40))) if more else b""
    return (
        b'<table:table-cell office:value-type="%s"'
        b' office:value="%s"%s><text:p>%s</text:p></table:table-cell>'
        % (type_, attribute, repeated, text)
    )


def _edit_names(draw: Callable[[Any], Any], content: bytes) -> bytes:
    """A sheet under another name, or hidden."""
    places = list(re.finditer(rb'<sheet [^>]*?name="([^"]*)"', content))
    place = places[int(draw(share) * len(places))]
    name = _xml(draw(texts), quoted=True)
    hidden = draw(st.sampled_from((b"", b' state="hidden"', b' state="odd"')))
    changed = place.group().replace(b'"%s"' % place[1], b'"%s"%s' % (name, hidden), 1)
    return content[: place.start()] + changed + content[place.end() :]


# Edits of CSV files.


def edited_csv(draw: Callable[[Any], Any], report: str, state: str) -> bytes:
    """A good CSV file with random fields, lines, delimiters and encodings."""
    lines = [line.split(",") for line in good_csv(report, state).splitlines()]
    for _ in range(draw(st.integers(0, 6))):
        at = int(draw(share) * len(lines))
        kind = draw(
            st.sampled_from(("field",) * 12 + ("less", "less", "twice", "twice", "longer", "quote"))
        )
        if kind == "field" and lines[at]:
            # Codes stand in front, figure, statuses and note behind: those can be wrong
            # in more ways.
            column = draw(st.sampled_from((-4, -4, -4, -3, -2, -1, -1, 0, 1, 2, 3, 4)))
            lines[at][column % len(lines[at])] = str(draw(st.one_of(texts, numbers))).replace(
                ",", ";"
            )
        elif kind == "less" and len(lines) > 1:
            lines.pop(at)
        elif kind == "twice":
            lines.append(lines[at])
        elif kind == "longer":
            lines[at].append(draw(texts))
        else:
            lines[at][0] = f'"{lines[at][0]}'
    delimiter = draw(st.sampled_from((",", ",", ";", "\t")))
    text = "\n".join(delimiter.join(line) for line in lines)
    encoding = draw(
        st.sampled_from(
            ("utf-8",) * 4 + ("utf-8-sig", "utf-16", "cp1250", "cp1251", "cp1253", "cp1254")
        )
    )
    return text.encode(encoding, "replace")


# Edits of bytes.


def spoiled(draw: Callable[[Any], Any], data: bytes) -> bytes:
    """Bytes turned, cut off, doubled or left out: of the file, or of one part of an
    archive.
    """
    if not data:
        return data
    if data.startswith(b"PK") and draw(st.booleans()):
        try:
            return _with_spoiled_part(draw, data)
        except (
            zipfile.BadZipFile,
            zlib.error,
            RuntimeError,
            NotImplementedError,
            ValueError,
            EOFError,
        ):
            return data
    at = int(draw(share) * len(data))
    length = draw(st.integers(1, 40))
    kind = draw(st.sampled_from(("flip", "flip", "cut", "double", "leave out", "noise")))
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
    if kind == "cut":
        return data[:at]
    if kind == "double":
        return data[: at + length] + data[at:]
    if kind == "leave out":
        return data[:at] + data[at + length :]
    return bytes(data[:at] + draw(st.binary(min_size=1, max_size=40)) + data[at:])


def _with_spoiled_part(draw: Callable[[Any], Any], data: bytes) -> bytes:
    raw = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        chosen = names[int(draw(share) * len(names))]
        for name in names:
            content = old.read(name)
            new.writestr(name, spoiled(draw, content) if name == chosen else content)
    return raw.getvalue()


@st.composite
def returns(draw: Callable[[Any], Any]) -> tuple[str, str, str, bytes]:
    """Report, state, ending and bytes of one edited return."""
    report = draw(st.sampled_from(sorted(GOOD)))
    state = draw(st.sampled_from(STATES))
    suffix = draw(st.sampled_from(SUFFIXES))
    if suffix.startswith("csv"):
        data = edited_csv(draw, report, state)
        data = _gzip(data) if suffix == "csv.gz" else data
    elif draw(st.integers(0, 5)) == 0:
        data = edited_workbook(draw, report, state, suffix)
    else:
        data = good_file(report, state, suffix)
        data = data if suffix == "xls" else edited_in_place(draw, data)
    for _ in range(draw(st.sampled_from((0,) * 8 + (1, 2)))):
        data = spoiled(draw, data)
    if draw(st.integers(0, 19)) == 0:
        suffix = draw(st.sampled_from(SUFFIXES))  # under another name than its own
    return report, state, suffix, data


def _gzip(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, mtime=0)


Case = tuple[str, str, str, bytes]
rounds = st.lists(returns(), min_size=1, max_size=4, unique_by=lambda r: (r[0], r[1]))


# What must hold.


def check(files: list[Case], *, validate: bool = False) -> None:
    """Read, or read and check, a round of edited returns: raises when an account or a
    finding is missing.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = Project(ROOT, folder / "outputs", folder / "returns")
        (project.returns / str(ROUND)).mkdir(parents=True)
        for report, state, suffix, data in files:
            target = project.returns / str(ROUND) / report
            target.mkdir(exist_ok=True)
            (target / f"{state}.{suffix}").write_bytes(data)
            if suffix.startswith("csv"):
                cover = f"field,answer\nreport,{report}\nstate,{state}\nround,{ROUND}\n"
                (target / f"{state}.cover.csv").write_text(cover, encoding="utf-8")
        reading = read_round(project, contracts(), round_=ROUND)
        accounts = reading.accounts
        if validate:
            validation = validate_round(project, contracts(), round_=ROUND)
            reading, accounts = validation.reading, validation.accounts
    assert {(a.report, a.state) for a in accounts} == {
        (report, state) for report, state, _, _ in files
    }
    for report, state, suffix, data in files:
        account = next(a for a in accounts if (a.report, a.state) == (report, state))
        _check_file(reading, account, f"{ROUND}/{report}/{state}.{suffix}", state, data)


def _check_file(
    reading: RoundReading, account: FileAccount, name: str, state: str, data: bytes
) -> None:
    findings = [f for f in reading.findings if f.file == name]
    reading_of = next(f for f in reading.files if f.file == name)
    assert account.filled == account.loaded + account.refused + sum(account.ignored.values())
    for table in account.refused_by_table:
        assert reading_of.outcome == "refused" or [f for f in findings if f.table == table], (
            f"{name}: {table!r}"
        )
    if reading_of.outcome == "refused":
        assert [f for f in findings if f.severity == "error" and not f.table]
    opened = _opened(state, account.report, data)
    if opened is None:
        assert account.filled == 0
    elif reading_of.outcome == "read":
        of_cover = 3 if isinstance(opened.content, CsvText) and ".csv" in name else 0
        assert account.filled == _filled(opened) + of_cover
    for finding in findings:
        assert all(
            c.isprintable() or c in "\n\t\u200b" or ord(c) > 127
            for c in finding.found + finding.sheet
        ), finding
        assert finding.do


def _opened(state: str, report: str, data: bytes) -> Opened | None:
    from pipeline.returns.intake.lines import header_names

    try:
        return open_file(
            data, state, names=header_names(contracts().contract(report), contracts().codelists)
        )
    except DamagedFile:
        return None


def _filled(opened: Opened) -> int:
    if isinstance(opened.content, CsvText):
        return sum(1 for r in opened.content.records for field in r.fields if field)
    return sum(len(s.cells) for s in opened.content.sheets)


def main() -> None:
    """Run batches of random cases, each from a seed of its own, until somebody
    interrupts.
    """
    begun = time.monotonic()
    kinds = Counter[str]()

    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(rounds, st.integers(0, 39))
    def one_batch(files: list[Case], chance: int) -> None:
        check(files, validate=chance == 7)
        kinds.update(suffix for _, _, suffix, _ in files)

    first = int(os.environ.get("SEED", "0")) or int(time.time())
    try:
        for number in itertools.count(first):
            try:
                seed(number)(one_batch)()
            except Exception:
                print(f"\nSEED={number} make fuzz gives this again", file=sys.stderr)
                raise
            print(
                f"\r{kinds.total():,} files in {time.monotonic() - begun:,.0f} s",
                end="",
                flush=True,
            )
    except KeyboardInterrupt:
        told = ", ".join(f"{n:,} {suffix}" for suffix, n in kinds.most_common())
        seconds = time.monotonic() - begun
        print(
            f"\n{kinds.total():,} files with random edits in {seconds:,.0f} s ({told}); seeds from"
            f" {first}"
        )


if __name__ == "__main__":
    main()
