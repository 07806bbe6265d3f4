"""What does an amendment sheet say that came back? Amendments, and who closes which
gap.

The file is opened as a return is: in a bound process, without formulas, macros and
links, and each cell is screened as those of returns are. Everything that is wrong is
told at once, with sheet and cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import LISTS_SHEET
from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import as_written, text_hash
from pipeline.errors import UserError
from pipeline.returns.days import read_date
from pipeline.returns.formats.opened import open_file
from pipeline.returns.formats.raw import (
    CsvText,
    DamagedFile,
    RawCell,
    RawSheet,
    RawWorkbook,
    column_letters,
)
from pipeline.returns.intake.problems import RULES
from pipeline.returns.intake.screen import judge
from pipeline.returns.intake.shown import shown, shown_name
from pipeline.returns.meetings.sheet import (
    AMENDED,
    COVER,
    FIRST_FIELD,
    FORM,
    GAP,
    GAP_COLUMNS,
    GAPS_SHEET,
    HASH,
    HEADS_ROW,
    LONGEST_REASON,
    MEETING,
    NAME_OF_FORM,
    REASON,
    REFERENCE,
    ROUND,
    SHEETS,
    TABLE,
    TEXT,
    TEXT_COLUMNS,
    TEXTS,
    WHEN,
    WHO,
    SheetColumn,
    closers,
)
from pipeline.returns.meetings.texts import GAPS

MAX_TOLD = 20  # problems that are listed; the others are counted
PAGE = "docs/how-to/assessment.md"
_REFERENCE = re.compile(r"([A-Z]+)-([A-Z]+)-[1-9][0-9]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELDS = (FORM, ROUND, MEETING)


@dataclass(frozen=True)
class Amendment:
    """What a meeting wrote in the place of a text, whose hash is `sha256`, and why.
    `place` is sheet and cell of the amended text.
    """

    reference: str
    area: str
    topic: str
    sha256: str
    text: str
    reason: str
    place: str


@dataclass(frozen=True)
class Closing:
    """Who closes a gap, and by when (YYYY-MM-DD)."""

    reference: str
    area: str
    topic: str
    sha256: str
    gap: str
    who: str
    day: str
    place: str


@dataclass(frozen=True)
class AmendmentSheet:
    """What a meeting of a round said of its texts and gaps."""

    round: int
    meeting: int
    amendments: tuple[Amendment, ...]
    closings: tuple[Closing, ...]


@dataclass
class _Found:
    amendments: list[Amendment] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_sheet(
    data: bytes, contracts: Contracts, *, round_: int, number: int
) -> tuple[AmendmentSheet, list[str]]:
    """What a sheet of a meeting says, and everything that is wrong in it. Raises
    DamagedFile where it cannot be opened.
    """
    opened = open_file(data, "", names=()).content
    if isinstance(opened, CsvText):
        raise DamagedFile("unsupported-format", "a CSV file; the sheet is a workbook")
    if opened.active_content:
        raise DamagedFile("active-content", ", ".join(opened.active_content[:5]))
    found = _Found()
    by_name = _sheets(opened, found)
    if COVER in by_name:
        found.problems += _wrong_cover(by_name[COVER], round_=round_, number=number)
    if TEXTS in by_name:
        for line in _lines(by_name[TEXTS], TEXT_COLUMNS, found):
            _read_text(line, contracts, found)
    if GAPS_SHEET in by_name:
        names = {fold(name): name for name in closers(contracts, round_)}
        for line in _lines(by_name[GAPS_SHEET], GAP_COLUMNS, found):
            _read_gap(line, contracts, names=names, found=found)
    found.problems += _contradictions(found.amendments)
    sheet = AmendmentSheet(round_, number, tuple(found.amendments), tuple(found.closings))
    return sheet, found.problems


def not_readable(problem: DamagedFile, *, where: str) -> UserError:
    """A file that cannot be opened, as its reader is told."""
    rule = RULES[problem.rule]
    return UserError(
        f"the file is not read: {problem.found}", where=where, allowed=rule.allowed, do=rule.do
    )


def tell(problems: list[str], *, where: str, do: str) -> None:
    """Raises UserError with all problems of a sheet, if there are any."""
    if problems:
        more = len(problems) - MAX_TOLD
        listed = [*problems[:MAX_TOLD], *([f"and {more} more"] if more > 0 else [])]
        count = f"{len(problems)} things are" if len(problems) > 1 else "one thing is"
        raise UserError(
            "\n  ".join([f"{count} wrong in it:", *listed]),
            where=where,
            allowed=f"the sheet of the meeting, filled in as {PAGE} explains",
            do=do,
        )


# Sheets and lines.


@dataclass(frozen=True)
class _Line:
    """One line of a sheet: its cells by the head of their column."""

    sheet: str
    row: int
    columns: Mapping[str, int]
    cells: Mapping[str, RawCell]

    def text(self, head: str) -> str:
        cell = self.cells.get(head)
        return as_written(cell.text) if cell else ""

    def place(self, head: str) -> str:
        return f"sheet '{self.sheet}', {column_letters(self.columns[head])}{self.row}"


def _sheets(book: RawWorkbook, found: _Found) -> dict[str, RawSheet]:
    """The sheets of the form by their names; the others must hold nothing."""
    by_name = {s.name: s for s in book.sheets if s.name in SHEETS}
    for name in SHEETS:
        if name not in by_name and name != LISTS_SHEET:
            found.problems.append(f"there is no sheet '{name}'")
        elif name in by_name and by_name[name].hidden and name != LISTS_SHEET:
            found.problems.append(f"sheet '{name}' is hidden: show it, and look at what it says")
    for sheet in book.sheets:
        if sheet.name not in SHEETS and sheet.cells:
            found.problems.append(
                f"sheet '{shown_name(sheet.name)}' is none of the form, and is not read; take it"
                " out"
            )
    return by_name


def _wrong_cover(sheet: RawSheet, *, round_: int, number: int) -> Iterator[str]:
    wanted = dict(zip(_FIELDS, (NAME_OF_FORM, str(round_), str(number)), strict=True))
    rows = {c.text.strip(): row for (row, column), c in sheet.cells.items() if column == 1}
    for index, (name, value) in enumerate(wanted.items()):
        row = rows.get(name, FIRST_FIELD + index)
        cell = sheet.cells.get((row, 2))
        said = cell.text.strip() if cell and not cell.formula else ""
        if said != value:
            what = {FORM: "the form", ROUND: "the round", MEETING: "the meeting"}[name]
            yield f"sheet '{COVER}', B{row}: {what} is '{shown(said)}', and not {value}"


def _lines(sheet: RawSheet, columns: tuple[SheetColumn, ...], found: _Found) -> Iterator[_Line]:
    """The lines below the heads, of cells that may come in. What is wrong with the
    others is told.
    """
    heads = {fold(c.head): c.head for c in columns}
    at: dict[str, int] = {}
    for (row, column), cell in sheet.cells.items():
        if row == HEADS_ROW and (head := heads.get(fold(cell.text))):
            at.setdefault(head, column)
    if missing := [c.head for c in columns if c.head not in at]:
        found.problems.append(
            f"sheet '{sheet.name}', row {HEADS_ROW}: no column is headed {', '.join(missing)}"
        )
        return
    if any(bottom > HEADS_ROW for _, _, bottom, _ in sheet.merged):
        found.problems.append(f"sheet '{sheet.name}': cells of its lines are merged; part them")
    named = {column: head for head, column in at.items()}
    rows: dict[int, dict[str, RawCell]] = {}
    for (row, column), cell in sorted(sheet.cells.items()):
        place = f"sheet '{sheet.name}', {cell.address}"
        if row <= HEADS_ROW or not cell.raw.strip():
            continue
        if column not in named:
            found.problems.append(f"{place}: it stands outside of the form, and is not read")
        elif told := _not_taken(cell):
            found.problems.append(f"{place}: {told}")
            rows.setdefault(row, {})
        else:
            rows.setdefault(row, {})[named[column]] = cell
        if row in sheet.hidden_rows:
            found.problems.append(f"{place}: its row is hidden; show all rows")
    for row, cells in rows.items():
        yield _Line(sheet.name, row, at, cells)


def _not_taken(cell: RawCell) -> str:
    """Why a cell may not come in; empty where it may."""
    if cell.formula:
        return "a formula; write the words themselves"
    if _SHA256.fullmatch(cell.text.strip()):  # what looks like data of a person is chance
        return ""
    rule, said = judge(cell)
    if rule:
        return f"{said}; {RULES[rule].do}" if rule in RULES else said
    return f"no text ({cell.kind})" if cell.kind in ("error", "boolean") else ""


# What a line says.


def _identity(line: _Line, contracts: Contracts, found: _Found, *, text: str) -> tuple[str, ...]:
    """Reference, area, topic and hash of a line, where they are those of a text of the
    form; the text must be the one that the hash was made of.
    """
    reference, hashed = line.text(REFERENCE), line.text(HASH)
    match = _REFERENCE.fullmatch(reference)
    table = contracts.table(TABLE)
    if match is None or any(
        code not in table.dimension(name).codelist
        for name, code in zip(("area", "topic"), match.groups(), strict=True)
    ):
        found.problems.append(f"{line.place(REFERENCE)}: '{shown(reference)}' is no reference")
        return ()
    if not _SHA256.fullmatch(hashed):
        found.problems.append(f"{line.place(HASH)}: '{shown(hashed)}' is no hash of a text")
        return ()
    if text_hash(line.text(text)) != hashed:
        found.problems.append(
            f"{line.place(text)}: it is not the text that the sheet went out with; write what is to"
            " stand instead in the column of amendments"
        )
        return ()
    return reference, *match.groups(), hashed


def _read_text(line: _Line, contracts: Contracts, found: _Found) -> None:
    amended, reason = line.text(AMENDED), line.text(REASON)
    if not amended and not reason:
        if not line.cells:  # what stood there was told
            return
        _identity(line, contracts, found, text=TEXT)
        return
    known = _identity(line, contracts, found, text=TEXT)
    told = len(found.problems)
    longest = contracts.table(TABLE).longest_note
    if not amended:
        found.problems.append(f"{line.place(AMENDED)}: a reason, and no amended text")
    elif len(amended) > longest:
        found.problems.append(
            f"{line.place(AMENDED)}: {len(amended):,} characters; at most {longest:,}"
        )
    elif amended == line.text(TEXT):
        found.problems.append(
            f"{line.place(AMENDED)}: it is the text as it stands; empty it, or amend it"
        )
    elif not reason:
        found.problems.append(f"{line.place(REASON)}: amended without a reason")
    if len(reason) > LONGEST_REASON:
        found.problems.append(
            f"{line.place(REASON)}: {len(reason):,} characters; at most {LONGEST_REASON}"
        )
    if known and len(found.problems) == told:
        reference, area, topic, hashed = known
        place = line.place(AMENDED)
        found.amendments.append(Amendment(reference, area, topic, hashed, amended, reason, place))


def _read_gap(
    line: _Line, contracts: Contracts, *, names: Mapping[str, str], found: _Found
) -> None:
    who, when = line.text(WHO), line.text(WHEN)
    if not line.cells:
        return
    known = _identity(line, contracts, found, text=GAP)
    if not who and not when:
        return
    told = len(found.problems)
    if known and known[2] != GAPS:
        found.problems.append(f"{line.place(REFERENCE)}: '{known[0]}' is no gap")
    if not who or not when:
        missing = WHO if not who else WHEN
        found.problems.append(f"{line.place(missing)}: '{missing}' is empty, the other is not")
    if who and fold(who) not in names:
        found.problems.append(
            f"{line.place(WHO)}: '{shown(who)}' is none of the list: {', '.join(names.values())}"
        )
    day = read_date(when) if when else None
    if when and day is None:
        found.problems.append(f"{line.place(WHEN)}: '{shown(when)}' is no day, as 2024-09-30")
    if known and day and len(found.problems) == told:
        reference, area, topic, hashed = known
        found.closings.append(
            Closing(
                reference,
                area,
                topic,
                hashed,
                line.text(GAP),
                names[fold(who)],
                day.isoformat(),
                line.place(WHO),
            )
        )


def _contradictions(amendments: list[Amendment]) -> Iterator[str]:
    """The same text twice: with two amendments nobody knows which one stands."""
    first: dict[tuple[str, str, str], Amendment] = {}
    for own in amendments:
        before = first.setdefault((own.area, own.topic, own.sha256), own)
        if before.text != own.text:
            yield f"{own.place}: the same text is amended otherwise at {before.place}"
