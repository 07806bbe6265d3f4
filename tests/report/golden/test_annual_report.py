"""Does the annual report of the Center read well with few figures, and with many? As it is
built of the project, where the Center reported nothing yet, and of an invented export.
"""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pypdfium2
import pytest
from builds import ROUND, copy_project, once, shared_folder
from here import run_here
from small_project import keep_few_returns

from pipeline.project import Project
from pipeline.report.ledger import exhibits_of, parse_ledger

pytestmark = pytest.mark.slow
VERSIONS = ("restricted", "public")
# Invented: nobody outside of the Center knows the layout of its exports.
MAPPING = """exports:
  - id: invented
    separator: ;
    encoding: utf-8
    date: {column: Year, form: YYYY}
    activity: {column: What, words: {a: EXCH, b: JOINT, c: OPER, d: MEET, e: TRAIN}}
    task_force: {column: Group, words: {x: DRUG, y: MIRAGE, z: TERR}}
    states: {column: With, separator: ",", words: {AL: AL, BG: BG, MD: MD, RO: RO, TR: TR}}
"""


def text_of(project: Project, version: str) -> str:
    (path,) = project.version_folder(ROUND, "activity", version).glob("*.pdf")
    with pypdfium2.PdfDocument(path) as pdf:
        return " ".join(" ".join(p.get_textpage().get_text_range().split()) for p in pdf)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_figure_it_says_what_was_not_reported_and_tells_the_cases(
    version: str, built: Project
) -> None:
    text = text_of(built, version)
    assert text.count("Not reported. No return gave") == 3
    assert "Joint investigation Discussion" in text
    assert "seized 11 kilograms of heroin and apprehended 3 persons" in text
    assert "Operation Dardaneli" in text
    assert "awarded for the second half of 2017" in text
    assert "incomplete: no figure of the Center" in text  # beside each page of the draft
    (path,) = built.version_folder(ROUND, "activity", version).glob("*.pdf")
    with pypdfium2.PdfDocument(path) as pdf:
        assert 7 <= len(pdf) <= 12


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    """The report over an invented export."""

    def make(root: Path) -> None:
        copy_project(root)
        keep_few_returns(root, ROUND, "activity")
        (root / "returns" / str(ROUND) / "activity").mkdir(exist_ok=True)
        (root / "data_contracts" / "center_export.yaml").write_text(MAPPING, encoding="utf-8")
        chosen = random.Random(7)
        with (root / "export.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter=";")
            rows.writerow(["Year", "What", "Group", "With"])
            for _ in range(4000):
                states = chosen.sample(["AL", "BG", "MD", "RO", "TR"], 2)
                kinds = chosen.choices("abcde", [90, 4, 1, 3, 2])[0], chosen.choice("xyz")
                rows.writerow([chosen.randint(2018, 2022), *kinds, ",".join(states)])
        run(root, "import", "--source", "center_export", "--file", str(root / "export.csv"))
        run(root, "build", "--reports", "activity", "--versions", "restricted public")

    return Project(once(shared_folder(tmp_path_factory, worker_id) / "annual", make))


def run(root: Path, command: str, *options: str) -> None:
    done = run_here(command, "--round", str(ROUND), *options, root=root)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("version", ["restricted", "public"])
def test_with_figures_every_exhibit_stands_in_it_and_every_number_is_accounted_for(
    version: str, filled: Project
) -> None:
    path = filled.ledger(ROUND, "activity", version)
    exhibits = exhibits_of(parse_ledger(path.read_bytes(), path))
    assert {"A1", "A2", "A3", "S1", "S2", "TR1"} <= {e.spec for e in exhibits}
    folder = filled.version_folder(ROUND, "activity", version)
    audit = json.loads((folder / "manifest.json").read_text())["build"]["number_audit"]
    assert audit["unaccounted"] == 0
    assert audit["cells"] > 80
    text = text_of(filled, version)
    assert "No return gave" not in text
    assert "same 0 states" not in text  # the Center's figures are of no state
    assert "exchanges of information and requests, and the number" in text


def test_its_counts_are_those_of_the_export(filled: Project) -> None:
    with (filled.root / "export.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file, delimiter=";") if r["Year"] == str(ROUND)]
    path = filled.version_folder(ROUND, "activity", "public") / "cells.csv"
    with path.open(encoding="utf-8", newline="") as file:
        printed = {r["key"]: r["value"] for r in csv.DictReader(file)}
    wanted = {
        "SEL_ACTIVITY:SELEC.2022.EXCH._T": sum(r["What"] == "a" for r in rows),
        "SEL_ACTIVITY:SELEC.2022.JOINT.DRUG": sum(
            (r["What"], r["Group"]) == ("b", "x") for r in rows
        ),
        "ACT_STATES:SELEC.2022.EXCH.RO": sum(r["What"] == "a" and "RO" in r["With"] for r in rows),
        "ACT_TRAININGS:SELEC.2022._T": sum(r["What"] == "e" for r in rows),
    }
    assert {key: int(printed[key]) for key in wanted} == wanted
