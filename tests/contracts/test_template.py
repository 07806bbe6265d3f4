"""Is the blank return what the contract asks for: locked, with lists to choose from,
the same bytes each time?
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import openpyxl
import pytest
from builds import ROOT

from pipeline.contracts.layout import COVER_SHEET, DEFINITION_FIELD, SOURCE_FIELD, form_of
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import UserError
from pipeline.returns.round.forms import write_template


@lru_cache(maxsize=8)
def blank(report: str, state: str) -> openpyxl.Workbook:
    data = workbook_bytes(
        build_workbook(load_contracts(ROOT / "data_contracts"), report, state=state, round_=2022),
        2022,
    )
    return openpyxl.load_workbook(io.BytesIO(data))


def codes_down(sheet: str, report: str, state: str) -> list[str]:
    return [str(c.value) for c in blank(report, state)[sheet]["A"][6:] if c.value]


def test_the_same_contract_gives_the_same_bytes(contracts: Contracts, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_template(
            contracts, "thb", state="RO", round_=2022, path=tmp_path / "new folder" / name
        )
    assert (tmp_path / "new folder/a.xlsx").read_bytes() == (
        tmp_path / "new folder/b.xlsx"
    ).read_bytes()


def test_a_workbook_has_a_sheet_a_table_between_cover_and_hidden_lists(
    contracts: Contracts,
) -> None:
    book = blank("thb", "RO")
    tables = [t.layout.sheet for t in contracts.contract("thb").tables]
    assert book.sheetnames == [COVER_SHEET, "Instructions", *tables, "Lists"]
    assert [s.title for s in book.worksheets if s.sheet_state == "hidden"] == ["Lists"]


def test_the_cover_knows_report_state_and_round_and_asks_for_the_rest() -> None:
    cover = {
        str(row[0].value): row[2]
        for row in blank("thb", "RO")[COVER_SHEET].iter_rows(min_row=5)
        if row[0].value
    }
    known = {
        k: cover[k].value
        for k in ("report", "state", "state_name", "round", "years", "contract_version")
    }
    assert known == {
        "report": "thb",
        "state": "RO",
        "state_name": "Romania",
        "round": "2022",
        "years": "2018-2022",
        "contract_version": "1.0.0",
    }
    assert all(cover[k].protection.locked for k in known)
    for asked in (
        "authority",
        "contact",
        "date",
        SOURCE_FIELD + "THB_VICTIMS",
        DEFINITION_FIELD + "THB_VICTIMS",
    ):
        assert cover[asked].value is None
        assert not cover[asked].protection.locked


def test_only_figures_statuses_and_notes_can_be_filled_in(contracts: Contracts) -> None:
    table = contracts.table("THB_VICTIMS")
    form = form_of(table, contracts.contract("thb"), state="RO", round_=2022)
    sheet = blank("thb", "RO")[table.layout.sheet]
    assert sheet.protection.sheet
    for row in form.rows:
        for column in form.columns:
            locked = sheet.cell(row.index, column.index).protection.locked
            assert locked == (column.kind in ("code", "label")), column.head


def test_statuses_and_confidentiality_are_chosen_from_lists(contracts: Contracts) -> None:
    sheet = blank("thb", "RO")["1 Victims sex age"]
    lists = blank("thb", "RO")["Lists"]
    rules = {r.formula1: str(r.sqref) for r in sheet.data_validations.dataValidation}
    assert any("$A$1" in f for f in rules)
    assert any("$B$1" in f for f in rules)
    for letter, name in (("A", "obs_status"), ("B", "conf_status")):
        offered = [f for f in rules if f"${letter}$1" in f]
        last = int(offered[0].rsplit("$", 1)[1])
        chosen = [lists[f"{letter}{n}"].value for n in range(1, last + 1)]
        assert chosen == [c.code for c in contracts.codelist(name)]


def test_every_country_can_be_chosen_in_an_open_list(contracts: Contracts) -> None:
    sheet = blank("thb", "RO")["3 Victims citizenship"]
    lists = blank("thb", "RO")["Lists"]
    (rule,) = [r for r in sheet.data_validations.dataValidation if "$D$1" in r.formula1]
    last = int(rule.formula1.rsplit("$", 1)[1])
    offered = {lists[f"D{n}"].value for n in range(1, last + 1)}
    asked = {
        c.label
        for c in contracts.codelist("citizenship")
        if not c.is_group and c.code not in ("_T", "_U")
    }
    assert asked <= offered


def test_an_open_list_starts_with_total_and_unknown_and_leaves_lines_to_choose(
    contracts: Contracts,
) -> None:
    table = contracts.table("THB_VICTIMS_CTZ")
    form = form_of(table, contracts.contract("thb"), state="RO", round_=2022)
    sheet = blank("thb", "RO")[table.layout.sheet]
    fixed = [r for r in form.rows if r.codes]
    open_ = [r for r in form.rows if not r.codes]
    assert [r.code for r in fixed] == ["_T", "_U"]
    assert len(open_) == table.layout.open_rows
    assert not sheet.cell(open_[0].index, 1).protection.locked
    assert not sheet.cell(open_[-1].index, 2).protection.locked


def test_a_state_is_asked_only_for_its_own_borders(contracts: Contracts) -> None:
    for table in ("MIG_DETECTED", "MIG_PREVENTED"):
        sheet = contracts.table(table).layout.sheet
        romania = {code.split(".")[-1] for code in codes_down(sheet, "migration", "RO")}
        assert {"UA", "MD", "BG"} <= romania
        assert "TR" not in romania
        bulgaria = {code.split(".")[-1] for code in codes_down(sheet, "migration", "BG")}
        assert "TR" in bulgaria
        assert "UA" not in bulgaria


def test_groups_are_worked_out_never_asked_for() -> None:
    for sheet in blank("migration", "RO").worksheets:
        assert not [c.value for c in sheet["A"] if str(c.value).startswith("G_")]


@pytest.mark.parametrize(
    ("report", "asked"), [("thb", "RS, TR"), ("migration", "RS, TR"), ("octa", "RS, TR, SELEC")]
)
def test_who_may_be_asked_is_said_by_report(contracts: Contracts, report: str, asked: str) -> None:
    with pytest.raises(UserError) as problem:
        build_workbook(contracts, report, state="XX", round_=2022)
    assert problem.value.allowed.startswith("AL, BA, BG")
    assert problem.value.allowed.endswith(asked)


@pytest.mark.parametrize(
    ("report", "state"), [("thb", "XX"), ("thb", "HR"), ("thb", "ro"), ("thb", "SELEC")]
)
def test_who_does_not_answer_gets_no_form(
    contracts: Contracts, tmp_path: Path, report: str, state: str
) -> None:
    with pytest.raises(UserError, match=f"'{state}' does not answer the thb questionnaire"):
        write_template(contracts, report, state=state, round_=2022, path=tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


def test_croatia_was_asked_while_it_was_a_member(contracts: Contracts, tmp_path: Path) -> None:
    write_template(contracts, "thb", state="HR", round_=2016, path=tmp_path / "HR.xlsx")
    assert (tmp_path / "HR.xlsx").is_file()


def test_the_center_gets_a_form_for_its_own_activity(contracts: Contracts) -> None:
    assert blank("octa", "SELEC").sheetnames[2:-1] == [contracts.table("SEL_ACTIVITY").layout.sheet]
