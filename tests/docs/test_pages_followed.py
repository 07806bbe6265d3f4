"""Does a project that followed a page of the documentation to the letter build? Each
page's own blocks are followed.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from builds import ROOT, ROUND, copy_project
from here import inherited, typed
from openpyxl import load_workbook
from pages import Command, Edit, apply_edit, steps_of
from small_project import CHAPTERS, SMALL_ROUND, keep_chapters, keep_few_returns

from pipeline.contracts.layout import COVER_SHEET, form_of
from pipeline.contracts.lint import lint_project
from pipeline.contracts.model import read_contracts
from pipeline.errors import ContractError
from pipeline.project import ENDING, Project
from pipeline.report.exhibits.layout import ANNEXES, GRIDS
from pipeline.report.ledger import charts_of, parse_ledger

LATER = 2023
# `make check` lints the contracts, then the code of the whole project, which no page
# changes much.
SHORTER = {"make check": ".venv/bin/python -m pipeline lint"}
ANSWERS = {"authority": "Ministry", "contact": "Statistics unit", "date": "2024-03-31"}


def page(name: str) -> Path:
    return ROOT / "docs" / "how-to" / f"{name}.md"


def run(root: Path, command: str, *, code_is_edited: bool = False) -> str:
    """Run a command of a page in a working copy. Returns what it said. Where the page edits
    code, or what lies beside the code, a process loads it from there.
    """
    line = SHORTER.get(command, command)
    if code_is_edited:
        shell = ["bash", "-c", line]
        done = subprocess.run(shell, cwd=root, capture_output=True, text=True, env=inherited())
    else:
        done = typed(line, root=root)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def follow(
    root: Path, name: str, before_commands: Callable[[], None], after: dict[str, Callable[[], None]]
) -> str:
    """Follow a page: its edits, then its commands. `after` does by hand what people do
    after a command.
    """
    steps = steps_of(page(name))
    edits = [s for s in steps if isinstance(s, Edit)]
    code_is_edited = any(e.path.startswith(("pipeline/", "templates/shared/")) for e in edits)
    commands = [s for s in steps if isinstance(s, Command)]
    assert edits
    assert commands
    for edit in edits:
        apply_edit(root, edit)
    before_commands()
    said = ""
    for command in commands:
        said += run(root, command.line, code_is_edited=code_is_edited)
        for start, act in after.items():
            if command.line.startswith(start):
                act()
    return said


def fill(
    root: Path, path: Path, report: str, table: str, round_: int, figures: dict[str, int]
) -> None:
    """Fill in the reference year of one table of a form, by the codes of its lines; ""
    is a table of one line.
    """
    folder = root / "data_contracts"
    contracts = read_contracts([folder / f"{report}{ENDING}"], folder / "codelists")
    form = form_of(
        contracts.table(table), contracts.contract(report), state=path.stem, round_=round_
    )
    book = load_workbook(path)
    for key, (row, column) in form.addresses().items():
        if key.year == round_ and (code := ".".join(key.codes[2:])) in figures:
            book[form.sheet].cell(row, column).value = figures[code]
    for line in book[COVER_SHEET].iter_rows(max_col=3):
        if line[0].value in ANSWERS:
            line[2].value = ANSWERS[str(line[0].value)]
    book.save(path)


def printed(root: Path, report: str, version: str, round_: int) -> dict[str, str]:
    """Key and value of every printed cell of a finished version."""
    folder = root / "outputs" / str(round_) / report / version
    assert (
        json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["build"]["number_audit"][
            "unaccounted"
        ]
        == 0
    )
    with (folder / "cells.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["value"] for row in csv.DictReader(file)}


@pytest.mark.thorough
@pytest.mark.slow
def test_a_table_is_added_to_the_letter_and_an_earlier_round_stays_as_it_was(
    tmp_path: Path,
) -> None:
    root = copy_project(tmp_path / "copy")
    keep_few_returns(root)
    form = root / f"outputs/{LATER}/templates/thb/RO.xlsx"
    said = follow(
        root,
        "add-a-table",
        lambda: keep_chapters(root, ["helplines"]),
        {
            "make template": lambda: fill(
                root, form, "thb", "THB_HELPLINE", LATER, {"_T": 100, "F": 90, "M": 10}
            )
        },
    )
    assert "Breaks nobody" in said
    assert "Breaks the supplier" not in said
    for version in ("restricted", "public"):
        cells = printed(root, "thb", version, LATER)
        assert cells["THB_HELPLINE:RO.2023._T"] == "100"
        assert {key.split(":")[0] for key in cells} == {"THB_HELPLINE"}

    keep_chapters(root, [*CHAPTERS, "helplines"])
    run(root, f"make report REPORT=thb ROUND={SMALL_ROUND}")
    assert "THB_HELPLINE" not in {
        key.split(":")[0] for key in printed(root, "thb", "restricted", SMALL_ROUND)
    }
    found = json.loads(
        (root / f"outputs/{SMALL_ROUND}/findings/findings.json").read_text(encoding="utf-8")
    )
    assert [f for f in found["findings"] if "THB_HELPLINE" in (f["table"], f["rule"])] == []
    assert "missing-sheet" not in {f["rule"] for f in found["findings"]}


@pytest.mark.thorough
@pytest.mark.slow
def test_a_report_is_added_to_the_letter(tmp_path: Path) -> None:
    root = copy_project(tmp_path / "copy")
    keep_few_returns(root, ROUND, "octa")
    form = root / f"outputs/{ROUND}/templates/cyber/RO.xlsx"
    follow(
        root,
        "add-a-report",
        lambda: None,
        {"make template": lambda: fill(root, form, "cyber", "CYB_ATTACKS", ROUND, {"": 321})},
    )
    for version in ("restricted", "public"):
        cells = printed(root, "cyber", version, ROUND)
        assert cells[f"CYB_ATTACKS:RO.{ROUND}"] == "321"
        assert {key.split(":")[0] for key in cells} == {"CYB_ATTACKS", "OCT_CYBERCRIME"}


def test_the_page_on_reports_names_every_kind_of_exhibit() -> None:
    text = page("add-a-report").read_text(encoding="utf-8").split("## Exhibits")[1]
    named = [
        kind
        for line in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        for kind in re.findall(r"`(\w+)`", line)
    ]
    assert sorted(named) == sorted((*GRIDS, *ANNEXES))


MAP = {
    "F1": {
        "kind": "map",
        "title": "Victims per 100,000 inhabitants, {year}",
        "cube": "THB_VICTIMS",
        "rows": "state",
        "columns": {"axis": "year", "codes": ["{year}"]},
        "measure": "rate",
    },
    "T1": {
        "kind": "table",
        "title": "Victims by state, {year}",
        "cube": "THB_VICTIMS",
        "rows": {"axis": "state", "region": "SELEC"},
        "columns": "year",
    },
}


@pytest.mark.thorough
@pytest.mark.slow
def test_a_state_is_added_to_the_letter_and_stands_on_the_map(tmp_path: Path) -> None:
    root = copy_project(tmp_path / "copy")
    keep_few_returns(root)
    templates = root / "templates" / "thb"

    def leave_a_map() -> None:
        keep_chapters(root, ["victims"])
        (templates / "exhibits.yaml").write_text(yaml.safe_dump(MAP), encoding="utf-8")
        (templates / "narrative" / "messages.md").unlink()
        text = '{{ chapter("victims", "Victims") }}\n{{ exhibit("F1") }}\n{{ exhibit("T1") }}\n'
        (templates / "chapters" / "victims.html.j2").write_text(text, encoding="utf-8")

    def send() -> None:
        figures = {"_T._T": 500, "F._T": 300, "M._T": 200}
        for state in ("UA", "RO"):
            run(root, f"make template REPORT=thb STATE={state} ROUND={LATER}")
            fill(
                root,
                root / f"outputs/{LATER}/templates/thb/{state}.xlsx",
                "thb",
                "THB_VICTIMS",
                LATER,
                figures,
            )
        other = root / f"returns/{LATER}/thb/RO.xlsx"
        other.parent.mkdir(parents=True)
        shutil.copy(root / f"outputs/{LATER}/templates/thb/RO.xlsx", other)

    follow(root, "add-a-state", leave_a_map, {"make template": send})
    for version in ("restricted", "public"):
        cells = printed(root, "thb", version, LATER)
        assert cells["THB_VICTIMS:UA.2023._T._T"] == "500"
        # two states are too few for a public sum
        assert cells["THB_VICTIMS:SELEC.2023._T._T"] in (
            "1000",
            "",
        )
        assert cells["POPULATION:UA.2023"]
    path = Project(root).ledger(LATER, "thb", "restricted")
    chart = charts_of(parse_ledger(path.read_bytes(), path))[0]
    assert [p.text for s in chart.data.series for p in s.points if p.x == "UA"] == ["1.33"]


# Each edit of the page that is left out, and what `make check` then says.
LEFT_OUT = {
    "aliases/states.csv": (
        "aliases/states.csv: no spelling leads to UA from its code of three letters; add"
    ),
    "population.csv": (
        "population.csv: no population of UA in 2023; add a row for each of these years"
    ),
    "border_section.csv": (
        "border_section.csv: no section names UA among its states; add UA to the column 'states'"
    ),
    "citizenship.csv": (
        "citizenship.csv: the citizenship UA stands in G_EUR; give it the parent G_SEL"
    ),
    "activity.odcs.yaml": (
        "activity.odcs.yaml: ACT_STATES does not list UA as its member; add {value: UA} to"
    ),
    "release_policy.yaml": "consents: the partner version leaves out UA, who did not agree to it",
}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of a project that a lint reads."""
    root = tmp_path_factory.mktemp("content") / "copy"
    for name in ("data_contracts", "templates/shared"):
        shutil.copytree(ROOT / name, root / name)
    return root


