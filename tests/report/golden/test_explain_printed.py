"""Does a printed number lead back to the returns? A hundred of them, drawn by lot,
against the workbooks themselves.

The workbooks are opened with openpyxl at the sheet and address that `explain` gives;
nothing of the pipeline is used to read them, and sums, shares, changes and rates are
worked out here from what stands there.
"""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from builds import EVERY_VERSION_OF_STATES, REPORTS, ROOT, ROUND

from pipeline.cells import is_outside
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.inspection.explain.evidence import Cabinet, Evidence
from pipeline.inspection.explain.printed import (
    ExplainedNumber,
    Explainer,
    explain_key,
    explain_reference,
    read_ledger,
)
from pipeline.inspection.explain.references import Listed, Printed
from pipeline.inspection.readback.scores import READINGS
from pipeline.numbers.sql.explain import Explained
from pipeline.project import Project
from pipeline.report.ledger import is_of_the_version

pytestmark = pytest.mark.slow
DRAWN = 100


def sheet_cell(leaf: Explained) -> Decimal:
    """What stands at the address of a leaf, or in the list of populations."""
    if leaf.key.startswith("POPULATION:"):
        return population()[tuple(leaf.key.split(":")[1].split("."))]
    if is_outside(leaf.key.split(":")[0]):
        return published(leaf.key)
    path = ROOT / "returns" / leaf.file
    if path.suffix == ".xlsx":
        return Decimal(str(sheet(path, leaf.sheet)[leaf.address]))
    line, column = re.fullmatch(r"line (\d+), column (\w+)", leaf.address).groups()  # type: ignore[union-attr]
    # One state writes its own alphabet.
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    mark = ";" if ";" in lines[0] else ","
    return Decimal(next(csv.DictReader([lines[0], lines[int(line) - 1]], delimiter=mark))[column])


@lru_cache(maxsize=256)
def sheet(path: Path, name: str) -> dict[str, Any]:
    """The filled cells of one sheet by their address."""
    rows = workbook(path)[name].iter_rows()
    return {cell.coordinate: cell.value for row in rows for cell in row if cell.value is not None}


@lru_cache(maxsize=64)
def workbook(path: Path) -> Any:
    return openpyxl.load_workbook(path, data_only=True, read_only=True)


@lru_cache(maxsize=1)
def population() -> dict[tuple[str, ...], Decimal]:
    with (ROOT / "data_contracts/codelists/population.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        return {
            (row["state"], row["year"]): Decimal(row["population"]) for row in csv.DictReader(file)
        }


def published(key: str) -> Decimal:
    """A figure of others as their list has it; a total is the sum of its parts."""
    cube, codes = key.split(":")
    path = ROOT / "data_contracts/context" / f"{cube}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    asked = codes.split(".")
    assert rows
    return sum(
        (
            Decimal(row[len(asked)])
            for row in rows
            if all(code in ("_T", given) for code, given in zip(asked, row, strict=False))
        ),
        Decimal(0),
    )


def leaves(cell: Explained) -> Iterator[Explained]:
    if not cell.parts:
        yield cell
    for part in cell.parts:
        yield from leaves(part)


def from_returns(evidence: Evidence) -> Decimal | None:
    """The value of a cell as its returns have it."""
    found = list(leaves(evidence.cell))
    if evidence.cell.value is None:
        return None
    return sum((sheet_cell(leaf) for leaf in found), Decimal(0))


def tenths(own: str, parts: list[str], *, cells: Mapping[str, Evidence]) -> str:
    """How many of ten a part is: the largest rests are rounded up."""
    sums = {
        part: sum((from_returns(cells[k]) or Decimal(0) for k in part.split(" + ")), Decimal(0))
        for part in parts
    }
    exact = {part: 10 * amount / sum(sums.values()) for part, amount in sums.items()}
    most = sorted(parts, key=lambda part: exact[part] % 1, reverse=True)
    more = most[: 10 - sum(int(share) for share in exact.values())]
    count = int(exact[own]) + (own in more)
    return str(count) if count or not sums[own] else "under 1"


