"""Does each office get its own findings, letter and receipt for the part that it sent?"""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
import yaml
from openpyxl import load_workbook
from test_parts_of_returns import HEADER, OFFENCES, all_but, cover, offences, part, victims

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.numbers.warehouse.history import history
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.returns.feedback.send_back import remove_outdated, write_feedback
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.pages import write_pages
from pipeline.returns.rules.summary import summary_rows, table_outcomes
from pipeline.returns.rules.validation import restore_validation, validate_and_write
from pipeline.returns.submissions import read_receipts, read_submission

ROOT = Path(__file__).parents[2]


@dataclass
class Office:
    """A project whose state RO sends the thb return in parts."""

    project: Project
    contracts: Contracts

    def put(self, name: str, lines: list[str], office: str | None) -> None:
        folder = self.project.returns / "2022" / "thb"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.csv").write_text(HEADER + "".join(lines), encoding="utf-8")
        (folder / f"{name}.cover.csv").write_text(cover(office), encoding="utf-8")

    def validate(self) -> Validation:
        return validate_and_write(self.project, self.contracts, round_=2022)

    def folder(self, state: str = "RO") -> Path:
        return self.project.findings(2022) / state


def office_at(root: Path, *, arranged: bool = True) -> Office:
    shutil.copytree(ROOT / "data_contracts", root / "data_contracts")
    for name in ("templates", "sql", "pipeline", "requirements.lock"):
        (root / name).symlink_to(ROOT / name)
    contracts = load_contracts(root / "data_contracts")
    if arranged:
        offices = {"POLICE": all_but(contracts, OFFENCES), "PROSECUTION": [OFFENCES]}
        entry = {"state": "RO", "report": "thb", "from": 2020, "offices": offices}
        (root / "data_contracts" / "offices.yaml").write_text(yaml.safe_dump({"parts": [entry]}))
    return Office(
        Project(root, root / "outputs", root / "returns", records_folder=root / "records"),
        contracts,
    )


