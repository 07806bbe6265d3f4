"""Are the key figures of a finished PDF accounted for: the row, its small lines, the box on
changes on paper, and the shorter name at the head of the page?
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.inspection.numerals.audit import NumberAudit, audit_numbers
from pipeline.inspection.numerals.known import read_known
from pipeline.inspection.readback.charts import ChartCheck
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.values import read_register
from pipeline.report.charts.remembered import Charts
from pipeline.report.document.order import Order, pdf_name
from pipeline.report.document.worker import make_document, print_pages
from pipeline.report.ledger import LedgerEntry, PrintedChart, parse_ledger
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData

MakeStore = Callable[..., Printing]

PDF = pdf_name("thb", "restricted", round_=2022, edition=1)
V = "THB_VICTIMS"
CELLS = f"""
key                   | value | states
{V}:SELEC.2018._T._T  | 1,260 | AL BG GR HU RO
{V}:SELEC.2020._T._T  | 1,320 | AL BG GR HU RO
{V}:SELEC.2021._T._T  | 1,430 | AL BG GR HU RO
{V}:SELEC.2022._T._T  | 1,305 | AL BG GR HU RO
{V}:AL.2021._T._T     | 10    |
{V}:AL.2022._T._T     | 15    |
{V}:BG.2021._T._T     | 1,200 |
{V}:BG.2022._T._T     | 1,060 |
{V}:GR.2021._T._T     | 60    |
{V}:GR.2022._T._T     | 70    |
{V}:HU.2021._T._T     | 70    |
{V}:HU.2022._T._T     | 75    |
{V}:RO.2021._T._T     | 90    |
{V}:RO.2022._T._T     | 85    |
"""
TITLE = '"Victims of an invented crime in each state", running="Victims in each state"'
CHAPTER = f"""{{{{ chapter("victims", {TITLE}) }}}}
{{{{ exhibit("H1") }}}}
{{{{ on_paper("H1", "paper") }}}}
"""
LINE = {"key": "THB_VICTIMS:SELEC.{year}._T._T", "label": "victims", "name": "registered victims"}
ROW = {"H1": {"kind": "headline", "title": "Key figures, {year}", "indicators": [LINE]}}


class Finished:
    """A document of one chapter, with what was noted of it."""

    def __init__(self, folder: Path, store: Path, contracts: Contracts) -> None:
        self.store, self.contracts = store, contracts
        for name in ("data_contracts", "sql"):
            (folder / name).symlink_to(ROOT / name)
        self.templates = Path(shutil.copytree(ROOT / "templates", folder / "templates"))
        thb = self.templates / "thb"
        definition = yaml.safe_load((thb / "report.yaml").read_text(encoding="utf-8"))
        definition["versions"]["restricted"] = ["planted"]
        (thb / "report.yaml").write_text(yaml.safe_dump(definition), encoding="utf-8")
        (thb / "chapters/planted.html.j2").write_text(CHAPTER, encoding="utf-8")
        (thb / "exhibits.yaml").write_text(yaml.safe_dump(ROW), encoding="utf-8")
        out = folder / "out"
        out.mkdir()
        order = Order(folder, store, out, 2022, "thb", "restricted")
        make_document(order)
        print_pages(order)
        self.ledger = parse_ledger((out / "shown.json").read_bytes(), out / "shown.json")
        self.pdf = FinishedPdf((out / PDF).read_bytes())

    def audited(self, ledger: Sequence[LedgerEntry]) -> NumberAudit:
        known = read_known(
            self.templates, self.contracts, store=self.store, report="thb", version="restricted"
        )
        return audit_numbers(self.pdf, known, ledger=ledger)

    def drawn_otherwise(self) -> list[str]:
        """What the marks show that was not released."""
        check = ChartCheck("a.pdf", read_register(self.store), shown=self.ledger)
        check.check([block for block in self.pdf.blocks if block.kind == "Figure"])
        return [leak.what for leak in check.report.leaks]

    @property
    def heads(self) -> set[str]:
        return {text.text for page in self.pdf.pages for text in page.texts}


@pytest.fixture
def finished(store: MakeStore, contracts: Contracts, tmp_path: Path) -> Callable[[], Finished]:
    def make() -> Finished:
        made = store(CELLS)
        folder = tmp_path / "project"
        folder.mkdir()
        return Finished(folder, made.path, contracts)

    return make


@pytest.mark.slow
def test_each_number_of_the_row_and_of_the_box_is_accounted_for_and_each_mark_read_back(
    finished: Callable[[], Finished],
) -> None:
    made = finished()
    found = made.audited(made.ledger)
    assert [str(u) for u in found.unaccounted] == []
    assert found.formulas > 5
    assert made.drawn_otherwise() == []
    assert "1 Victims in each state" in made.heads
    text = " ".join(b.text for b in made.pdf.blocks)
    assert "without Bulgaria the figure rose by" in text
    # a drawing that nobody noted has numerals that nobody accounts for
    bare = [entry for entry in made.ledger if not isinstance(entry, PrintedChart)]
    assert made.audited(bare).unaccounted


@pytest.mark.slow
def test_a_mark_of_another_height_is_found_in_the_finished_pdf(
    finished: Callable[[], Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = Charts.draw

    def lie(self: Charts, data: ChartData, *, width_mm: float, height_mm: float | None) -> str:
        (line,) = data.series
        points = tuple(replace(p, value=777.0) if p.x == "2020" else p for p in line.points)
        other = replace(data, series=(replace(line, points=points),))
        return drawn(self, other, width_mm=width_mm, height_mm=height_mm)

    monkeypatch.setattr(Charts, "draw", lie)
    wrong = finished().drawn_otherwise()
    assert any("a mark shows about 77" in what for what in wrong), wrong
