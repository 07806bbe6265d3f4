"""Do the finished reports say, page by page, what they must? Read off the PDFs as
text and structure, not bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pypdfium2
import pytest
import yaml
from builds import OF_STATES, REPORTS, ROOT, ROUND, VERSIONS, files_of, once

from pipeline.cells import POPULATION_CUBE, Key
from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.values import read_register
from pipeline.numbers.sql.explain import Explained, explain, lines
from pipeline.project import Project
from pipeline.report.formulas import compared
from pipeline.report.ledger import charts_of, parse_ledger, statements_of
from pipeline.report.numbers import number_text
from pipeline.report.printing import Printing

pytestmark = pytest.mark.slow
EACH = [(r, v) for r in REPORTS for v in VERSIONS]
each_report = pytest.mark.parametrize(
    ("report", "version"), EACH, ids=[f"{r}-{v}" for r, v in EACH]
)
each_report_of_states = pytest.mark.parametrize(
    ("report", "version"), [(r, v) for r in OF_STATES for v in VERSIONS]
)
LEAST_PAGES = {"restricted": 25, "public": 10}
REFERENCE = {
    "thb": "SELEC/THB/2022",
    "migration": "SELEC/MIG/2022",
    "octa": "SELEC/OCTA/2022",
    "activity": "SELEC/ACT/2022",
}
FIRST = "THB_VICTIMS:SELEC.2022._T._T"


def pdf(built: Project, report: str, version: str) -> Path:
    return built.version_folder(ROUND, report, version) / f"selec-{report}-{ROUND}-{version}-1.pdf"


@lru_cache(maxsize=8)
def pages(path: Path) -> list[str]:
    """The text of each page. Reading a report takes seconds, so it is kept beside the
    build for the other workers.
    """
    kept = (
        next(f for f in path.parents if f.name == "built").with_name("text") / f"{path.stem}.json"
    )

    def read(folder: Path) -> None:
        with pypdfium2.PdfDocument(path) as document:
            texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
        folder.mkdir(parents=True)
        (folder / kept.name).write_text(json.dumps(texts), encoding="utf-8")

    kept.parent.mkdir(exist_ok=True)
    folder = once(kept.with_suffix(""), read)
    texts: list[str] = json.loads((folder / kept.name).read_text(encoding="utf-8"))
    return texts


@lru_cache(maxsize=8)
def cells(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((path / "cells.csv").read_text(encoding="utf-8"))))


def marking(version: str) -> str:
    versions = yaml.safe_load((ROOT / "templates/shared/versions.yaml").read_text(encoding="utf-8"))
    text: str = versions[version]["marking"]
    return text


@each_report_of_states
def test_it_is_as_long_as_a_report_is(built: Project, report: str, version: str) -> None:
    assert len(pages(pdf(built, report, version))) >= LEAST_PAGES[version]


@each_report
def test_every_page_bears_its_marking(built: Project, report: str, version: str) -> None:
    without = [
        n
        for n, text in enumerate(pages(pdf(built, report, version)), 1)
        if marking(version) not in text
    ]
    assert without == []


@each_report
def test_no_page_bears_the_marking_of_the_other_version(
    built: Project, report: str, version: str
) -> None:
    other = marking("public" if version == "restricted" else "restricted")
    assert not [n for n, text in enumerate(pages(pdf(built, report, version)), 1) if other in text]


@each_report
def test_every_page_after_the_cover_has_its_number_and_reference(
    built: Project, report: str, version: str
) -> None:
    texts = pages(pdf(built, report, version))
    suffix = "/R/1" if version == "restricted" else "/P/1"
    for n, text in enumerate(texts[1:], 2):
        assert re.search(rf"\b(page )?{n} of {len(texts)}\b", text, re.IGNORECASE), f"page {n}"
    assert sum(REFERENCE[report] + suffix in text for text in texts) >= len(texts) - 1


@each_report
def test_no_page_is_nearly_empty(built: Project, report: str, version: str) -> None:
    texts = pages(pdf(built, report, version))
    furniture = re.compile(
        rf"{re.escape(marking(version))}|(page )?\d+ of {len(texts)}|{REFERENCE[report]}/[RP]|"
        r"Report on \w[\w ]+ in Southeast Europe|OCTA SEE[\w ]*|Southeast European Law Enforcement"
        r" Center",
        re.IGNORECASE,
    )
    empty = {
        n: text
        for n, text in enumerate(texts, 1)
        if n > 1 and len(furniture.sub("", text).strip()) < 60
    }
    drawn = {n for n in empty if _draws(pdf(built, report, version), n)}
    assert {n: t for n, t in empty.items() if n not in drawn} == {}


def _draws(path: Path, page: int) -> bool:
    """Whether a page holds a drawing: many path operators."""
    with pikepdf.open(path) as opened:
        return (
            sum(
                1
                for i in pikepdf.parse_content_stream(opened.pages[page - 1])
                if str(i.operator) in ("c", "l")
            )
            > 50
        )


@each_report
def test_it_has_title_language_tags_and_its_data_attached(
    built: Project, report: str, version: str
) -> None:
    with pikepdf.open(pdf(built, report, version)) as opened:
        assert str(opened.docinfo["/Title"]).endswith(f", {ROUND}")
        assert str(opened.Root.Lang) == "en"
        assert bool(opened.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in opened.Root
        assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
        attached = {name: f.get_file().read_bytes() for name, f in opened.attachments.items()}
        assert len(opened.open_outline().root) >= 5
    assert attached == {
        "cells.csv": (built.version_folder(ROUND, report, version) / "cells.csv").read_bytes()
    }


@each_report
def test_the_manifest_tells_the_truth_about_its_files(
    built: Project, report: str, version: str
) -> None:
    folder = built.version_folder(ROUND, report, version)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(files_of(folder)) == {*manifest["outputs"], "manifest.json"}
    for name, facts in manifest["outputs"].items():
        data = (folder / name).read_bytes()
        assert facts == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    for name, digest in manifest["inputs"].items():
        if "/" in name:  # the others are no files: the store, what its exhibits place
            assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, name
    assert (manifest["report"], manifest["version"], manifest["round"]) == (report, version, ROUND)
    assert manifest["build"]["pages"] == len(pages(pdf(built, report, version)))
    assert manifest["build"]["printed_cells"] == len(cells(folder))


@each_report
def test_a_public_manifest_names_no_return_and_a_restricted_one_does(
    built: Project, report: str, version: str
) -> None:
    text = (built.version_folder(ROUND, report, version) / "manifest.json").read_text(
        encoding="utf-8"
    )
    assert ('"returns/' in text) == (version == "restricted")


@each_report_of_states
def test_the_data_annex_has_valid_keys_in_order_each_once(
    built: Project, contracts: Contracts, report: str, version: str
) -> None:
    folder = built.version_folder(ROUND, report, version)
    assert (folder / "cells.csv").read_text(encoding="utf-8").splitlines()[
        0
    ] == "key,value,unit,obs_status,conf_status,coverage,marks"
    keys = [row["key"] for row in cells(folder)]
    assert keys == sorted(set(keys))
    assert len(keys) > 100
    for text in keys:
        key = Key.parse(text)
        if key.cube != POPULATION_CUBE:
            contracts.check_key(key)


@each_report
def test_the_data_annex_says_what_the_store_says(
    built: Project, contracts: Contracts, report: str, version: str
) -> None:
    store = Printing(built.store(ROUND, report, version), contracts, report=report, version=version)
    for row in cells(built.version_folder(ROUND, report, version)):
        cell = store.cell(Key.parse(row["key"]))
        shown = cell.value if cell.has_value else None
        assert (Decimal(row["value"]) if row["value"] else None) == shown, row["key"]
        assert (row["conf_status"] == "S") == cell.withheld, row["key"]


@each_report_of_states
def test_the_totals_of_the_data_annex_stand_in_the_text(
    built: Project, report: str, version: str
) -> None:
    printed = " ".join(pages(pdf(built, report, version)))
    regional = [
        r
        for r in cells(built.version_folder(ROUND, report, version))
        if ":SELEC.2022" in r["key"] and r["value"]
    ]
    assert regional
    missing = [
        r["key"]
        for r in regional
        if Decimal(r["value"]) >= 100 and number_text(Decimal(r["value"])) not in printed
    ]
    # A figure may be an operand alone: of a share, a rate, a change or a claim.
    noted = built.ledger(ROUND, report, version)
    entries = parse_ledger(noted.read_bytes(), noted)
    sentences = " ".join(s.bound for s in statements_of(entries))
    operands = " ".join(re.findall(r"\[\[(?:share|rate|moved|claim) [^\]]*\]\]", sentences))
    drawn = [p.key for c in charts_of(entries) for s in c.data.series for p in s.points]
    operands += " ".join(key for key in drawn if key.startswith("tenths("))
    assert [k for k in missing if k not in operands] == []


@each_report
def test_every_large_number_of_the_text_is_a_cell(
    built: Project, contracts: Contracts, report: str, version: str
) -> None:
    """A number with a thousands comma is a cell, follows from cells as told, is a
    figure of the quality report, a difference in the annex on revisions, or a round
    mark of a scale.
    """
    store = Printing(built.store(ROUND, report, version), contracts, report=report, version=version)
    ledger = built.ledger(ROUND, report, version).read_text(encoding="utf-8")
    annex = cells(built.version_folder(ROUND, report, version))
    known = follow_from_cells(store, ledger) | {
        number_text(Decimal(r["value"])) for r in annex if r["value"]
    }
    known |= set(read_register(built.store(ROUND, report, version)).queries.values())
    texts = pages(pdf(built, report, version))
    printed = {
        n
        for t in texts
        if "Difference" not in t
        for n in re.findall(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]|\.\d)", t)
    }
    unknown = {n for n in printed - known if int(n.replace(",", "")) % 50 not in (0, 49)}
    assert unknown == set()


def follow_from_cells(store: Printing, ledger: str) -> set[str]:
    """Sums that a chart names with their cells, both figures of a question, the change
    of a single state, what is left of a sum without it, and changes of many times.
    """
    values = {str(c.key): c.value for c in store.every_cell() if c.value is not None}
    sums = re.findall(r"\bsum\(([^()]+)\)", ledger)
    parts = [text.split(" + ") for text in sums]
    found = {
        number_text(sum((values[k] for k in keys), Decimal(0)))
        for keys in parts
        if set(keys) <= set(values)
    }
    for cell in store.every_cell():
        for year in range(ROUND - 4, cell.key.year):
            then = values.get(str(cell.key.at(year=year)))
            if cell.value is not None and then is not None:
                found.add(number_text(abs(cell.value - then)))
        if cell.value is not None and cell.wholes:
            exceeding = [
                sum((values[p] for p in store.parts_instead(w)), Decimal(0)) - values[w]
                for w in cell.wholes
                if store.parts_instead(w) and {w, *store.parts_instead(w)} <= set(values)
            ]
            found.add(number_text(cell.value + sum(exceeding, Decimal(0))))
    left = set()
    for told, year in re.findall(r"\[\[alone ([\w:.]+) since (\d{4})\]\]", ledger):
        for key in compared(store, Key.parse(told), since=int(year)):
            states = [values.get(str(key.at(state=s))) for s in store.cell(key).states]
            left |= {number_text(values[str(key)] - own) for own in states if own is not None}
    return left | found | many_times(store, ledger)


def many_times(store: Printing, ledger: str) -> set[str]:
    """The changes in per cent that tables and texts name, large enough for a thousands
    comma.
    """
    pairs = set(re.findall(r"\bchange\(([\w:.]+), ([\w:.]+)\)", ledger))
    for told, since in re.findall(r"\[\[moved ([\w:.]+) since (\d{4})\]\]", ledger):
        pairs.add(tuple(map(str, compared(store, Key.parse(told), since=int(since)))))
    found = set()
    for pair in pairs:
        value, before = (store.cell(Key.parse(key)).value for key in pair)
        if value is not None and before:
            percent = ((value - before) / before * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
            found |= {number_text(percent)} if percent >= 1000 else set()
    return found


@each_report
def test_no_template_or_binding_shows_through(built: Project, report: str, version: str) -> None:
    text = " ".join(pages(pdf(built, report, version)))
    for trace in ("[[", "]]", "{{", "}}", "{year}", "{previous}", "{state}", "Undefined", "\x00"):
        assert trace not in text
    assert not {"nan", "NaN", "Decimal"} & set(text.split())
    assert not re.search(r"\bNone\b(?! of)", text)


def test_the_restricted_report_on_trafficking_tells_the_known_figures(built: Project) -> None:
    text = " ".join(pages(pdf(built, "thb", "restricted")))
    assert "1,856" in text
    revisions = [
        t for t in pages(pdf(built, "thb", "restricted")) if "Round 2021" in t and "Difference" in t
    ]
    assert any(re.search(r"Moldova .*?2020 139 37 −102", page) for page in revisions)


def test_the_public_report_has_no_revisions_and_no_country_pages(built: Project) -> None:
    for report in REPORTS:
        text = " ".join(pages(pdf(built, report, "public")))
        assert "Round 2021 Round 2022" not in text
        assert "First of them" not in text  # the head of the annex on findings


def test_the_first_number_of_all_is_right_with_its_coverage(built: Project) -> None:
    for version in VERSIONS:
        found = {r["key"]: r for r in cells(built.version_folder(ROUND, "thb", version))}
        assert (found[FIRST]["value"], found[FIRST]["coverage"]) == ("1856", "11/11")


def test_public_figures_are_a_part_of_the_restricted_ones(
    built: Project, contracts: Contracts
) -> None:
    for report in REPORTS:
        full = Printing(
            built.store(ROUND, report, "restricted"), contracts, report=report, version="restricted"
        )
        for row in cells(built.version_folder(ROUND, report, "public")):
            if row["value"]:
                assert full.cell(Key.parse(row["key"])).value == Decimal(row["value"]), row["key"]


def sources(found: Explained) -> list[Explained]:
    return [found] if found.file else [s for part in found.parts for s in sources(part)]


def test_a_regional_number_is_walked_back_to_the_cells_of_eleven_returns(
    built: Project, contracts: Contracts
) -> None:
    found = explain(built, contracts, round_=ROUND, text=FIRST)
    states = [p for p in found.parts if p.key != FIRST]
    assert (found.value, found.coverage, len(states)) == (Decimal(1856), "11 of 11 states", 11)
    assert sum((p.value or Decimal(0) for p in states), Decimal(0)) == 1856
    for leaf in sources(found):
        assert returned(leaf) == leaf.value, f"{leaf.file} {leaf.sheet} {leaf.address}"
    told = lines(found)
    assert len([line for line in told if line.startswith("  THB_VICTIMS:")]) == 11
    assert any(
        "round 2021 said" in line
        for line in lines(explain(built, contracts, round_=ROUND, text="THB_VICTIMS:MD.2020._T._T"))
    )


def returned(leaf: Explained) -> Decimal:
    """What really stands at the address that explain gives."""
    path = ROOT / "returns" / leaf.file
    if path.suffix == ".xlsx":
        return Decimal(str(_workbook(path)[leaf.sheet][leaf.address].value))
    row, column = re.fullmatch(r"line (\d+), column (\w+)", leaf.address).groups()  # type: ignore[union-attr]
    text = path.read_text(encoding="utf-8-sig").splitlines()
    delimiter = ";" if ";" in text[0] else ","
    values = dict(
        zip(
            text[0].split(delimiter),
            next(csv.reader([text[int(row) - 1]], delimiter=delimiter)),
            strict=True,
        )
    )
    return Decimal(values[column])


@lru_cache(maxsize=32)
def _workbook(path: Path) -> Any:
    return openpyxl.load_workbook(path, read_only=False, data_only=True)


@pytest.mark.parametrize(
    "key",
    [
        "THB_VICTIMS:RO.2022.F.Y_LT18",
        "THB_VICTIMS_CTZ:SELEC.2022.NAT",
        "MIG_STAY:SELEC.2022._T._T",
        "OCT_DRUG_KG:RO.2021.HER",
        "THB_PERSONS:SELEC_FIX.2020.CONV._T",
    ],
)
def test_any_number_adds_up_from_cells_that_hold_what_explain_says(
    built: Project, contracts: Contracts, key: str
) -> None:
    found = explain(built, contracts, round_=ROUND, text=key)
    leaves = sources(found)
    assert leaves
    assert sum((leaf.value or Decimal(0) for leaf in leaves), Decimal(0)) == found.value
    for leaf in leaves[:4]:
        if leaf.file.endswith(".xlsx"):
            assert returned(leaf) == leaf.value


def test_what_nobody_reported_is_told_as_such(built: Project, contracts: Contracts) -> None:
    found = explain(built, contracts, round_=ROUND, text="THB_ASSETS:RO.2022")
    assert (found.value, found.origin, found.parts) == (None, "no figure", ())


def test_the_findings_pages_load_nothing_from_outside(built: Project) -> None:
    for page in built.findings(ROUND).glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script|<link[^>]+http|src=[\"']http|@import|url\(http", text), (
            page.name
        )