def worked_out(number: ExplainedNumber) -> str:
    """What should be printed, from the returns alone."""
    cells = {c.cell.key: c for c in number.cells}
    (reference,) = number.printed.behind
    if of_ten := re.fullmatch(r"tenths\((.+?), (.+)\)", reference):
        return tenths(of_ten[1], of_ten[2].split(", "), cells=cells)
    places = len(number.printed.text.partition(".")[2])
    match = re.fullmatch(r"(\w+)\((\S+?)(?:, (.+))?\)", reference)
    added = re.fullmatch(r"(sum|difference|instead)\((.+)\)", reference)
    value: Decimal | None
    if added:
        signs = {"sum": (1,), "difference": (1, -1), "instead": (1, -1, 1)}[added[1]]
        total = Decimal(0)
        for sign, keys in zip(signs, added[2].split(", "), strict=True):
            total += sign * sum(
                (from_returns(cells[k]) or Decimal(0) for k in keys.split(" + ")), Decimal(0)
            )
        value, match = total, None
    elif match is None:
        value = from_returns(cells[reference])
    elif match[1] == "coverage":
        counted = cells[match[2]].cell
        return f"{len(counted.parts)} of 11"
    else:
        top = from_returns(cells[match[2]])
        base = sum(
            (from_returns(cells[k]) or Decimal(0) for k in match[3].split(" + ")), Decimal(0)
        )
        assert top is not None
        per = {"share": 100, "rate": 100_000, "change": 100}[match[1]]
        value = ((top - base) if match[1] == "change" else top) / base * per
    assert value is not None
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}".replace(
        "-", "\N{MINUS SIGN}"
    )
    return (
        f"+{text}"
        if match and match[1] == "change" and value > 0 and Decimal(text.replace(",", "")) > 0
        else text
    )


@pytest.mark.parametrize(("report", "version"), EVERY_VERSION_OF_STATES)
def test_every_numeral_of_every_version_was_accounted_for(
    built: Project, report: str, version: str
) -> None:
    manifest = json.loads(
        (built.version_folder(ROUND, report, version) / "manifest.json").read_text(encoding="utf-8")
    )
    audit = manifest["build"]["number_audit"]
    assert audit["unaccounted"] == 0
    assert audit["numerals"] == audit["cells"] + audit["formulas"] + sum(
        audit["exceptions"].values()
    )
    assert audit["cells"] > 400
    assert audit["formulas"] > 300
    assert audit["exceptions"].keys() >= {
        "year",
        "page",
        "heading",
        "exhibit",
        "axis",
        "source",
        "legal reference",
    }


@pytest.fixture(scope="module")
def printed(built: Project) -> list[tuple[str, Printed]]:
    """Every printed number of the three restricted reports that has a digit."""
    return [
        (report, number)
        for report in REPORTS
        for number in read_ledger(built, ROUND, report=report, version="restricted").numbers()
        if re.search(r"\d", number.text)
        and number.text not in ("<5", "0n")
        # what is about the version as a whole has tests of its own
        and not any(is_of_the_version(b) for b in number.behind)
        # scores of others are put in order and never added up; test_outside_scores.py does so
        and not any(b.partition("(")[0] in READINGS for b in number.behind)
    ]


def test_a_hundred_printed_numbers_add_up_from_the_return_workbooks(
    built: Project, contracts: Contracts, printed: list[tuple[str, Printed]]
) -> None:
    assert len(printed) > 3000
    drawn = random.Random(20221).sample(printed, DRAWN)
    with Cabinet(built, contracts, round_=ROUND) as cabinet:
        explainers = {
            report: Explainer(cabinet, report, version="restricted") for report in REPORTS
        }
        for report, number in drawn:
            found = explainers[report].explain(number)
            assert worked_out(found) == number.text, f"{number.ref}: {number.where}"
            for evidence in found.cells:
                assert "is not" not in evidence.adds_up, evidence.adds_up
                assert evidence.models[-1] == "sql/marts/cells.sql"
                assert all((ROOT / model).is_file() for model in evidence.models)
                for leaf in leaves(evidence.cell):
                    assert leaf.value is None or sheet_cell(leaf) == leaf.value, (
                        f"{leaf.file} {leaf.address}"
                    )
    kinds = {
        number.behind[0].split("(")[0] if "(" in number.behind[0] else "cell" for _, number in drawn
    }
    assert {"cell", "change", "coverage"} <= kinds


