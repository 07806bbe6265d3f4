"""What does a meeting of experts get? A book in which no answer names a state and every
number is a cell, and a sheet with a line for each text.
"""

from __future__ import annotations

import io
import stat
from pathlib import Path

import openpyxl
import pytest
from assessments import EXERCISE
from builds import ROOT
from meetings import STATES, assessed_round

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import text_hash
from pipeline.errors import NumberAuditError, UserError
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.numbers.store_files import write_empty_store
from pipeline.project import Project
from pipeline.release.meetings import papers
from pipeline.release.meetings.papers import write_papers
from pipeline.report.document.book import build_book, texts_of
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.returns.meetings.texts import GAPS

Assessed = tuple[Project, Contracts]


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    return assessed_round(tmp_path_factory.mktemp("assessed"))


@pytest.fixture(scope="module")
def written(assessed: Assessed) -> list[Path]:
    return write_papers(assessed[0], round_=EXERCISE, number=1)


def blocks(book: Path) -> list[str]:
    return [block.text for block in FinishedPdf(book.read_bytes()).blocks]


def store_of(assessed: Assessed) -> Store:
    project, contracts = assessed
    path = project.store(EXERCISE, "octa", "restricted")
    return Store(path, contracts, report="octa", version="restricted")


def test_the_papers_lie_where_their_owner_alone_reads_them(
    assessed: Assessed, written: list[Path]
) -> None:
    assert [p.name for p in written] == ["book.pdf", "amendments.xlsx"]
    folder = assessed[0].meeting_folder(EXERCISE, 1)
    assert sorted(p.name for p in folder.parent.iterdir()) == ["1"]  # nothing half-written
    for path in (*written, folder):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_no_answer_and_no_text_names_its_state(assessed: Assessed, written: list[Path]) -> None:
    said = blocks(written[0])
    labels = [assessed[1].codelist("states").label(state) for state in STATES]
    outside = [text for text in said if not text.startswith("EXERCISE")]  # of a text its own words
    assert not [text for text in outside for label in labels if label in text]


def test_the_book_says_what_it_is_on_every_page(written: list[Path]) -> None:
    pages = FinishedPdf(written[0].read_bytes()).pages
    for page in pages:
        drawn = " ".join(text.text for text in page.texts)
        assert "Working paper, first meeting." in drawn
        assert "SELEC/OCTA/2023/M1/1" in drawn


def test_each_text_stands_under_the_reference_of_its_line(
    assessed: Assessed, written: list[Path]
) -> None:
    own = texts_of(store_of(assessed))
    assert len(own) > 100
    said = " ".join(" ".join(blocks(written[0])).split())
    book = openpyxl.load_workbook(written[1])
    lines = {
        row[0].value: row
        for name in book.sheetnames[1:3]
        for row in book[name].iter_rows(min_row=4)
    }
    assert len(lines) == len(own)
    for text in own:
        assert f"{text.reference} \N{MIDDLE DOT} {text_hash(text.text)[:8]}" in said
        row = lines[text.reference]
        assert row[-1].value == text_hash(text.text)
        assert text.text in [cell.value for cell in row]
        assert (row[2].value == text.text) == (text.topic == GAPS)


def test_of_the_sheet_only_what_a_meeting_says_can_be_written(written: list[Path]) -> None:
    book = openpyxl.load_workbook(written[1])
    for name, open_heads in (
        ("1 Texts", ["Amended text", "Reason"]),
        ("2 Gaps", ["Who closes it", "By when"]),
    ):
        sheet = book[name]
        assert sheet.protection.sheet
        heads = [cell.value for cell in sheet[3]]
        unlocked = [
            h for h, cell in zip(heads, sheet[4], strict=True) if not cell.protection.locked
        ]
        assert unlocked == open_heads
    (offered,) = book["2 Gaps"].data_validations.dataValidation
    assert offered.type == "list"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_the_same_store_gives_the_same_sheet(assessed: Assessed, written: list[Path]) -> None:
    before = written[1].read_bytes()
    write_papers(assessed[0], round_=EXERCISE, number=1)
    assert written[1].read_bytes() == before


def test_a_text_that_begins_like_a_formula_stays_a_text(assessed: Assessed) -> None:
    from dataclasses import replace

    from pipeline.returns.meetings.sheet import sheet_bytes

    text = replace(texts_of(store_of(assessed))[0], text='=HYPERLINK("x")')
    data = sheet_bytes(assessed[1], [text], round_=EXERCISE, number=1)
    cell = openpyxl.load_workbook(io.BytesIO(data))["1 Texts"]["D4"]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("x")')


def test_a_number_that_is_no_cell_keeps_the_papers_back(
    assessed: Assessed, written: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = assessed[0]
    template = project.templates / "octa" / "chapters" / "meeting.html.j2"
    before, good = template.read_text(encoding="utf-8"), written[0].read_bytes()
    template.write_text(f"{before}<p>About 4711 more.</p>\n", encoding="utf-8")
    try:
        with pytest.raises(NumberAuditError, match="4711"):
            write_papers(project, round_=EXERCISE, number=1)
    finally:
        template.write_text(before, encoding="utf-8")
    assert written[0].read_bytes() == good
    assert sorted(p.name for p in written[0].parent.parent.iterdir()) == ["1"]


def test_without_any_answer_the_book_says_so(tmp_path: Path, contracts: Contracts) -> None:
    write_empty_store(tmp_path / "octa.duckdb", 2022)
    store = Printing(tmp_path / "octa.duckdb", contracts, report="octa", version="restricted")
    html = build_book(store, ROOT / "templates", meeting=1)
    assert "No assessment was submitted in this round." in html
    assert html.count("</span> What is measured</h2>") == 12
    for asked in ("furthest apart", "How the states answered", "Texts to amend"):
        assert asked not in html


@pytest.mark.parametrize("number", [0, 3, -1])
def test_there_are_two_meetings(assessed: Assessed, number: int) -> None:
    with pytest.raises(UserError, match="there is no expert meeting"):
        write_papers(assessed[0], round_=EXERCISE, number=number)


def test_a_round_that_was_not_built_is_told(assessed: Assessed) -> None:
    with pytest.raises(UserError, match="was not built for 2024"):
        write_papers(assessed[0], round_=2024, number=1)


def test_without_a_report_that_meets_it_is_told(
    assessed: Assessed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "reports", property(lambda self: ("thb",)))
    with pytest.raises(UserError, match="no report is discussed at meetings"):
        papers.report_of_meetings(assessed[0])
