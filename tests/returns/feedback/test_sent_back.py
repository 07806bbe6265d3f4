"""Does each state get back what it sent, marked where the findings are, and does an
office program open it?

One round is checked and answered for all tests: real returns, a CSV file among them,
and awkward ones.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from builds import ROOT, ROUND
from defects.returns import WorkbookDraft
from here import run_here
from openpyxl import load_workbook
from openpyxl.comments import Comment

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.feedback.send_back import remove_outdated, write_feedback
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.validation import restore_validation, validate_and_write
from pipeline.system.files import write_file
from pipeline.system.kept import SEALS

SENT = ("thb/RO.xlsx", "thb/HU.csv", "thb/HU.cover.csv", "octa/TR.xlsx", "octa/BG.cover.csv")
AUTHOR = "SELEC"
PACKAGE = "libreoffice-calc-nogui"


@dataclass(frozen=True)
class Answered:
    """A round that was checked and answered, and what was written for it."""

    project: Project
    contracts: Contracts
    validation: Validation
    written: list[Path]

    @property
    def folder(self) -> Path:
        return self.project.findings(ROUND)

    @property
    def findings(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (self.folder / "findings.json").read_text(encoding="utf-8")
        )
        return content

    def cells(self, state: str, report: str) -> set[tuple[str, str]]:
        """Sheet and cell of every finding on the return of a state that has a cell."""
        found = [
            f for f in self.findings["findings"] if f["file"].startswith(f"2022/{report}/{state}.")
        ]
        return {(f["sheet"], f["cell"]) for f in found if f["cell"] and ".2." not in f["file"]}


def awkward(draft: WorkbookDraft) -> bytes:
    """A return of a state that fills in forms its own way."""
    sheet = draft.sheet("THB_OFFENCES")
    draft.figure("THB_OFFENCES").value = "=10+2"
    draft.figure("THB_OFFENCES", head="2021").value = "@twelve"
    draft.note("THB_OFFENCES").value = "call jane.person@example.org, then + 1"
    sheet["K20"] = "-outside <the> & form"
    sheet["K20"].comment = Comment("a word of the state", "focal point")
    draft.sheet("THB_JUDGMENTS").merge_cells("K8:K9")
    draft.book.create_sheet("Findings")["A1"] = '=HYPERLINK("http://example.org")'
    return draft.bytes()


def old_format(draft: WorkbookDraft) -> bytes:
    """A return in the old Excel format, with a figure in words."""
    import xlwt

    draft.figure("THB_OFFENCES").value = "ten"
    book = xlwt.Workbook()
    for sheet in draft.book.worksheets:
        copy = book.add_sheet(sheet.title)
        for cell in (c for row in sheet.iter_rows() for c in row if c.value is not None):
            copy.write(cell.row - 1, cell.column - 1, cell.value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    folder = tmp_path_factory.mktemp("answered")
    returns = folder / "returns" / str(ROUND)
    for name in SENT:
        (returns / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "returns" / str(ROUND) / name, returns / name)
    (returns / "thb" / "AL.xlsx").write_bytes(awkward(WorkbookDraft("thb", "AL")))
    (returns / "thb" / "RS.xls").write_bytes(old_format(WorkbookDraft("thb", "RS")))
    later = "table,state,year,value,obs_status,conf_status,note\nTHB_OFFENCES,HU,2022,x\n"
    (returns / "thb" / "HU.2.csv").write_text(later, encoding="utf-8")
    compressed = gzip.compress((ROOT / "returns" / str(ROUND) / "octa" / "BG.csv").read_bytes())
    (returns / "octa" / "BG.csv.gz").write_bytes(compressed)
    (returns / "thb" / "MD.xlsx").write_bytes(b"PK\x03\x04 damaged")
    (returns / "thb" / "MK.pdf").write_bytes(b"%PDF-1.7")
    (returns / "thb" / "..xlsx").write_bytes(b"nobody's")
    contracts = load_contracts(ROOT / "data_contracts")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    validation = validate_and_write(project, contracts, round_=ROUND)
    return Answered(
        project, contracts, validation, write_feedback(project, contracts, validation=validation)
    )


@pytest.fixture
def again(answered: Answered, tmp_path: Path) -> Answered:
    """A copy of the answered round, to change."""
    shutil.copytree(answered.project.outputs, tmp_path / "outputs", copy_function=shutil.copy2)
    shutil.copytree(answered.project.returns, tmp_path / "returns")
    shutil.copytree(answered.project.records, tmp_path / "records")
    project = Project(ROOT, tmp_path / "outputs", tmp_path / "returns")
    return Answered(project, answered.contracts, answered.validation, [])


def names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.glob("*/*") if p.parent.name != SEALS}


# What is written.


def test_every_return_that_could_be_read_comes_back_with_a_letter_per_state(
    answered: Answered,
) -> None:
    letters = {
        f"{s}/{s}-2022-letter.pdf"
        for s in (*(m.code for m in answered.contracts.members(ROUND)), "SELEC")
    }
    copies = {
        "RO/RO-thb-2022-marked.xlsx",
        "HU/HU-thb-2022-marked.csv",
        "TR/TR-octa-2022-marked.xlsx",
        "BG/BG-octa-2022-marked.csv",
        "AL/AL-thb-2022-marked.xlsx",
        "RS/RS-thb-2022-marked.xlsx",
        "HU/HU-thb-2022-2-marked.csv",
    }
    asked = {f.state for f in answered.validation.findings if f.query and f.severity == "query"}
    assert {"AL", "BG", "HU", "RO", "TR"} <= asked
    answers = {f"{s}/{s}-2022-answers.csv" for s in asked}
    sent = {(f.state, f.report) for f in answered.validation.reading.files}
    assert {("RO", "thb"), ("HU", "thb"), ("MD", "thb"), ("BG", "octa")} <= sent
    receipts = {f"{s}/{s}-{report}-2022-1-receipt.pdf" for s, report in sent}
    every = letters | copies | answers | receipts
    assert names(answered.folder) == every
    assert {str(p.relative_to(answered.folder)) for p in answered.written} == every


def test_what_goes_back_is_readable_for_its_owner_only(answered: Answered) -> None:
    sent = [p for p in answered.folder.glob("*/*") if p.parent.name != SEALS]
    assert {stat.S_IMODE(p.stat().st_mode) for p in sent} == {0o600}
    assert {stat.S_IMODE(p.parent.stat().st_mode) for p in sent} == {0o700}


def test_the_page_of_a_state_links_what_goes_back(answered: Answered) -> None:
    page = (answered.folder / "RO.html").read_text(encoding="utf-8")
    for name in ("RO-thb-2022-marked.xlsx", "RO-2022-letter.pdf"):
        assert f'<a href="RO/{name}">' in page
    assert "HU-2022" not in page


@pytest.mark.parametrize(
    ("state", "report"), [("RO", "thb"), ("TR", "octa"), ("AL", "thb"), ("RS", "thb")]
)
def test_comments_sit_on_the_cells_of_the_findings(
    answered: Answered, state: str, report: str
) -> None:
    book = load_workbook(answered.folder / state / f"{state}-{report}-2022-marked.xlsx")
    cells = answered.cells(state, report)
    assert cells
    assert commented(book) == cells
    listed = [
        row[0].value
        for row in book.worksheets[0].iter_rows()
        if row[0].value in ("error", "query", "note")
    ]
    found = [
        f for f in answered.findings["findings"] if (f["state"], f["report"]) == (state, report)
    ]
    assert len(listed) == len(found)


def commented(book: Any) -> set[tuple[str, str]]:
    cells = [(s.title, c) for s in book.worksheets for c in s._cells.values() if c.comment]
    return {(title, c.coordinate) for title, c in cells if c.comment.author == AUTHOR}


@pytest.mark.parametrize(
    ("state", "report", "delimiter"), [("HU", "thb", ","), ("BG", "octa", ";")]
)
def test_findings_stand_on_their_lines(
    answered: Answered, state: str, report: str, delimiter: str
) -> None:
    path = answered.folder / state / f"{state}-{report}-2022-marked.csv"
    text = path.read_bytes().decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert lines[0][-1] == "finding"
    numbered = [
        (n, fields) for n, fields in enumerate(lines, 1) if n > 1 and not fields[0].startswith("#")
    ]
    marked = {f"line {n}" for n, fields in numbered if fields[-1]}
    told = {cell.split(",")[0] for _, cell in answered.cells(state, report)}
    assert marked == told - {"line 1"}
    assert marked


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            "TR",
            [
                "National Focal Point, Türkiye",
                "1 table refused",
                "octa: 5 Firearms persons",
                "3523140",
                "at most 1,000,000 persons",
                "30 May 2025",
                "TR-octa-2022-marked.xlsx",
            ],
        ),
        (
            "RO",
            [
                "No table was refused",
                "RO-thb-2022-marked.xlsx",
                "8 of 11 tables have figures",
                "30 April 2025",
            ],
        ),
        (
            "MD",
            [
                "refused",
                "a damaged or incomplete workbook",
                "There is no marked copy, because no file could be read",
            ],
        ),
        ("MK", ["the whole return", "save it as an Excel workbook", "There is no marked copy"]),
        (
            "GR",
            [
                "National Focal Point, Greece",
                "not received",
                "within 30 days of receiving this letter",
                "Please send the form",
            ],
        ),
    ],
)
def test_a_letter_sums_up_and_is_marked_on_every_page(
    answered: Answered, state: str, said: list[str]
) -> None:
    import pypdf

    pages = [
        p.extract_text()
        for p in pypdf.PdfReader(answered.folder / state / f"{state}-2022-letter.pdf").pages
    ]
    assert 1 <= len(pages) <= 2
    assert [p.count("For law enforcement and judicial use only") for p in pages] == [2] * len(pages)
    text = " ".join(" ".join(pages).split())
    for words in said:
        assert words in text, text


# When it is written.


def test_what_was_checked_is_restored_as_it_was(answered: Answered) -> None:
    restored = restore_validation(answered.project, ROUND)
    validation = answered.validation
    assert restored.reading.files == validation.reading.files
    assert (restored.findings, restored.refused, restored.accounts) == (
        validation.findings,
        validation.refused,
        validation.accounts,
    )


def test_nothing_is_written_again_while_nothing_changed(again: Answered) -> None:
    before = {p: p.stat().st_mtime_ns for p in again.folder.rglob("*")}
    assert (
        write_feedback(
            again.project, again.contracts, validation=restore_validation(again.project, ROUND)
        )
        == []
    )
    assert {p: p.stat().st_mtime_ns for p in again.folder.rglob("*") if p.is_file()} == {
        p: t for p, t in before.items() if p.is_file()
    }


def test_the_same_round_gives_the_same_bytes(again: Answered) -> None:
    before = {p: p.read_bytes() for p in again.folder.glob("RO/*")}
    shutil.rmtree(again.folder / "RO")
    written = write_feedback(
        again.project, again.contracts, validation=again.validation, state="RO"
    )
    assert len(written) == len(before) == 4  # a marked copy, answers, receipt and letter
    assert {p: p.read_bytes() for p in written} == before


def test_a_changed_copy_is_made_again(again: Answered) -> None:
    path = again.folder / "RO" / "RO-thb-2022-marked.xlsx"
    path.write_bytes(b"changed")
    assert write_feedback(
        again.project, again.contracts, validation=again.validation, state="RO"
    ) == [path]
    assert load_workbook(path).sheetnames[0] == "Findings"


def test_a_return_that_changed_since_it_was_checked_is_not_answered(again: Answered) -> None:
    write_file(
        again.project.returns / "2022" / "thb" / "RO.xlsx", WorkbookDraft("thb", "RO").bytes()
    )
    (again.folder / "RO" / "RO-thb-2022-marked.xlsx").unlink()
    with pytest.raises(UserError, match="not the one that was checked"):
        write_feedback(again.project, again.contracts, validation=again.validation, state="RO")


def test_a_return_that_is_gone_takes_its_copy_with_it(again: Answered) -> None:
    (again.project.returns / "2022" / "thb" / "RO.xlsx").unlink()
    validation = validate_and_write(again.project, again.contracts, round_=ROUND)
    remove_outdated(again.project, again.contracts, validation=validation)
    left = [p.name for p in again.folder.glob("RO/*")]
    assert left == ["RO-thb-2022-1-receipt.pdf"]  # it did arrive
    assert "RO-2022-letter.pdf" not in (again.folder / "RO.html").read_text(encoding="utf-8")
    assert (again.folder / "HU" / "HU-thb-2022-marked.csv").is_file()
    written = write_feedback(again.project, again.contracts, validation=validation)
    assert [p.name for p in written] == ["RO-2022-letter.pdf"]


def test_a_file_of_the_analyst_is_left_alone(again: Answered) -> None:
    own = again.folder / "RO" / "call with the focal point.txt"
    own.write_text("on Monday", encoding="utf-8")
    write_feedback(again.project, again.contracts, validation=again.validation)
    assert own.is_file()


def test_the_command_writes_for_one_state_and_tells_what(again: Answered) -> None:
    shutil.rmtree(again.folder / "TR")
    environment = {
        **os.environ,
        "SELEC_OUTPUTS": str(again.project.outputs),
        "SELEC_RETURNS": str(again.project.returns),
    }
    call = ("feedback", "--round", str(ROUND), "--state")
    done = run_here(*call, "TR", environment=environment)
    assert done.stdout.splitlines() == [
        str(again.folder / "TR" / n)
        for n in (
            "TR-octa-2022-marked.xlsx",
            "TR-2022-answers.csv",
            "TR-2022-letter.pdf",
            "TR-octa-2022-1-receipt.pdf",
        )
    ]
    wrong = run_here(*call, "XX", environment=environment)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "allowed: AL, BA" in wrong.stderr


# Whether it opens.


def test_every_part_of_a_marked_workbook_is_declared_and_well_formed(answered: Answered) -> None:
    for path in answered.folder.glob("*/*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        types = ElementTree.fromstring(parts["[Content_Types].xml"])
        declared = {e.get("PartName", "").lstrip("/") for e in types if e.tag.endswith("Override")}
        endings = {e.get("Extension") for e in types if e.tag.endswith("Default")}
        for name, content in parts.items():
            ElementTree.fromstring(content)
            assert name in declared or name.rsplit(".", 1)[-1] in endings, f"{path.name}: {name}"
        assert declared <= set(parts)
        for name, target in relations(parts):
            assert target in parts, f"{path.name}: {name} leads to {target}"


def relations(parts: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, content in parts.items():
        if name.endswith(".rels"):
            base = name.replace("_rels/", "").rsplit("/", 1)[0] if name.count("/") > 1 else ""
            for relation in ElementTree.fromstring(content):
                assert relation.get("TargetMode") != "External", name
                target = relation.get("Target", "")
                joined = (
                    target.lstrip("/")
                    if target.startswith("/")
                    else os.path.normpath(os.path.join(base, target))
                )
                yield name, joined


@pytest.fixture(scope="module")
def opened(answered: Answered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The marked workbooks as LibreOffice saves them after opening them."""
    if not shutil.which("soffice"):
        told = (
            f"LibreOffice is missing: install the Debian package {PACKAGE}, or run .ci/setup"
            " requirements-dev.lock"
        )
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    folder = tmp_path_factory.mktemp("opened")
    # beside whatever else is open on the machine
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = sorted(map(str, answered.folder.glob("*/*.xlsx")))
    done = subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "ods", "--outdir", str(folder), *files],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("*.ods"))) == len(files), done.stdout + done.stderr
    return folder


