"""Does the page of all rules say what the code says, of every rule there is?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.intake.parse import load_symbols, parse_figure
from pipeline.returns.intake.problems import RULES
from pipeline.returns.rules import reference
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.examples import EXAMPLES
from pipeline.returns.rules.known import LEFT_OUT
from pipeline.returns.rules.pages import write_pages
from pipeline.returns.rules.reference import (
    CONTRACT,
    INTAKE,
    Kind,
    anchor_of,
    contract_kinds,
    every_kind,
    kind_of,
    meaning_of,
    record_kinds,
    rules_csv,
    rules_markdown,
    write_rules,
)
from pipeline.system.files import csv_rows

PAGE = ROOT / "docs" / "reference" / "rules.md"
# Rules that set figures beside those of others.
OF_OTHERS = ("THB_VICTIMS.anchor", "THB_VICTIMS.published", "THB_REPATRIATED.mirror")


def test_the_page_equals_what_the_code_says(contracts: Contracts) -> None:
    assert PAGE.read_text(encoding="utf-8") == rules_markdown(contracts), "run 'make rules'"


def test_every_rule_of_intake_stands_once_under_one_heading() -> None:
    named = [rule for meanings in INTAKE.values() for rule in meanings]
    assert sorted(named) == sorted(RULES)


@pytest.mark.parametrize("round_", [2021, 2022, 2023])
def test_every_rule_of_every_contract_is_of_a_kind_that_is_explained(
    contracts: Contracts, round_: int
) -> None:
    kinds = {
        kind_of(rule.rule_id)
        for c in contracts
        for rule in compile_rules(contracts, c, round_=round_)
    }
    assert kinds == set(CONTRACT)


@pytest.mark.parametrize(
    ("rule_id", "kind"),
    [
        ("THB_VICTIMS.sex.code", "<column>.code"),
        ("THB_VICTIMS.year.required", "<column>.required"),
        ("THB_VICTIMS.year.window", "year.window"),
        ("THB_VICTIMS.note.required", "note.required"),
        ("THB_VICTIMS.total.same_as_THB_VICTIMS_CTZ", "total.same_as_<TABLE>"),
        ("THB_VICTIMS.part_exceeds_whole", "part_exceeds_whole"),
    ],
)
def test_the_kind_of_a_rule_follows_from_its_name(rule_id: str, kind: str) -> None:
    assert kind_of(rule_id) == kind


def test_rules_of_records_have_the_severity_of_intake(contracts: Contracts) -> None:
    kinds = record_kinds(contracts)
    assert {"records-line", "wrong-state", "unknown-code", "records-quantity"} <= {
        k.name for k in kinds
    }
    assert all(k.severities == (RULES[k.name].severity,) for k in kinds)


def test_a_kind_that_nobody_explained_is_named(
    contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {kind: text for kind, text in CONTRACT.items() if kind != "value.nil"}
    monkeypatch.setattr(reference, "CONTRACT", left)
    with pytest.raises(UserError, match="what these rules mean: value.nil"):
        contract_kinds(contracts)


def test_signs_of_markdown_stay_signs() -> None:
    line = Kind("x", ("query", "error"), "<5 | 0", ("a", "b"), ("do *it*",)).line
    assert line == (
        '| <a id="x"></a>`x` | error or query | &lt;5 &#124; 0 |  | for example: a'
        " | do &#42;it&#42; |"
    )


def test_a_page_that_is_up_to_date_stays_as_it_is(tmp_path: Path, contracts: Contracts) -> None:
    page = tmp_path / "rules.md"
    assert write_rules(page, contracts)
    assert not write_rules(page, contracts)


# --- examples, the list, links -------------------------------------------------------


def test_the_list_equals_what_the_code_says_and_has_a_line_for_every_rule(
    contracts: Contracts,
) -> None:
    path = PAGE.with_suffix(".csv")
    assert path.read_bytes() == rules_csv(contracts), "run 'make rules'"
    lines = csv_rows(path.read_bytes())
    kinds = [kind for kinds in every_kind(contracts).values() for kind in kinds]
    assert [line["rule"] for line in lines] == [kind.name for kind in kinds]
    assert all(line["meaning"] and line["allowed"] and line["repair"] for line in lines)


def test_every_rule_has_an_example_and_every_example_a_rule(contracts: Contracts) -> None:
    kinds = [kind for kinds in every_kind(contracts).values() for kind in kinds if not kind.is_row]
    assert {kind.name for kind in kinds} == set(EXAMPLES)
    assert all(kind.example for kind in kinds)


@pytest.mark.parametrize(
    "rule",
    [
        "thousands-comma",
        "thousands-point",
        "ambiguous-number",
        "not-a-number",
        "number-as-formula",
        "number-too-large",
        "missing-word",
        "decimal-comma",
    ],
)
def test_an_example_of_a_text_is_read_as_its_rule_says(rule: str, contracts: Contracts) -> None:
    symbols = load_symbols(contracts.codelists)
    parsed = parse_figure(EXAMPLES[rule], "text", decimals=0, symbols=symbols, is_csv=True)
    assert [problem.rule for problem in parsed.problems] == [rule]


def test_every_anchor_stands_once_on_the_page(contracts: Contracts) -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', PAGE.read_text(encoding="utf-8"))
    assert len(set(anchors)) == len(anchors) > 100
    linked = {line["link"].partition("#")[2] for line in csv_rows(rules_csv(contracts))}
    assert linked == set(anchors)


@pytest.mark.parametrize("round_", [2021, 2022, 2023])
def test_the_rule_of_every_finding_leads_to_a_line_of_the_page(
    round_: int, contracts: Contracts
) -> None:
    told = {k.anchor for kinds in every_kind(contracts, (round_,)).values() for k in kinds}
    named = {rule.rule_id for c in contracts for rule in compile_rules(contracts, c, round_=round_)}
    named |= {*RULES, LEFT_OUT, *OF_OTHERS}
    assert {rule for rule in named if anchor_of(rule) not in told} == set()
    assert all(meaning_of(rule) for rule in named - {LEFT_OUT, *OF_OTHERS})


def test_every_finding_on_a_page_links_what_its_rule_means(
    project: Project, contracts: Contracts
) -> None:
    folder = project.returns / "2022" / "thb"
    folder.mkdir(parents=True)
    (folder / "RO.xlsx").write_bytes(b"no workbook")
    (folder / "BG.csv").write_text(
        "table,state,year,sex,age,value,obs_status,conf_status,note\n"
        "THB_VICTIMS,BG,2022,_T,_T,10,,,\nTHB_VICTIMS,BG,2022,F,_T,12.5,X,,\n",
        encoding="utf-8",
    )
    validation = validate_round(project, contracts, round_=2022)
    write_pages(project, contracts, validation=validation)
    pages = project.findings(2022)
    told = set(
        re.findall(r'<tr role="row" id="([^"]+)">', (pages / "rules.html").read_text("utf-8"))
    )
    found = [f for f in validation.findings if f.state in ("RO", "BG")]
    for state in ("RO", "BG"):
        text = (pages / f"{state}.html").read_text("utf-8")
        links = re.findall(r'<a href="rules.html#([^"]+)">', text)
        assert sorted(links) == sorted(anchor_of(f.rule) for f in found if f.state == state)
        assert set(links) <= told
    assert len({f.rule for f in found}) > 3