def test_a_sentence_is_explained_by_what_it_binds(built: Project, contracts: Contracts) -> None:
    section = explain_reference(
        built, contracts, round_=ROUND, reference="thb:S.summary.findings", version="public"
    )
    assert isinstance(section, Listed)
    (reference,) = [ref for ref, text in section.lines if text.startswith("Children were")]
    found = explain_reference(built, contracts, round_=ROUND, reference=reference, version="public")
    assert isinstance(found, ExplainedNumber)
    assert sorted(f.formula.split("(")[0] for f in found.formulas) == ["coverage", "share"]
    assert any(f"{f.value} per cent" in found.printed.text for f in found.formulas)
    (share,) = [f.formula for f in found.formulas if f.formula.startswith("share")]
    assert {c.cell.key for c in found.cells} >= set(re.findall(r"THB_VICTIMS:[\w.]+", share))


def test_a_withheld_number_says_why_it_is_withheld(built: Project, contracts: Contracts) -> None:
    withheld = [
        n
        for n in read_ledger(built, ROUND, report="thb", version="public").numbers()
        if n.text == "c" and ":" in n.behind[0]
    ]
    assert withheld
    found = explain_reference(
        built, contracts, round_=ROUND, reference=withheld[0].ref, version="public"
    )
    assert isinstance(found, ExplainedNumber)
    assert any(dict(cell.withheld).get("public") for cell in found.cells)


def test_a_figure_that_a_known_error_keeps_out_is_not_called_unreported(
    built: Project, contracts: Contracts
) -> None:
    told = explain_key(built, contracts, round_=ROUND, key="OCT_FIREARMS_PERSONS:TR.2022.SUSP")
    assert told.cell.value is None
    assert (
        "left out, '120906' stands in 2022/octa/TR.xlsx, 5 Firearms persons K7: known error"
        in told.missing[0]
    )
    region = explain_key(built, contracts, round_=ROUND, key="OCT_FIREARMS_PERSONS:SELEC.2022.SUSP")
    assert any(line.startswith("Türkiye is not in it: left out") for line in region.missing)


@pytest.mark.parametrize("version", ["restricted", "public"])
def test_a_figure_of_the_quality_report_names_its_query(
    built: Project, contracts: Contracts, version: str
) -> None:
    asked = [
        n
        for n in read_ledger(built, ROUND, report="thb", version=version).numbers()
        if n.behind[0].startswith("query(")
    ]
    assert len(asked) >= 10
    for number in asked:
        found = explain_reference(
            built, contracts, round_=ROUND, reference=number.ref, version=version
        )
        assert isinstance(found, ExplainedNumber)
        (worked,) = found.formulas
        assert worked.steps.startswith("sql/quality/")
        assert worked.steps.endswith(f" = {number.text}")


def test_references_that_do_not_exist_lead_to_near_ones(
    built: Project, contracts: Contracts
) -> None:
    for reference, told in (
        ("thb:T4.r99.c1", r"allowed: r1 to r\d+, c1 to c7"),
        ("thb:T4.x1", "is no place in T4"),
        ("thb:T999", r"near it are T9, T9\d, T9\d"),
        ("thb:S.summary.finding.3", r"summary\.findings\.3"),
        ("thx:T1", "there is no report 'thx'"),
    ):
        with pytest.raises(UserError, match=told):
            explain_reference(
                built, contracts, round_=ROUND, reference=reference, version="restricted"
            )


def test_an_exhibit_lists_its_places(built: Project, contracts: Contracts) -> None:
    whole = explain_reference(built, contracts, round_=ROUND, reference="octa", version="public")
    table = explain_reference(built, contracts, round_=ROUND, reference="octa:T1", version="public")
    assert isinstance(whole, Listed)
    assert isinstance(table, Listed)
    assert any(ref == "octa:F1" for ref, _ in whole.lines)
    assert table.lines[0][0] == "octa:T1.r1.c1"


def test_the_command_speaks_to_machines_too(built: Project) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pipeline",
            "explain",
            "--round",
            str(ROUND),
            "--ref",
            "thb:T4.r4.c2",
            "--json",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "SELEC_OUTPUTS": str(built.outputs)},
    )
    found = json.loads(done.stdout)
    assert found["ref"] == "thb:T4.r4.c2"
    assert found["cells"][0]["address"]
    assert found["cells"][0]["sql"][0].startswith("sql/staging/")