@pytest.mark.sampled(3)
@pytest.mark.parametrize("left_out", [*LEFT_OUT, ""])
def test_what_a_new_state_lacks_is_said_by_the_lint(
    content: Path, tmp_path: Path, left_out: str
) -> None:
    root = shutil.copytree(content, tmp_path / "copy")
    for edit in (s for s in steps_of(page("add-a-state")) if isinstance(s, Edit)):
        if (
            not left_out
            or not edit.path.endswith(left_out)
            or edit.path.endswith("codelists/states.csv")
        ):
            apply_edit(root, edit)
    try:
        said = "\n".join(lint_project(Project(root)))
    except ContractError as problem:
        said = str(problem)
    told = LEFT_OUT.get(
        left_out, "member states: population, spellings, border sections, citizenship and outline"
    )
    assert told in said
    assert ("lack something" in said) == (left_out not in ("", "release_policy.yaml"))
    assert ("leaves out UA" in said) == (left_out == "release_policy.yaml")


def test_a_state_that_the_map_does_not_show_is_said_by_the_lint(
    content: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(content, tmp_path / "copy")
    region = root / "templates/shared/region.json"
    shown = json.loads(region.read_text(encoding="utf-8"))
    del shown["shapes"]["RO"]
    region.write_text(json.dumps(shown), encoding="utf-8")
    with pytest.raises(
        ContractError,
        match="region.json: no outline of RO; add its number to CODES of tools/outline",
    ):
        list(lint_project(Project(root)))
