"""What counts when a state sends more than one file? Later files bring their tables
anew or take them back.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hostile.forms import rebuilt
from openpyxl import Workbook

from defects.formats import as_open_document
from defects.returns import ROOT, ROUND, CsvDraft, WorkbookDraft, contracts
from pipeline.contracts.template import build_workbook
from pipeline.findings import Finding
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.outcome import Validation

REPORT, STATE = "octa", "RO"
TABLE, OTHER = "OCT_DRUG_OFFENCES", "OCT_DRUG_KG"
FIRST = f"{ROUND}/{REPORT}/{STATE}.xlsx"


@dataclass
class Sent:
    """What came of the files that one state sent."""

    project: Project
    validation: Validation

    @property
    def findings(self) -> list[Finding]:
        return [f for f in self.validation.findings if f.state == STATE and f.report == REPORT]

    @property
    def rules(self) -> list[tuple[str, str]]:
        return [(f.file.rsplit("/", 1)[-1], f.rule) for f in self.findings]

    def account(self, file: str) -> FileAccount:
        return next(a for a in self.validation.accounts if a.file.endswith(f"/{file}"))

    def staged(self, table: str) -> list[tuple[str, int]]:
        """File and figure of the reference year, as they count."""
        with duckdb.connect(
            str(self.project.work(ROUND) / "staged.duckdb"), read_only=True
        ) as database:
            rows = database.execute(
                f"select file, value from {table.lower()} where year = {ROUND} order by key, file"
            ).fetchall()
        return [(str(file).rsplit("/", 1)[-1], int(value)) for file, value in rows]

    def ledger(self) -> list[tuple[str, str, int]]:
        """File, outcome and number of cells of every submission that the ledger holds."""
        load_round(
            self.project.warehouse,
            self.project.work(ROUND) / "staged.duckdb",
            contracts=contracts(),
            refused=self.validation.refused,
        )
        with duckdb.connect(str(self.project.warehouse), read_only=True) as database:
            rows = database.execute(
                "select file, outcome, cells from submissions order by all"
            ).fetchall()
        return [
            (str(file).rsplit("/", 1)[-1], str(outcome), int(cells))
            for file, outcome, cells in rows
        ]


Send = Callable[[dict[str, bytes]], Sent]


@pytest.fixture
def send(tmp_path: Path) -> Send:
    def put(later: dict[str, bytes]) -> Sent:
        target = tmp_path / "returns" / str(ROUND) / REPORT
        target.mkdir(parents=True)
        for name, data in {f"{STATE}.xlsx": WorkbookDraft(REPORT, STATE).bytes(), **later}.items():
            (target / name).write_bytes(data)
        project = Project(ROOT, tmp_path / "outputs", tmp_path / "returns")
        sent = Sent(project, validate_round(project, contracts(), round_=ROUND))
        for account in sent.validation.accounts:
            assert account.filled == account.loaded + account.refused + sum(
                account.ignored.values()
            )
        return sent

    return put


def supplement(value: str, table: str = TABLE) -> dict[str, bytes]:
    """A later CSV file with one figure of one table, and its cover."""
    draft = CsvDraft(REPORT, STATE)
    draft.lines = [line for line in draft.lines if line["table"] == table]
    draft.find(table)["value"] = value
    cover = "field,answer\n" + "".join(f"{k},{v}\n" for k, v in (draft.answers or {}).items())
    return {f"{STATE}.2.csv": draft.text().encode(), f"{STATE}.2.cover.csv": cover.encode()}


def test_a_supplement_with_one_table_replaces_only_that_table(send: Send) -> None:
    sent = send(supplement("810"))
    assert sent.rules == []
    assert sent.staged(TABLE) == [("RO.2.csv", 810)]
    assert {file for file, _ in sent.staged(OTHER)} == {"RO.xlsx"}
    assert sent.account("RO.xlsx").ignored["superseded"] == 5
    assert sent.account("RO.2.csv").loaded == 5


def test_the_ledger_keeps_what_was_replaced(send: Send) -> None:
    sent = send(supplement("810"))
    assert sent.ledger() == [
        ("RO.2.csv", "accepted", 5),
        ("RO.xlsx", "accepted", 15),
        ("RO.xlsx", "set aside", 5),
    ]


@pytest.mark.parametrize(
    ("later", "rule"),
    [
        ({"RO.2.xlsx": b"PK\x03\x04 and no more"}, "unreadable-file"),
        ({"RO.2.csv": b"a,b,c\n1,2,3\n"}, "wrong-header"),
        ({"RO.2.xlsx": WorkbookDraft("octa", "BG").bytes()}, "wrong-cover"),
    ],
)
def test_a_broken_supplement_leaves_the_first_file_standing(
    send: Send, later: dict[str, bytes], rule: str
) -> None:
    sent = send(later)
    assert rule in [r for _, r in sent.rules]
    assert {file for file, _ in sent.rules} == set(later)
    assert sent.staged(TABLE) == [("RO.xlsx", 800)]
    assert sent.account("RO.xlsx").loaded == 20
    assert sum(a.loaded for a in sent.validation.accounts) == 20
    assert [outcome for _, outcome, _ in sent.ledger()] == ["accepted"]


def test_an_error_in_a_supplement_refuses_its_table_and_no_other(send: Send) -> None:
    sent = send(supplement("many"))
    assert sent.rules == [("RO.2.csv", "not-a-number")]
    assert sent.validation.refused == {(STATE, REPORT, TABLE)}
    assert {file for file, _ in sent.staged(OTHER)} == {"RO.xlsx"}


def test_the_later_of_two_supplements_counts(send: Send) -> None:
    later = supplement("810")
    third = {name.replace(".2.", ".3."): data for name, data in supplement("805").items()}
    sent = send({**later, **third})
    assert sent.rules == []
    assert sent.staged(TABLE) == [("RO.3.csv", 805)]
    assert sent.account("RO.2.csv").ignored["superseded"] == 5


def test_a_withdrawn_table_counts_no_more_and_is_kept(send: Send) -> None:
    sent = send({"RO.2.withdrawn.csv": f"table,reason\n{TABLE},counted twice\n".encode()})
    assert sent.rules == [("RO.2.withdrawn.csv", "withdrawn")]
    assert sent.findings[0].found == "counted twice"
    assert sent.staged(TABLE) == []
    assert sent.account("RO.xlsx").ignored["withdrawn"] == 5
    assert ("RO.xlsx", "set aside", 5) in sent.ledger()


def test_every_table_can_be_withdrawn_at_once(send: Send) -> None:
    sent = send({"RO.2.withdrawn.csv": b"table;reason\n*;sent by mistake\n"})
    assert {r for _, r in sent.rules} == {"withdrawn"}
    assert sent.account("RO.xlsx").loaded == 0
    assert sent.staged(OTHER) == []


def test_a_table_sent_anew_after_a_withdrawal_counts(send: Send) -> None:
    third = {name.replace(".2.", ".3."): data for name, data in supplement("790").items()}
    sent = send({"RO.2.withdrawn.csv": f"table,reason\n{TABLE},counted twice\n".encode(), **third})
    assert sent.staged(TABLE) == [("RO.3.csv", 790)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("table,reason\nOCT_NO,x\n", "unknown-table"),
        ("what,why\nall,x\n", "wrong-header"),
        ("", "unreadable-file"),
    ],
)
def test_a_withdrawal_of_nothing_known_withdraws_nothing(send: Send, text: str, rule: str) -> None:
    sent = send({"RO.2.withdrawn.csv": text.encode()})
    assert sent.rules == [("RO.2.withdrawn.csv", rule)]
    assert sent.staged(TABLE) == [("RO.xlsx", 800)]
    assert sent.validation.refused == frozenset()


def test_a_second_file_of_one_number_is_refused(send: Send) -> None:
    later = supplement("810")
    sent = send({**later, "RO.2.xlsx": WorkbookDraft(REPORT, STATE).bytes()})
    assert ("RO.2.csv", "second-file") in sent.rules


# A file that changes nothing, and of which the state believes that it does.


def _without_sheets() -> bytes:
    def change(name: str, content: bytes) -> bytes:
        return (
            re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", content)
            if name == "xl/workbook.xml"
            else content
        )

    return rebuilt(WorkbookDraft(REPORT, STATE).bytes(), change)


def _empty_sheets() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def _other_sheets() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    raw = io.BytesIO()
    book.worksheets[0]["A1"] = "see the figures that we sent by mail"
    book.save(raw)
    return raw.getvalue()


def _blank_form(note: str = "") -> bytes:
    draft = WorkbookDraft(REPORT, STATE)
    draft.__dict__["book"] = book = build_workbook(contracts(), REPORT, state=STATE, round_=ROUND)
    if note:
        draft.note(TABLE).value = note
        book[draft.form(TABLE).sheet]["Z30"] = "see our letter"
    return draft.bytes()


HEADER = b"table,state,year,value,obs_status,conf_status,note\n"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("RO.2.xlsx", _without_sheets),
        ("RO.2.xlsx", _empty_sheets),
        ("RO.2.xlsx", _other_sheets),
        ("RO.2.xlsx", _blank_form),
        ("RO.2.xlsx", lambda: _blank_form("as before")),
        ("RO.2.csv", lambda: HEADER),
        ("RO.2.csv", lambda: HEADER + b"OCT_DRUG_OFFENCES,RO,2022,,,,as before\n"),
        ("RO.2.csv", lambda: HEADER + b",,,,,,\n"),
        ("RO.2.withdrawn.csv", lambda: b"table,reason\n"),
        ("RO.2.ods", lambda: as_open_document(Workbook())),
    ],
    ids=[
        "no sheets",
        "no cells",
        "other sheets",
        "blank",
        "remarks",
        "header",
        "note",
        "commas",
        "withdrawal",
        "ods",
    ],
)
def test_a_later_file_that_brings_nothing_is_an_error_and_changes_nothing(
    send: Send, name: str, make: Callable[[], bytes]
) -> None:
    sent = send({name: make()})
    errors = [(f.file.rsplit("/", 1)[-1], f.rule) for f in sent.findings if f.severity == "error"]
    assert errors == [(name, "nothing-read")]
    assert sent.staged(TABLE) == [("RO.xlsx", 800)]
    assert sent.account("RO.xlsx").loaded == 20
    assert sent.validation.refused == frozenset()


def test_a_remark_beside_a_table_leaves_its_figures_as_they_were_sent(send: Send) -> None:
    """The later file brings one table; of another it only has text outside of the form."""
    draft = WorkbookDraft(REPORT, STATE)
    draft.__dict__["book"] = book = build_workbook(contracts(), REPORT, state=STATE, round_=ROUND)
    draft.figure(OTHER, "HER").value = 13
    book[draft.form(TABLE).sheet]["Z30"] = "see our letter"
    sent = send({"RO.2.xlsx": draft.bytes()})
    assert sent.staged(TABLE) == [("RO.xlsx", 800)]
    assert [file for file, _ in sent.staged(OTHER)] == ["RO.2.xlsx"]


def test_a_correction_in_strict_open_xml_counts(send: Send) -> None:
    def change(_: str, content: bytes) -> bytes:
        old, new = b"http://schemas.openxmlformats.org", b"http://purl.oclc.org/ooxml"
        for part in (b"/officeDocument/", b"/spreadsheetml/"):
            content = content.replace(old + part + b"2006/", new + part)
        return content

    draft = WorkbookDraft(REPORT, STATE)
    draft.figure(TABLE).value = 810
    sent = send({"RO.2.xlsx": rebuilt(draft.bytes(), change)})
    assert sent.staged(TABLE) == [("RO.2.xlsx", 810)]


@pytest.mark.parametrize("data", [HEADER, HEADER + b",,,,,,\n"])
def test_a_first_file_of_a_header_alone_is_an_error(send: Send, data: bytes) -> None:
    sent = send({"RO.xlsx": data})
    assert "nothing-read" in [f.rule for f in sent.findings if f.severity == "error"]
    assert (STATE, REPORT, "") in sent.validation.refused