@dataclass
class Answered:
    office: Office
    validation: Validation
    names: list[str]

    def text(self, name: str) -> str:
        return text_of((self.office.folder() / name).read_bytes())


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(content)) as pdf:
        return " ".join(" ".join(p.get_textpage().get_text_range() for p in pdf).split())


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Police and customs do not agree, the prosecution sent nothing, the courts sent what
    is no file.
    """
    office = office_at(tmp_path_factory.mktemp("answered") / "here")
    office.put("RO.police", [victims("5"), victims("x", sex="F")], "POLICE")
    office.put("RO.customs", [victims("6"), offences("4", 2021)], "CUSTOMS")
    (office.project.returns / "2022" / "thb" / "RO.courts.xlsx").write_bytes(b"PK nothing")
    validation = office.validate()
    write_feedback(office.project, office.contracts, validation=validation, state="RO")
    return Answered(office, validation, sorted(p.name for p in office.folder().iterdir()))


def test_each_office_gets_its_files_and_the_state_a_letter_over_all(answered: Answered) -> None:
    assert answered.names == [
        "RO-2022-courts-letter.pdf",
        "RO-2022-customs-answers.csv",
        "RO-2022-customs-letter.pdf",
        "RO-2022-letter.pdf",
        "RO-2022-police-letter.pdf",
        "RO-thb-2022-1-courts-receipt.pdf",
        "RO-thb-2022-2-customs-receipt.pdf",
        "RO-thb-2022-3-police-receipt.pdf",
        "RO-thb-2022-customs-marked.csv",
        "RO-thb-2022-police-marked.csv",
    ]


def test_the_letter_of_an_office_is_about_its_part_alone(answered: Answered) -> None:
    police = answered.text("RO-2022-police-letter.pdf")
    assert "Romania, Police" in police
    assert "About the part of Police" in police
    assert "2022/thb/RO.police.csv" in police
    assert "RO-thb-2022-police-marked.csv" in police
    assert "parts-disagree" in police
    for other in ("Prosecution", "RO-thb-2022-customs-marked.csv", "table-of-another-office"):
        assert other not in police
    customs = answered.text("RO-2022-customs-letter.pdf")
    assert "table-of-another-office" in customs
    courts = answered.text("RO-2022-courts-letter.pdf")
    assert "the part of Courts" in courts
    assert "the whole return" not in courts


def test_the_letter_of_the_state_says_what_came_and_what_is_not_there(answered: Answered) -> None:
    told = answered.text("RO-2022-letter.pdf")
    for file in ("RO.police.csv", "RO.customs.csv", "RO.courts.xlsx"):
        assert file in told
    assert "Each office has a letter of its own" in told
    assert "The return is incomplete" in told
    assert "the part that did not come is of Prosecution" in told
    assert "the part that was refused is of Courts" in told
    assert "There are no queries." in told


def test_marked_copies_and_answers_hold_what_is_found_in_the_part(answered: Answered) -> None:
    police = (answered.office.folder() / "RO-thb-2022-police-marked.csv").read_text("utf-8-sig")
    assert "5 here; 6 in the part of Customs, 2022/thb/RO.customs.csv" in police
    assert "not-a-number" in police
    customs = (answered.office.folder() / "RO-thb-2022-customs-marked.csv").read_text("utf-8-sig")
    assert "not-a-number" not in customs
    asked = (answered.office.folder() / "RO-2022-customs-answers.csv").read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(asked), delimiter=";" if ";" in asked[:40] else ","))
    sheets = [row[rows[0].index("sheet")] for row in rows[1:]]
    assert sheets == ["1 Victims sex age", "9 Offences"]


def test_the_receipt_names_the_office_and_its_files_alone(answered: Answered) -> None:
    told = answered.text("RO-thb-2022-3-police-receipt.pdf")
    assert "Receipt of submission 3: Romania, Police" in told
    assert "RO.police.csv" in told
    assert "RO.police.cover.csv" in told
    assert "customs" not in told
    assert "9 Offences" not in told  # it does not give that table


def test_findings_know_the_office_and_come_back_from_what_was_written(answered: Answered) -> None:
    restored = restore_validation(answered.office.project, 2022)
    assert restored.findings == answered.validation.findings
    assert {f.office for f in restored.findings if f.rule == "parts-disagree"} == {
        "POLICE",
        "CUSTOMS",
    }
    assert {f.office for f in restored.reading.files} == {"POLICE", "CUSTOMS", "COURTS"}


def test_the_summary_says_that_the_return_is_incomplete(answered: Answered) -> None:
    (row,) = [
        r
        for r in summary_rows(answered.validation, ["thb"])
        if (r.state, r.report) == ("RO", "thb")
    ]
    assert row.outcome == "incomplete: a part is refused"


def test_each_table_is_told_once_with_the_office_that_gives_it(answered: Answered) -> None:
    told = table_outcomes(answered.office.contracts, answered.validation)
    own = [(t["table"], t.get("office")) for t in told if t["state"] == "RO"]
    assert (OFFENCES, "CUSTOMS") in own  # who gave it, not who should have
    assert ("THB_ASSETS", "POLICE") in own
    tables = answered.office.contracts.contract("thb").tables_of(2022)
    assert sorted({t for t, _ in own}) == sorted(t.name for t in tables)


def test_the_page_of_the_state_names_the_office_of_each_finding(answered: Answered) -> None:
    write_pages(answered.office.project, answered.office.contracts, validation=answered.validation)
    page = (answered.office.project.findings(2022) / "RO.html").read_text("utf-8")
    assert ">Police<" in page or ">Police: " in page
    assert "9 Offences (Customs)" in page


def test_a_new_part_is_a_submission_of_its_own(tmp_path: Path) -> None:
    office = office_at(tmp_path / "here")
    office.put("RO.police", [victims("5")], "POLICE")
    office.validate()
    office.put("RO.prosecution", [offences("4")], "PROSECUTION")
    office.validate()
    office.put("RO.police", [victims("y")], "POLICE")
    office.validate()
    office.validate()
    receipts = read_receipts(office.project, 2022)
    assert [(r.id, r.office, r.outcome) for r in receipts] == [
        ("RO-thb-2022-1", "POLICE", "accepted"),
        ("RO-thb-2022-2", "PROSECUTION", "accepted"),
        ("RO-thb-2022-3", "POLICE", "1 table refused"),
    ]
    assert [f.file for f in receipts[1].files] == [
        "2022/thb/RO.prosecution.cover.csv",
        "2022/thb/RO.prosecution.csv",
    ]
    found = read_submission(office.project, "RO-thb-2022-3")
    assert found.before == "RO-thb-2022-1"
    assert {f.rule for f in found.findings} == {"not-a-number"}


def test_resending_one_part_leaves_the_figures_and_the_copies_of_the_others(
    tmp_path: Path,
) -> None:
    office = office_at(tmp_path / "here")
    office.put("RO.police", [victims("5")], "POLICE")
    office.put("RO.prosecution", [offences("4")], "PROSECUTION")
    first = office.validate()
    write_feedback(office.project, office.contracts, validation=first, state="RO")
    letter = office.folder() / "RO-2022-prosecution-letter.pdf"
    before = letter.stat().st_mtime_ns
    office.put("RO.police", [victims("7")], "POLICE")
    again = office.validate()
    remove_outdated(office.project, office.contracts, validation=again)
    assert letter.is_file()
    assert not (office.folder() / "RO-2022-police-letter.pdf").exists()
    written = write_feedback(office.project, office.contracts, validation=again, state="RO")
    assert letter.stat().st_mtime_ns == before
    assert "RO-2022-police-letter.pdf" in [p.name for p in written]
    (office.project.returns / "2022" / "thb" / "RO.police.csv").unlink()
    (office.project.returns / "2022" / "thb" / "RO.police.cover.csv").unlink()
    write_feedback(office.project, office.contracts, validation=office.validate(), state="RO")
    assert not (office.folder() / "RO-2022-police-letter.pdf").exists()


def test_a_marked_workbook_of_a_part_names_the_office(tmp_path: Path) -> None:
    office = office_at(tmp_path / "here", arranged=False)
    data = part(office.contracts, "POLICE", "THB_VICTIMS")
    book = load_workbook(io.BytesIO(data))
    sheet = book["1 Victims sex age"]
    sheet["L7"] = "many"
    content = io.BytesIO()
    book.save(content)
    folder = office.project.returns / "2022" / "thb"
    folder.mkdir(parents=True)
    (folder / "RO.xlsx").write_bytes(content.getvalue())  # the cover alone names it
    write_feedback(office.project, office.contracts, validation=office.validate(), state="RO")
    marked = load_workbook(office.folder() / "RO-thb-2022-police-marked.xlsx")
    texts = [str(c.value) for s in marked for row in s.iter_rows() for c in row if c.value]
    assert any(
        "Romania, Police: findings" in t or "findings in the return, Police" in t for t in texts
    )


def test_the_ledger_says_which_office_gave_a_figure(tmp_path: Path) -> None:
    office = office_at(tmp_path / "here", arranged=False)
    office.put("RO.police", [victims("5", sex="F"), victims("9")], "POLICE")
    office.put("RO.customs", [victims("6", sex="M"), victims("9")], "CUSTOMS")
    (office.project.returns / "2022" / "thb" / "RO.courts.xlsx").write_bytes(b"PK nothing")
    validation = office.validate()
    staged = office.project.work(2022) / STAGED
    load_round(
        office.project.warehouse, staged, contracts=office.contracts, refused=validation.refused
    )
    told = history(office.project, office.contracts, state="RO", table_name="THB_VICTIMS")
    by = {f.file.rpartition("/")[2]: (f.office, f.outcome, f.cells) for f in told.files}
    assert by["RO.police.csv"] == ("POLICE", "accepted", 2)
    assert by["RO.courts.xlsx"][1:] == ("not loaded", 0)
    key = "THB_VICTIMS:RO.2022._T._T"
    told = history(office.project, office.contracts, state="RO", table_name="THB_VICTIMS", key=key)
    said = {s.office: (s.says, s.counts) for s in told.statements}
    assert said == {"POLICE": ("9", True), "CUSTOMS": ("9", False)}
