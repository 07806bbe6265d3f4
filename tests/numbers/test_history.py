"""Later files of a state: what they replace, what they withdraw, and what the ledger
remembers of all of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook

from pipeline.contracts.model import Contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import UserError
from pipeline.numbers.warehouse.history import history
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.returns.archive import archive_round
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.outcome import Validation

OFFENCES = "9 Offences"
Send = Callable[..., None]


@pytest.fixture(scope="module")
def blank(contracts: Contracts) -> bytes:
    return workbook_bytes(build_workbook(contracts, "thb", state="RO", round_=2022), 2022)


@pytest.fixture
def send(project: Project, blank: bytes) -> Send:
    def put(name: str, day: str, keep: tuple[str, ...] = (), **figures: int) -> None:
        book = load_workbook(io.BytesIO(blank))
        for row in range(5, 60):
            if book["Cover"].cell(row, 1).value == "date":
                book["Cover"].cell(row, 3).value = day
        for address, value in figures.items():
            book[OFFENCES][address] = value
        for sheet in book.sheetnames:
            if keep and sheet not in ("Cover", "Instructions", "Lists", *keep):
                del book[sheet]
        path = project.returns / "2022" / "thb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)

    return put


def load(project: Project, contracts: Contracts, today: date = date(2026, 1, 1)) -> Validation:
    validation = validate_round(project, contracts, round_=2022)
    archive_round(
        project, 2022, dates={f.file: f.received for f in validation.reading.files}, today=today
    )
    load_round(
        project.warehouse,
        project.work(2022) / "staged.duckdb",
        contracts=contracts,
        refused=validation.refused,
    )
    return validation


def figures(project: Project) -> dict[str, float]:
    with duckdb.connect(str(project.work(2022) / "staged.duckdb"), read_only=True) as staged:
        rows = staged.execute("select key, value from thb_offences where usable").fetchall()
    return {str(key).split(".")[-1]: float(value) for key, value in rows}


def rules(validation: Validation) -> list[tuple[str, str]]:
    """What was found in the files of the state: rule and severity."""
    return [
        (f.rule, f.severity) for f in validation.findings if (f.state, f.report) == ("RO", "thb")
    ]


def test_a_later_file_replaces_its_tables_only(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("RO.xlsx", "2023-03-01", C7=10, K7=50)
    send("RO.2.xlsx", "2023-05-01", keep=(OFFENCES,), K7=55)
    validation = load(project, contracts)
    assert figures(project) == {"2022": 55}
    first, second = validation.accounts
    assert first.ignored["superseded"] == 2
    assert (first.loaded, second.loaded) == (0, 1)
    assert rules(validation) == []


def test_the_ledger_keeps_what_was_replaced(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("RO.xlsx", "2023-03-01", C7=10, K7=50)
    send("RO.2.xlsx", "2023-05-01", keep=(OFFENCES,), K7=55)
    load(project, contracts)
    told = history(project, contracts, state="RO", table_name="THB_OFFENCES")
    assert [(s.key[-4:], s.file[-9:], s.says, s.counts) for s in told.statements] == [
        ("2022", "b/RO.xlsx", "50", False),
        ("2022", "RO.2.xlsx", "55", True),
    ]
    assert told.keys == 2
    one = history(
        project, contracts, state="RO", table_name="THB_OFFENCES", key="THB_OFFENCES:RO.2018"
    )
    assert [(s.says, s.place) for s in one.statements] == [("10", f"{OFFENCES} C7")]


def test_a_file_put_in_place_of_another_is_a_further_submission(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("RO.xlsx", "2023-03-01", K7=50)
    load(project, contracts)
    send("RO.xlsx", "2023-06-01", K7=60)
    load(project, contracts, date(2026, 2, 2))
    told = history(project, contracts, state="RO", table_name="THB_OFFENCES")
    assert [(f.received, f.known, f.cells) for f in told.files] == [
        ("2023-03-01", "2023-03-01", 1),
        ("2023-06-01", "2023-06-01", 1),
    ]
    assert [(s.says, s.counts) for s in told.statements] == [("50", False), ("60", True)]


def test_a_table_is_withdrawn_and_what_was_said_is_remembered(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("RO.xlsx", "2023-03-01", K7=50)
    withdrawn = project.returns / "2022" / "thb" / "RO.2.withdrawn.csv"
    withdrawn.write_text("table,reason\nTHB_OFFENCES,counted twice\n")
    validation = load(project, contracts)
    assert figures(project) == {}
    assert rules(validation) == [("withdrawn", "note")]
    (found,) = [f for f in validation.findings if f.rule == "withdrawn"]
    assert (found.table, found.found, found.cell) == (
        "THB_OFFENCES",
        "counted twice",
        "line 2, column table",
    )
    assert validation.accounts[0].ignored["withdrawn"] == 1
    told = history(
        project, contracts, state="RO", table_name="THB_OFFENCES", key="THB_OFFENCES:RO.2022"
    )
    assert [(s.says, s.counts) for s in told.statements] == [("50", False)]
    assert [f.outcome for f in told.files if "withdrawn" in f.file] == ["withdraws the table"]


def test_a_withdrawal_of_no_table_is_an_error_that_leaves_the_return(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("RO.xlsx", "2023-03-01", K7=50)
    (project.returns / "2022" / "thb" / "RO.2.withdrawn.csv").write_text(
        "table,reason\nTHB_MONEY,x\n"
    )
    validation = load(project, contracts)
    assert rules(validation) == [("unknown-table", "error")]
    assert figures(project) == {"2022": 50}
    assert validation.refused == frozenset()


def test_a_broken_later_file_leaves_the_earlier_one(
    project: Project, contracts: Contracts, send: Send, blank: bytes
) -> None:
    send("RO.xlsx", "2023-03-01", K7=50)
    (project.returns / "2022" / "thb" / "RO.2.xlsx").write_bytes(blank[: len(blank) // 2])
    validation = load(project, contracts)
    assert rules(validation) == [("unreadable-file", "error")]
    assert validation.refused == frozenset()
    assert figures(project) == {"2022": 50}
    told = history(project, contracts, state="RO", table_name="THB_OFFENCES")
    assert {f.file[-9:]: f.outcome for f in told.files} == {
        "b/RO.xlsx": "accepted",
        "RO.2.xlsx": "not loaded",
    }


def test_an_error_in_a_later_table_refuses_that_table(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("RO.xlsx", "2023-03-01", K7=50)
    send("RO.2.xlsx", "2023-05-01", keep=(OFFENCES,), K7=-3)
    validation = load(project, contracts)
    assert validation.refused == {("RO", "thb", "THB_OFFENCES")}


def test_history_tells_what_it_does_not_know(
    project: Project, contracts: Contracts, send: Send
) -> None:
    with pytest.raises(UserError, match="nothing was loaded yet"):
        history(project, contracts, state="RO", table_name="THB_OFFENCES")
    send("RO.xlsx", "2023-03-01", K7=50)
    load(project, contracts)
    for state, table, key, match in (
        ("XX", "THB_OFFENCES", "", "no state"),
        ("RO", "THB_MONEY", "", "no table"),
        ("RO", "THB_OFFENCES", "THB_OFFENCES:BG.2022", "no cell of THB_OFFENCES of RO"),
    ):
        with pytest.raises(UserError, match=match):
            history(project, contracts, state=state, table_name=table, key=key)


def test_the_order_of_later_files_is_that_of_their_numbers(
    project: Project, contracts: Contracts, send: Send
) -> None:
    for number in (10, 9, 2):
        send(f"RO.{number}.xlsx", "2023-05-01", keep=(OFFENCES,), K7=number)
    load(project, contracts)
    assert figures(project) == {"2022": 10}
    told = history(project, contracts, state="RO", table_name="THB_OFFENCES").statements
    assert [Path(s.file).name for s in told if s.counts] == ["RO.10.xlsx"]
