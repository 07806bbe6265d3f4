"""Does a short document print nothing that its report does not, and is what report.yaml
says of it checked?
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from builds import ROOT

from pipeline.cells import Key
from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.manifest import papers_in, pdf_of
from pipeline.report.document.compose import read_definition
from pipeline.report.document.key_findings import build_key_findings, require_printed
from pipeline.report.document.lint_templates import lint_templates
from pipeline.report.document.order import papers_of, workbook_name
from pipeline.report.ledger import Sentence
from pipeline.report.printing import Printing

CELLS = """
key                          | value | states
THB_VICTIMS:SELEC.2022._T._T | 10    | AL BG GR
THB_VICTIMS:SELEC.2021._T._T | 12    | AL BG GR
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("data_contracts", "templates", "sql"):
        shutil.copytree(ROOT / name, root / name)
    return root


def define(root: Path, report: str, key_findings: object) -> None:
    path = root / "templates" / report / "report.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**content, "key_findings": key_findings}), encoding="utf-8")


@pytest.mark.parametrize(
    ("key_findings", "told"),
    [
        ({"restricted": ["summary"]}, "key findings are for a version that everybody may have"),
        ({"partner": ["summary"]}, "allowed: public"),
        ({"press": ["summary"]}, "versions.yaml has no such version"),
        ({"public": ["sumary"]}, "the chapter 'sumary' has no template"),
        ({"public": []}, "public"),
        ({}, "key_findings"),
        ("summary", "key_findings"),
    ],
)
def test_a_definition_that_cannot_be_is_told_with_its_line(
    root: Path, contracts: Contracts, key_findings: object, told: str
) -> None:
    define(root, "thb", key_findings)
    policy = load_policy(root / "data_contracts", contracts)
    found = [*lint_templates(Project(root), contracts, policy=policy, round_=2022)]
    assert any("templates/thb/report.yaml" in f and told in f and "line " in f for f in found), (
        found
    )


def test_only_the_versions_that_are_named_have_one() -> None:
    assert read_report_file(ROOT / "templates", "octa").key_findings.keys() == {"public"}
    assert read_definition(ROOT / "templates", "octa", version="public").key_findings
    assert not read_definition(ROOT / "templates", "octa", version="restricted").key_findings
    assert not read_definition(ROOT / "templates", "thb", version="public").key_findings


def test_a_figure_that_the_report_does_not_print_stops_the_build(
    store: Callable[..., Printing],
) -> None:
    whole, short = (store(CELLS, version="public") for _ in range(2))
    keys = [Key.parse(f"THB_VICTIMS:SELEC.{year}._T._T") for year in (2022, 2021)]
    whole.print_cell(keys[0])
    short.print_cell(keys[0])
    require_printed(short, whole)
    short.print_cell(keys[1])
    with pytest.raises(UserError) as told:
        require_printed(short, whole)
    assert "THB_VICTIMS:SELEC.2021._T._T" in str(told.value)
    assert "templates/thb/report.yaml, key_findings, public" in str(told.value)


def test_its_head_says_what_it_belongs_to_and_its_texts_are_noted(
    store: Callable[..., Printing], root: Path
) -> None:
    define(root, "thb", {"public": ["introduction"]})
    printing = store(CELLS, version="public")
    short = build_key_findings(printing, root / "templates")
    title = read_report_file(root / "templates", "thb").title
    assert f"Key findings of {title}" in short.html
    assert f"report “{title}”, of the same edition" in short.html
    assert "SELEC/THB/2022/P/1" in short.html
    assert any(isinstance(entry, Sentence) for entry in printing.shown)
    assert "templates/shared/key_findings.html.j2" in short.inputs
    assert "templates/thb/chapters/introduction.html.j2" in short.inputs


@pytest.mark.parametrize("name", ["selec-octa-2022-public-1.pdf", "selec-thb-2021-partner.pdf"])
def test_the_report_is_told_from_its_other_files_by_name(name: str) -> None:
    whole, short = papers_of(name)
    signed = [f"{n.removesuffix('.pdf')}.signed.pdf" for n in (whole.pdf, short.pdf)]
    names = [short.pdf, *signed, workbook_name(name), "cells.csv", name]
    assert pdf_of(names) == name
    assert papers_in(names) == (whole, short)
    assert papers_in([name]) == (whole,)
    assert papers_in(signed) == ()
