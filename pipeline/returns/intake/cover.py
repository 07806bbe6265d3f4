"""Does the cover belong to this file, and what does it answer?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import (
    COVER_SHEET,
    OFFICE_FIELD,
    SOURCE_FIELD,
    cover_fields,
    tables_for,
)
from pipeline.contracts.offices import in_file_name, office_list, office_named
from pipeline.contracts.releases import earliest_release
from pipeline.contracts.sources import load_sources
from pipeline.returns.formats.raw import RawCell, RawSheet
from pipeline.returns.intake.codes import latin
from pipeline.returns.intake.entry import MAX_NOTE, ReturnContext
from pipeline.returns.intake.personal import personal_data

Answers = dict[str, RawCell]
YEARS_TO_ANSWER = 5


def cover_of_sheet(sheet: RawSheet) -> Answers:
    """Field code to the cell of its answer: codes stand in column A, answers in column
    C.
    """
    answers: Answers = {}
    for (row, column), code in sheet.cells.items():
        if column == 1 and row > 4:
            cell = sheet.cells.get((row, 3), RawCell(sheet.name, f"C{row}", "", "empty"))
            add_answer(answers, code.text.strip(), cell=cell)
    return answers


def add_answer(answers: Answers, field: str, *, cell: RawCell) -> None:
    """Add an answer; two different ones to one field are none."""
    if field in answers and answers[field].text != cell.text:
        both = f"the field stands twice: {answers[field].text} and {cell.text}"
        cell = replace(cell, text=both, kind="damaged")
    answers[field] = cell


def read_cover(ctx: ReturnContext, answers: Answers | None) -> dict[str, str]:
    """The answers of the cover as text; findings when it is missing or belongs to
    another return.
    """
    if not answers:
        ctx.book.add("cover-missing", "no cover", sheet=COVER_SHEET)
        return {}
    for cell in answers.values():
        if cell.kind == "damaged":
            ctx.find("damaged-cell", cell)
    answers = {field: cell for field, cell in answers.items() if cell.kind != "damaged"}
    _check(ctx, answers, field="report", expected=ctx.contract.report)
    _check(ctx, answers, field="round", expected=str(ctx.round))
    _check(ctx, answers, field="state", expected=ctx.state)
    ctx.office = _office(ctx, answers.get(OFFICE_FIELD))
    version = answers.get("contract_version")
    if version and version.text.strip() and version.text.strip() != ctx.contract.version:
        ctx.book.add(
            "contract-version",
            version.raw,
            sheet=version.sheet,
            cell=version.address,
            allowed=ctx.contract.version,
        )
    day = answers.get("date")
    if day and day.text.strip() and not _is_date(ctx, day.text.strip()):
        # The last of these dates is the cut-off date of the reports: what is no date
        # must not become one.
        ctx.book.add("cover-date", day.raw, sheet=day.sheet, cell=day.address)
        answers = {f: c for f, c in answers.items() if f != "date"}
    _check_releases(ctx, answers)
    _check_sources(ctx, answers)
    fields = {
        code for code, *_ in cover_fields(ctx.contract, ctx.state, state_name="", round_=ctx.round)
    }
    said = {
        f: text
        for f, cell in answers.items()
        if f in fields and (text := _answer(ctx, cell)) is not None
    }
    # printed in every version: as a day is written, whichever way the state wrote it
    if said.get("date"):
        said["date"] = date.fromisoformat(said["date"]).isoformat()
    return said


def _office(ctx: ReturnContext, cell: RawCell | None) -> str:
    """Whose part of the return it is. The cover says so; where it does not, the name of
    the file does. Empty for a whole return, and where nobody can tell.
    """
    listed = office_list(ctx.contracts)
    place = cell or RawCell(COVER_SHEET, "", "")
    if cell is None or not cell.text.strip():
        if ctx.office:
            ctx.find("office-missing", place, found="no office on the cover")
        return ctx.office
    said = office_named(ctx.contracts, latin(" ".join(cell.text.split())))
    if not said:
        allowed = ", ".join(f"{code.code} ({code.label})" for code in listed)
        ctx.book.add(
            "office-unknown", cell.raw, sheet=cell.sheet, cell=cell.address, allowed=allowed
        )
    elif not ctx.office:
        name = f"{ctx.state}.{in_file_name(said)}.xlsx"
        ctx.book.add("office-not-in-name", said, sheet=cell.sheet, cell=cell.address, allowed=name)
    elif said != ctx.office:
        ctx.book.add(
            "wrong-cover",
            f"office: {cell.raw}",
            sheet=cell.sheet,
            cell=cell.address,
            allowed=f"office: {ctx.office}, as the file is named",
        )
        return ctx.office
    return said or ctx.office


def _check_releases(ctx: ReturnContext, answers: Answers) -> None:
    """A return cannot hold what was not yet released on its date: the tables whose
    source came later are refused.
    """
    day = answers.get("date")
    if day is None or not day.text.strip():
        return
    dated = date.fromisoformat(day.text.strip())
    for table in tables_for(ctx.contract, ctx.state, round_=ctx.round):
        source = answers.get(SOURCE_FIELD + table.name)
        released = earliest_release(source.text) if source else None
        if released and dated < released:
            found = (
                f"{dated}; the source of '{table.layout.sheet}' was released {released} or later"
            )
            ctx.book.add(
                "date-before-release",
                found,
                sheet=day.sheet,
                cell=day.address,
                table=table.name,
                allowed=f"{released} or later",
            )


def _check_sources(ctx: ReturnContext, answers: Answers) -> None:
    """A source that is not on the Center's list is asked about: what a state writes
    there is not printed for others.
    """
    sources = load_sources(ctx.contracts.codelists)
    for table in tables_for(ctx.contract, ctx.state, round_=ctx.round):
        cell = answers.get(SOURCE_FIELD + table.name)
        if cell and (unlisted := [text for text, name in sources.parts(cell.text) if not name]):
            ctx.find("source-not-listed", cell, table=table, found="; ".join(unlisted))


def _is_date(ctx: ReturnContext, text: str) -> bool:
    """True for a day after the reference year began, and not more than a few years
    after it ended.
    """
    try:
        return 0 <= date.fromisoformat(text).year - ctx.round <= YEARS_TO_ANSWER
    except ValueError:
        return False


def _answer(ctx: ReturnContext, cell: RawCell) -> str | None:
    """An answer as text; None, with a finding, for one that may not be taken over."""
    text = " ".join(cell.text.split())
    if len(text) > MAX_NOTE:
        ctx.find("note-too-long", cell, found=f"{len(text):,} characters: {text[:60]}…")
    elif name := personal_data(text):
        # Numbers alone; other text was screened before.
        ctx.find("personal-data", cell, found=f"what looks like: {name}")
    else:
        return text
    ctx.refuse([cell])
    return None


def _check(ctx: ReturnContext, answers: Answers, *, field: str, expected: str) -> None:
    cell = answers.get(field)
    if cell is None or not cell.text.strip():
        place = cell or RawCell(COVER_SHEET, "", "")
        ctx.book.add(
            "cover-missing",
            f"no answer for '{field}'",
            sheet=place.sheet,
            cell=place.address,
            allowed=expected,
        )
        return
    given = latin(" ".join(cell.text.split()))
    if given.casefold() == expected.casefold():
        return
    if field == "state" and expected in ctx.contracts.codelist("states"):
        code = ctx.contracts.codelist("states")[expected]
        if fold(cell.text) in {
            fold(code.label),
            fold(code.extra.get("official_name", "")),
            fold(code.extra["iso3"]),
        }:
            return
    ctx.book.add(
        "wrong-cover",
        f"{field}: {cell.raw}",
        sheet=cell.sheet,
        cell=cell.address,
        allowed=f"{field}: {expected}",
    )