@pytest.mark.parametrize(
    ("state", "report"), [("RO", "thb"), ("TR", "octa"), ("AL", "thb"), ("RS", "thb")]
)
def test_libreoffice_finds_the_comments_on_the_cells_of_the_findings(
    answered: Answered, opened: Path, state: str, report: str
) -> None:
    name = f"{state}-{report}-2022-marked"
    seen = comments_in(opened / f"{name}.ods")
    # it does not keep who wrote a comment
    ours = {place for place, text in seen.items() if "\nRule: " in text}
    assert ours == answered.cells(state, report)
    theirs = {place: text for place, text in seen.items() if place not in ours}
    assert theirs == ({("9 Offences", "K20"): "a word of the state"} if state == "AL" else {})


def test_libreoffice_finds_no_formula(opened: Path) -> None:
    for path in opened.glob("*.ods"):
        assert [c for _, _, c in cells_of(path) if c.get(_name("table", "formula"))] == []


_SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}


def _name(space: str, name: str) -> str:
    return f"{{{_SPACES[space]}}}{name}"


def cells_of(path: Path) -> Iterator[tuple[str, str, ElementTree.Element]]:
    """Sheet, address and element of every cell of an .ods file that is written once;
    runs of like cells are empty.
    """
    from openpyxl.utils import get_column_letter

    with zipfile.ZipFile(path) as archive:
        content = ElementTree.fromstring(archive.read("content.xml"))
    for table in content.iter(_name("table", "table")):
        number = 1
        for row in table.iter(_name("table", "table-row")):
            column = 1
            for cell in row:
                yield (
                    str(table.get(_name("table", "name"))),
                    f"{get_column_letter(column)}{number}",
                    cell,
                )
                column += int(cell.get(_name("table", "number-columns-repeated"), 1))
            number += int(row.get(_name("table", "number-rows-repeated"), 1))


def comments_in(path: Path) -> dict[tuple[str, str], str]:
    """Sheet and cell of every comment with its text."""
    found = {}
    for sheet, address, cell in cells_of(path):
        for annotation in cell.iter(_name("office", "annotation")):
            found[sheet, address] = "\n".join(
                "".join(p.itertext()) for p in annotation.iter(_name("text", "p"))
            )
    return found
