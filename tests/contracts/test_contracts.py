"""Do contracts say what we ask of states, and is a broken one refused with its place?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import REPORTS, ROOT

from pipeline.cells import Key
from pipeline.contracts.codelists import in_running_text, load_aliases, load_codelist
from pipeline.contracts.layout import form_of, tables_for
from pipeline.contracts.lint import lint_contract, lint_project
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import ContractError, UserError
from pipeline.project import Project

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, Edit], Path]:
    """A copy of the contracts in which one was changed by `edit`."""

    def make(report: str, edit: Edit) -> Path:
        folder = tmp_path / "data_contracts"
        shutil.copytree(ROOT / "data_contracts", folder)
        path = folder / f"{report}.odcs.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        edit(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return folder

    return make


def custom(table: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(p for p in table["customProperties"] if p["property"] == name)
    return found


def test_tables_have_their_dimensions_in_the_order_of_the_key(contracts: Contracts) -> None:
    assert contracts.table("THB_VICTIMS_FORM").key_dimensions == (
        "state",
        "year",
        "form",
        "sex",
        "age",
    )
    assert contracts.table("THB_OFFENCES").key_dimensions == ("state", "year")
    assert contracts.table("MIG_DETECTED").key_dimensions == ("state", "year", "place", "section")


def test_every_table_has_one_measure_a_listed_unit_and_a_place_on_its_sheet(
    contracts: Contracts,
) -> None:
    units = {c.code for c in contracts.codelist("unit")}
    for table in contracts.tables:
        assert table.unit in units, table.name
        assert sorted(table.layout.rows + table.layout.columns) == sorted(
            table.key_dimensions[1:]
        ), table.name
        assert len(table.layout.sheet) <= 31, (
            f"{table.name}: a sheet's name has at most 31 characters"
        )
        assert table.description, table.name
        assert table.grain, table.name


@pytest.mark.parametrize("report", REPORTS)
def test_no_two_tables_of_a_report_share_a_sheet(contracts: Contracts, report: str) -> None:
    sheets = [t.layout.sheet for t in contracts.contract(report).tables]
    assert len(set(sheets)) == len(sheets)


def test_identities_name_dimensions_or_another_table(contracts: Contracts) -> None:
    victims = contracts.table("THB_VICTIMS")
    assert {(i.dimension, i.parts) for i in victims.identities} == {
        ("sex", "equal"),
        ("age", "equal"),
    }
    form = contracts.table("THB_VICTIMS_FORM")
    assert [i.same_total_as for i in form.identities if i.same_total_as] == ["THB_VICTIMS"]
    assert {i.severity for t in contracts.tables for i in t.identities} <= {
        "error",
        "query",
        "note",
    }


def test_a_return_restates_five_years(contracts: Contracts) -> None:
    years = {c.report: list(c.years(2022)) for c in contracts}
    # experts judge the year of the round alone
    assert years.pop("assessment") == [2022]
    assert set(map(tuple, years.values())) == {(2018, 2019, 2020, 2021, 2022)}


def test_the_members_of_a_year_are_those_of_that_year(contracts: Contracts) -> None:
    assert [m.code for m in contracts.members(2022)] == [
        "AL",
        "BA",
        "BG",
        "GR",
        "HU",
        "MD",
        "ME",
        "MK",
        "RO",
        "RS",
        "TR",
    ]
    assert "HR" in [m.code for m in contracts.members(2015)]
    assert "HR" not in [m.code for m in contracts.members(2018)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("THB_VICTIM:RO.2022._T._T", "there is no table 'THB_VICTIM'"),
        ("THB_VICTIMS:RO.2022._T", "THB_VICTIMS:state.year.sex.age"),
        ("THB_VICTIMS:XX.2022._T._T", "code 'XX' is not in the code list states"),
        ("THB_VICTIMS:RO.twenty._T._T", "is not a year"),
        ("THB_VICTIMS:RO.2022.W._T", "code 'W' is not in the code list sex"),
    ],
)
def test_a_key_that_no_contract_knows_is_refused(
    contracts: Contracts, text: str, told: str
) -> None:
    with pytest.raises(UserError, match=told.replace(".", r"\.")):
        contracts.check_key(Key.parse(text))


def test_a_key_belongs_to_its_table(contracts: Contracts) -> None:
    assert (
        contracts.check_key(Key.parse("THB_VICTIMS:SELEC_FIX.2022.F.Y_LT18")).name == "THB_VICTIMS"
    )
    assert str(contracts.table("THB_PERSONS").total_key("RO", 2022)) == "THB_PERSONS:RO.2022._T._T"


def test_the_center_answers_only_its_own_tables(contracts: Contracts) -> None:
    octa = contracts.contract("octa")
    assert [t.name for t in tables_for(octa, "SELEC", round_=2022)] == ["SEL_ACTIVITY"]
    assert "SEL_ACTIVITY" not in [t.name for t in tables_for(octa, "RO", round_=2022)]
    assert tables_for(contracts.contract("thb"), "SELEC", round_=2022) == []


def test_a_form_has_one_address_a_key(contracts: Contracts) -> None:
    for table in contracts.tables:
        form = form_of(table, contracts.contract(table.report), state="RO", round_=2022)
        addresses = form.addresses()
        assert len(set(addresses.values())) == len(addresses), table.name
        for key in addresses:
            assert contracts.check_key(key) is table


def test_dimensions_across_stand_on_one_line(contracts: Contracts) -> None:
    table = contracts.table("THB_VICTIMS_FORM")
    form = form_of(table, contracts.contract("thb"), state="RO", round_=2022)
    child = form.addresses()[Key.parse("THB_VICTIMS_FORM:RO.2022.SEX.F.Y_LT18")]
    adult = form.addresses()[Key.parse("THB_VICTIMS_FORM:RO.2022.SEX.F.Y_GE18")]
    assert child[0] == adult[0]
    assert adult[1] - child[1] == 2  # the column between them is the status of the first


def test_the_contracts_of_the_project_follow_the_standard() -> None:
    lines = list(lint_project(Project(ROOT)))
    assert lines[0].startswith("contracts: 5 follow ODCS")
    assert lines[1].startswith("release policy: restricted, public, partner")
    kinds = [line.split(":")[0] for line in lines]
    assert {
        "signers",
        "release gate",
        "offices",
        "known errors",
        "anchors",
        "context",
        "published",
        "mirrors",
        "assessment",
        "code lists",
        "records",
        "member states",
    } <= set(kinds)
    assert len(lines) == 20


def test_lint_tells_the_place_of_every_violation(broken: Callable[[str, Edit], Path]) -> None:
    def edit(content: dict[str, Any]) -> None:
        del content["version"]
        content["schema"][0]["properties"][0]["required"] = "perhaps"

    folder = broken("thb", edit)
    told = lint_contract(folder / "thb.odcs.yaml")
    assert any("line 1: 'version' is missing" in t for t in told)
    wanted = "THB_VICTIMS, state, required: the text 'perhaps' stands where true or false is meant"
    assert any(wanted in t for t in told)
    with pytest.raises(ContractError, match="perhaps"):
        list(lint_project(Project(folder.parent)))


def test_a_unit_that_is_not_listed_is_refused(broken: Callable[[str, Edit], Path]) -> None:
    folder = broken("thb", lambda c: custom(c["schema"][0], "unit").update(value="heads"))
    with pytest.raises(ContractError, match="'heads' is not in the code list unit"):
        list(lint_project(Project(folder.parent)))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            lambda t: custom(t, "layout")["value"].update(rows=["sex"]),
            "does not place every dimension once",
        ),
        (
            lambda t: custom(t, "identities")["value"].append(
                {"dimension": "colour", "severity": "query"}
            ),
            "'colour'",
        ),
        (
            lambda t: custom(t, "identities")["value"].append(
                {"sameTotalAs": "NO_TABLE", "severity": "query"}
            ),
            "NO_TABLE",
        ),
        (
            lambda t: t["properties"].remove(
                next(p for p in t["properties"] if p["name"] == "value")
            ),
            "0 measures",
        ),
        (lambda t: t["customProperties"].remove(custom(t, "unit")), "unit"),
        # what is of others is shown in every version
        (lambda t: t.update(name="CTX_OWN"), "no table of a return may be called CTX_OWN"),
        (lambda t: t.update(name="CTX_CROSSINGS"), "may be called CTX_CROSSINGS"),
        (lambda t: t.update(name="POPULATION"), "may be called POPULATION"),
    ],
    ids=["layout", "identity", "linked table", "measure", "unit", "context", "a cube", "reference"],
)
def test_a_broken_table_is_refused_with_its_name(
    broken: Callable[[str, Edit], Path], edit: Callable[[dict[str, Any]], None], told: str
) -> None:
    folder = broken("thb", lambda content: edit(content["schema"][0]))
    with pytest.raises(UserError, match=told):
        load_contracts(folder)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("code,label\nA,a\n", "columns are missing"),
        (
            "code,label,parent,sort,valid_from,valid_to,note\nA,a,,1,,,\nA,b,,2,,,\n",
            "'A' stands twice",
        ),
        (
            "code,label,parent,sort,valid_from,valid_to,note\nA,a,_T,1,,,\n",
            "parent '_T' of 'A' is not in the list",
        ),
    ],
)
def test_a_broken_code_list_is_refused(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "odd.csv").write_text(content, encoding="utf-8")
    with pytest.raises(ContractError, match=told):
        load_codelist(tmp_path, "odd")


def test_a_code_list_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no such code list"):
        load_codelist(tmp_path, "nothing")


def test_every_spelling_of_a_state_leads_to_its_code(contracts: Contracts) -> None:
    known = load_aliases(contracts.codelists, "states")
    assert {known["romania"], known["ro"]} == {"RO"}
    assert known["turkey"] == known["türkiye"] == "TR"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Republic of Moldova", "the Republic of Moldova"),
        ("Syrian Arab Republic", "the Syrian Arab Republic"),
        ("United Kingdom", "the United Kingdom"),
        ("State of Palestine", "the State of Palestine"),
        ("Philippines", "the Philippines"),
        ("Romania", "Romania"),
        ("Bosnia and Herzegovina", "Bosnia and Herzegovina"),
        ("Iran (Islamic Republic of)", "Iran (Islamic Republic of)"),
        ("Other EU member", "Other EU member"),
        ("Cannabis herb", "Cannabis herb"),
    ],
)
def test_names_that_take_an_article_have_it_in_running_text(label: str, said: str) -> None:
    assert in_running_text(label) == said
