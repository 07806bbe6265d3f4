"""What a meeting sends back: is everything wrong told at once, is nothing taken then, and
does what was taken stand in the place of the text that it amends?
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from assessments import ASSESSMENT, EXERCISE
from meetings import assessed_round

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import Sources, text_hash
from pipeline.errors import UserError
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.numbers.build import build_numbers, inputs_of
from pipeline.numbers.contributions import contributions, stored_contributions
from pipeline.numbers.mart_rows import read_marts
from pipeline.project import Project
from pipeline.release.meetings.papers import write_papers
from pipeline.report.document.book import texts_of
from pipeline.report.store import Store
from pipeline.returns.cleared import sender_texts
from pipeline.returns.meetings.kept import closings, load_sheets, sheet_path
from pipeline.returns.meetings.sheet import sheet_bytes
from pipeline.returns.meetings.standing import RULE, texts_before
from pipeline.returns.meetings.take import REPLACED, take_sheet
from pipeline.returns.meetings.texts import GAPS, MeetingText
from pipeline.returns.rules.validation import validate_and_write
from pipeline.steps.inputs import Reader
from pipeline.system.watch import Watch

Assessed = tuple[Project, Contracts]
Fill = Callable[..., Path]
SAID = "What the meeting says of it"
WHY = "two states said it otherwise"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    return assessed_round(tmp_path_factory.mktemp("amended"), states=("AL", "RO", "TR"))


@pytest.fixture
def assessed(once: Assessed) -> Iterator[Assessed]:
    """The round before anything came back."""
    yield once
    shutil.rmtree(sheet_path(once[0], EXERCISE, 1).parent, ignore_errors=True)


@pytest.fixture
def texts(assessed: Assessed) -> list[MeetingText]:
    return texts_before(*assessed, round_=EXERCISE, number=1)


def first(texts: list[MeetingText], *, is_gap: bool = False) -> MeetingText:
    return next(t for t in texts if (t.topic == GAPS) == is_gap)


@pytest.fixture
def fill(assessed: Assessed, texts: list[MeetingText], tmp_path: Path) -> Fill:
    """A sheet as a meeting fills it in: by reference and head what is written."""

    def make(
        written: Mapping[tuple[str, str], Any] = {},
        *,
        change: Callable[[openpyxl.Workbook], object] = lambda book: None,
        number: int = 1,
        of: list[MeetingText] | None = None,
    ) -> Path:
        given = texts if of is None else of
        path = tmp_path / "sheet.xlsx"
        path.write_bytes(sheet_bytes(assessed[1], given, round_=EXERCISE, number=number))
        book = openpyxl.load_workbook(path)
        for sheet in (book["1 Texts"], book["2 Gaps"]):
            heads = {cell.value: place for place, cell in enumerate(sheet[3], 1)}
            for row in range(4, sheet.max_row + 1):
                for (reference, head), value in written.items():
                    if sheet.cell(row, 1).value == reference and head in heads:
                        sheet.cell(row, heads[head], value)
        change(book)
        book.save(path)
        return path

    return make


def amended(text: MeetingText, said: str = SAID, why: str = WHY) -> dict[tuple[str, str], str]:
    return {(text.reference, "Amended text"): said, (text.reference, "Reason"): why}


def take(assessed: Assessed, path: Path, *, number: int = 1, round_: int = EXERCISE) -> list[str]:
    return take_sheet(*assessed, round_=round_, number=number, path=path)


def refused(assessed: Assessed, path: Path, **given: int) -> str:
    with pytest.raises(UserError) as told:
        take(assessed, path, **given)
    assert not sheet_path(assessed[0], EXERCISE, 1).parent.exists()
    return str(told.value)


def test_references_are_those_of_the_book(assessed: Assessed, texts: list[MeetingText]) -> None:
    project, contracts = assessed
    path = project.store(EXERCISE, "octa", "restricted")
    printed = texts_of(Store(path, contracts, report="octa", version="restricted"))
    assert [(t.reference, t.sha256) for t in printed] == [(t.reference, t.sha256) for t in texts]


def test_what_is_clean_is_kept_as_it_came(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    gap = first(texts, is_gap=True)
    closed = {(gap.reference, "Who closes it"): "romania", (gap.reference, "By when"): "30.9.2024"}
    path = fill({**amended(first(texts)), **closed})
    told = take(assessed, path)
    assert told == [
        "first expert meeting: 1 texts amended, 1 gaps given",
        f"{gap.reference}: Romania by 2024-09-30",
    ]
    assert sheet_path(assessed[0], EXERCISE, 1).read_bytes() == path.read_bytes()
    (sheet,) = load_sheets(*assessed, round_=EXERCISE)
    (own,) = sheet.amendments
    assert (own.text, own.reason, own.sha256) == (SAID, WHY, first(texts).sha256)
    assert [c.who for c in closings([sheet]).values()] == ["Romania"]


# By kind: what is written into a sheet, and what is told of it.
WRONG: dict[str, tuple[Callable[[MeetingText], Mapping[tuple[str, str], Any]], str]] = {
    "no reason": (lambda t: {(t.reference, "Amended text"): SAID}, "G4: amended without a reason"),
    "no text": (lambda t: {(t.reference, "Reason"): WHY}, "F4: a reason, and no amended text"),
    "the same": (lambda t: amended(t, said=t.text), "F4: it is the text as it stands"),
    "data of a person": (
        lambda t: amended(t, said="Ask ion.popescu@example.com"),
        "F4: what looks like: e-mail address",
    ),
    "data in a reason": (
        lambda t: amended(t, why="said by a@example.com"),
        "G4: what looks like: e-mail address",
    ),
    "a formula": (lambda t: amended(t, said="=1+1"), "F4: a formula; write the words themselves"),
    "a turned text": (lambda t: amended(t, said="abc\u202edef"), "F4: text with control"),
    "too long": (lambda t: amended(t, said="a " * 4001), "F4: 8,001 characters; at most 4,000"),
    "a long reason": (lambda t: amended(t, why="a" * 501), "G4: 501 characters; at most 500"),
    "another hash": (lambda t: {(t.reference, "Hash of the text"): "0" * 64}, "D4: it is not the"),
    "no hash": (lambda t: {(t.reference, "Hash of the text"): "x"}, "H4: 'x' is no hash"),
    "the text itself": (
        lambda t: {(t.reference, "Text as it stands"): SAID, **amended(t)},
        "D4: it is not the text that the sheet went out with",
    ),
    "another reference": (
        lambda t: {(t.reference, "Reference"): "NOWHERE-ROUTES-1"},
        "A4: 'NOWHERE-ROUTES-1' is no reference",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_told_with_sheet_and_cell(
    assessed: Assessed, texts: list[MeetingText], fill: Fill, kind: str
) -> None:
    written, told = WRONG[kind]
    said = refused(assessed, fill(written(first(texts))))
    assert f"sheet '1 Texts', {told}" in said
    assert "@example" not in said


@pytest.mark.parametrize(
    ("who", "when", "told"),
    [
        ("Romania", "", "E4: 'By when' is empty, the other is not"),
        ("", "2024-09-30", "D4: 'Who closes it' is empty, the other is not"),
        ("Atlantis", "2024-09-30", "D4: 'Atlantis' is none of the list"),
        ("Romania", "soon", "E4: 'soon' is no day"),
        ("Romania", "2024-02-31", "E4: '2024-02-31' is no day"),
    ],
)
def test_who_closes_a_gap_is_a_state_and_a_day(
    assessed: Assessed, texts: list[MeetingText], fill: Fill, who: str, when: str, told: str
) -> None:
    gap = first(texts, is_gap=True)
    written = {(gap.reference, "Who closes it"): who, (gap.reference, "By when"): when}
    assert f"sheet '2 Gaps', {told}" in refused(assessed, fill(written))


def test_everything_wrong_is_told_at_once(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    gap = first(texts, is_gap=True)
    one, other = [t for t in texts if t.topic != GAPS][:2]
    written = {
        (one.reference, "Amended text"): SAID,
        (other.reference, "Reason"): WHY,
        (gap.reference, "By when"): "soon",
    }
    said = refused(assessed, fill(written))
    assert "4 things are wrong in it" in said
    assert all(place in said for place in ("G4", "F5", "D4", "E4"))


def _another(sheet: str, cell: str, value: str) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_another("Meeting", "B5", "2024"), "B5: the round is '2024', and not 2023"),
        (_another("Meeting", "B6", "2"), "B6: the meeting is '2', and not 1"),
        (_another("Meeting", "B4", "return"), "B4: the form is 'return', and not amendments"),
        (_another("1 Texts", "F3", "Other"), "no column is headed Amended text"),
        (_another("1 Texts", "K4", "beside"), "K4: it stands outside of the form"),
        (lambda book: book.remove(book["2 Gaps"]), "there is no sheet '2 Gaps'"),
        (lambda book: book.create_sheet("More").append(["x"]), "sheet 'More' is none of the form"),
        (lambda book: book["1 Texts"].merge_cells("F4:F5"), "cells of its lines are merged"),
    ],
)
def test_a_sheet_of_another_form_is_told(
    assessed: Assessed, texts: list[MeetingText], fill: Fill, change: Any, told: str
) -> None:
    assert told in refused(assessed, fill(amended(first(texts)), change=change))


def test_an_empty_sheet_is_no_answer(assessed: Assessed, fill: Fill) -> None:
    assert "it amends no text, and nobody closes a gap" in refused(assessed, fill())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"a;b\n1;2\n"])
def test_what_is_no_workbook_is_told(assessed: Assessed, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(content)
    assert "the file is not read" in refused(assessed, path)


def test_a_file_that_is_not_there_is_told(assessed: Assessed, tmp_path: Path) -> None:
    assert "there is no such file" in refused(assessed, tmp_path / "none.xlsx")


def test_the_same_text_amended_in_two_ways_is_told(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    own = first(texts)
    twin = MeetingText(own.area, own.topic, 9, own.text, "")
    path = fill({**amended(own), **amended(twin, said="Another")}, of=[own, twin])
    assert "the same text is amended otherwise at sheet '1 Texts', F4" in refused(assessed, path)


def test_a_text_that_is_not_there_is_told(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    own = first(texts)
    changed = MeetingText(own.area, own.topic, own.number, "As it was once", "")
    said = refused(assessed, fill(amended(changed), of=[changed]))
    assert f"{own.reference}: its text changed since" in said
    beyond = MeetingText(own.area, own.topic, 99, "As it was once", "")
    assert "there is no such text" in refused(assessed, fill(amended(beyond), of=[beyond]))


def test_another_sheet_of_the_same_meeting_says_what_changed(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    one, other, third = [t for t in texts if t.topic != GAPS][:3]
    path = fill({**amended(one), **amended(other)})
    before = path.read_bytes()
    kept = sheet_path(assessed[0], EXERCISE, 1)
    take(assessed, path)
    assert take(assessed, kept) == ["the same sheet is kept already: nothing changed"]
    told = take(assessed, fill({**amended(one, said="Again"), **amended(third)}))
    assert told[1:] == [
        "in the place of a sheet that came before, which is set aside:",
        f"  {one.reference}: said otherwise",
        f"  {other.reference}: taken back",
        f"  {third.reference}: new",
    ]
    (aside,) = (kept.parent / REPLACED).iterdir()
    assert aside.read_bytes() == before


def test_the_second_meeting_amends_what_the_first_made_of_a_text(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    own = first(texts)
    take(assessed, fill(amended(own)))
    standing = texts_before(*assessed, round_=EXERCISE, number=2)
    (now,) = (t for t in standing if t.reference == own.reference)
    assert now.text == SAID
    take(assessed, fill(amended(now, said="Once more"), of=standing, number=2), number=2)
    after = texts_before(*assessed, round_=EXERCISE, number=3)
    assert [t.text for t in after if t.reference == own.reference] == ["Once more"]


# What comes of it.


def stored(assessed: Assessed) -> Store:
    project, contracts = assessed
    build_numbers(project, contracts, round_=EXERCISE)
    path = project.store(EXERCISE, "octa", "restricted")
    return Store(path, contracts, report="octa", version="restricted")


def test_the_amended_text_is_printed_and_says_so(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    own = first(texts)
    take(assessed, fill(amended(own)))
    found = stored(assessed).contributions
    (now,) = (c for c in found if c.text == SAID)
    assert now.head.endswith("amended at the first expert meeting")
    assert own.text not in {c.text for c in found}
    assert len(found) == len(texts)
    shown = {t.text for t in sender_texts(assessed[0], EXERCISE)}
    assert SAID in shown
    assert own.text not in shown  # nobody clears what is printed nowhere
    assert inputs_of(*assessed, round_=EXERCISE).sheets


def test_who_closes_a_gap_stands_beside_it_at_the_next_meeting(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    gap = first(texts, is_gap=True)
    closed = {(gap.reference, "Who closes it"): "SELEC", (gap.reference, "By when"): "2024-09-30"}
    take(assessed, fill(closed))
    stored(assessed)
    book, sheet = write_papers(assessed[0], round_=EXERCISE, number=2)
    said = " ".join(" ".join(b.text for b in FinishedPdf(book.read_bytes()).blocks).split())
    assert said.count("SELEC closes it by 30 September 2024") == 1
    lines = openpyxl.load_workbook(sheet)["2 Gaps"].iter_rows(min_row=4, values_only=True)
    assert [line[0] for line in lines if line[2] == gap.text] == [gap.reference]


@pytest.mark.parametrize("whose", ["original", "amended"])
def test_a_clearance_is_of_the_very_text(
    assessed: Assessed, texts: list[MeetingText], fill: Fill, whose: str
) -> None:
    project, contracts = assessed
    cells = read_marts(project, EXERCISE).cells
    given = {"cubes": ["ASM_TEXTS"], "round_": EXERCISE}
    free = {
        (c.area, c.topic, text_hash(c.text))
        for c in contributions(cells, contracts, **given)  # type: ignore[arg-type]
        if c.is_free and c.clearance == "public" and c.topic != GAPS
    }
    own = next(t for t in texts if (t.area, t.topic, t.sha256) in free)
    take(assessed, fill(amended(own)))
    sheets = load_sheets(*assessed, round_=EXERCISE)
    hashes = {"original": own.sha256, "amended": text_hash(SAID)}
    told = stored_contributions(
        contributions(cells, contracts, sheets=sheets, **given),  # type: ignore[arg-type]
        contracts,
        told_to={"public"},
        sources=Sources((), {}, frozenset({hashes[whose]})),
    )
    assert [(c.text, c.head, c.state) for c in told] == (
        [(SAID, "", "")] if whose == "amended" else []
    )


def test_a_build_of_stores_begins_again_where_a_sheet_comes(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    project = assessed[0]

    def read() -> dict[str, str]:
        watch = Watch({"": project.returns}, project.outputs / "none.json")
        return Reader(project, watch).amendments(EXERCISE)

    assert read() == {}
    take(assessed, fill(amended(first(texts))))
    before = read()
    assert len(before) == 1
    take(assessed, fill(amended(first(texts), said="Otherwise")))
    assert read().keys() == before.keys()
    assert read() != before


def test_papers_of_a_meeting_stay_once_its_amendments_came(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    take(assessed, fill(amended(first(texts))))
    with pytest.raises(UserError, match="its papers stay as they went out"):
        write_papers(assessed[0], round_=EXERCISE, number=1)


def test_a_sheet_that_was_changed_where_it_is_kept_is_told(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    take(assessed, fill(amended(first(texts))))
    shutil.copyfile(fill({(first(texts).reference, "Amended text"): SAID}), _kept(assessed))
    with pytest.raises(UserError, match="amended without a reason"):
        inputs_of(*assessed, round_=EXERCISE)


def test_a_damaged_sheet_is_mended_by_giving_it_anew(
    assessed: Assessed, texts: list[MeetingText], fill: Fill
) -> None:
    path = fill(amended(first(texts)))
    take(assessed, path)
    _kept(assessed).write_bytes(b"PK\x03\x04 half of it")
    assert take(assessed, path)[-1].startswith("the sheet in whose place it came could not be read")
    assert _kept(assessed).read_bytes() == path.read_bytes()


def _kept(assessed: Assessed) -> Path:
    return sheet_path(assessed[0], EXERCISE, 1)


def test_an_amendment_of_a_text_that_is_no_more_does_not_apply_and_is_told(
    tmp_path: Path, once: Assessed, fill: Fill, texts: list[MeetingText]
) -> None:
    project, contracts = once
    own = first(texts)
    again = Project(project.root, tmp_path / "outputs", tmp_path / "returns")
    shutil.copytree(project.returns, again.returns)
    shutil.copytree(project.work(EXERCISE), again.work(EXERCISE))
    take((again, contracts), fill(amended(own)))
    for path in (again.returns / str(EXERCISE) / ASSESSMENT).iterdir():
        book = openpyxl.load_workbook(path)
        for row in book["3 Texts"].iter_rows(min_row=7):
            for cell in row:
                if cell.value == own.text:
                    cell.value = "The state says something new"
        book.save(path)
    found = validate_and_write(again, contracts, round_=EXERCISE).findings
    (told,) = (f for f in found if f.rule == RULE)
    assert (told.sheet, told.cell) == ("1 Texts", "F4")
    assert told.found.startswith(own.reference)
    assert not [f for f in found if f.rule == "not-a-return"]
    build_numbers(again, contracts, round_=EXERCISE)
    path = again.store(EXERCISE, "octa", "restricted")
    said = {
        c.text for c in Store(path, contracts, report="octa", version="restricted").contributions
    }
    assert "The state says something new" in said
    assert not {SAID, own.text} & said
    assert text_hash(own.text) == own.sha256
