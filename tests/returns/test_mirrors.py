"""Are two states asked whose figures of the same persons are far apart? Made-up returns
through the whole intake, the table of pairs, and a report that is built with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import ROOT
from defects.returns import CsvDraft
from here import make_here
from small_project import keep_chapters, small_project

from pipeline.cells import Bounds
from pipeline.contracts.mirrors import MIRRORS, Mirror, load_mirrors, pairs
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import ContractError
from pipeline.findings import Finding
from pipeline.numbers.questions import queried_keys
from pipeline.project import Project
from pipeline.report.document.mirrored import build_mirror
from pipeline.report.exhibits.layout import read_exhibits, variables
from pipeline.report.printing import Printing
from pipeline.report.views import EmptyView, TableView
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.pages import write_pages

FOUND, RETURNED = "THB_VICTIMS_CTZ", "THB_REPATRIATED"
ENTRY: dict[str, Any] = {
    "id": "victims",
    "found": FOUND,
    "returned": RETURNED,
    "dimension": "citizenship",
    "tolerance": {"ratio": 3, "absolute": 20},
}
ROUND = 2022


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose contracts are its own, so that its pairs can be."""
    shutil.copytree(ROOT / "data_contracts", tmp_path / "data_contracts")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    forget()
    yield Project(tmp_path)
    forget()


def forget() -> None:
    load_mirrors.cache_clear()
    load_contracts.cache_clear()


def draft(state: str, table: str, country: str, value: str, year: int = ROUND) -> CsvDraft:
    """A good return of which one figure by country is `value`."""
    made = CsvDraft("thb", state, round=year)
    own = {"table": table, "state": state, "year": str(year), "citizenship": country}
    made.lines = [line for line in made.lines if {k: line.get(k, "") for k in own} != own]
    made.lines.append({**own, "value": value})
    return made


def send(project: Project, *drafts: CsvDraft) -> None:
    for made in drafts:
        folder = project.returns / str(made.round) / made.report
        folder.mkdir(parents=True, exist_ok=True)
        made.write(folder)


def asked(project: Project) -> list[Finding]:
    contracts = load_contracts(project.contracts)
    found = validate_round(project, contracts, round_=ROUND).findings
    return [f for f in found if f.rule.endswith(".mirror")]


class TestFarApart:
    def test_both_states_are_asked_each_with_its_own_figure_first(self, project: Project) -> None:
        send(project, draft("GR", FOUND, "BG", "90"), draft("BG", RETURNED, "GR", "4"))
        by_state = {f.state: f for f in asked(project)}
        assert set(by_state) == {"GR", "BG"}
        greece, bulgaria = by_state["GR"], by_state["BG"]
        assert (greece.rule, greece.key) == (f"{FOUND}.mirror", f"{FOUND}:GR.2022.BG")
        assert (bulgaria.rule, bulgaria.key) == (f"{RETURNED}.mirror", f"{RETURNED}:BG.2022.GR")
        assert greece.severity == bulgaria.severity == "query"
        assert greece.found == (
            "90; Bulgaria reports 4"
            " (Victims by country of repatriation, THB_REPATRIATED:BG.2022.GR)"
        )
        assert bulgaria.found == (
            "4; Greece reports 90 (Registered victims by citizenship, THB_VICTIMS_CTZ:GR.2022.BG)"
        )
        assert greece.allowed == "at most 3 times the other figure, or 20 apart"

    def test_each_is_told_on_its_own_page_and_a_third_state_on_none(self, project: Project) -> None:
        send(
            project,
            draft("GR", FOUND, "BG", "90"),
            draft("BG", RETURNED, "GR", "4"),
            CsvDraft("thb", "HU"),
        )
        contracts = load_contracts(project.contracts)
        validation = validate_round(project, contracts, round_=ROUND)
        pages = {p.stem: p for p in write_pages(project, contracts, validation=validation)}
        told = {
            state: page.read_text(encoding="utf-8").count(COMPARE)
            for state, page in pages.items()
            if len(state) == 2
        }
        assert told["GR"] >= 1
        assert told["BG"] >= 1
        assert told["HU"] == 0

    @pytest.mark.parametrize(
        ("found", "returned", "count"),
        [
            ("90", "90", 0),
            ("90", "30", 0),  # three times
            ("90", "29", 2),
            ("29", "90", 2),
            ("24", "4", 0),  # twenty apart
            ("25", "4", 2),
            ("25", "0", 2),
            ("24", "<5", 0),
            ("25", "<5", 2),
            ("<5", "<5", 0),
            ("90", ":", 0),
            (":", "90", 0),
            ("90", "many", 0),
        ],
    )
    def test_a_pair_is_asked_about_beyond_both_tolerances(
        self, project: Project, found: str, returned: str, count: int
    ) -> None:
        send(project, draft("GR", FOUND, "BG", found), draft("BG", RETURNED, "GR", returned))
        assert len(asked(project)) == count

    def test_one_side_alone_is_compared_with_nothing(self, project: Project) -> None:
        send(project, draft("GR", FOUND, "BG", "90"), CsvDraft("thb", "BG"))
        assert asked(project) == []

    def test_another_country_and_another_year_are_no_pair(self, project: Project) -> None:
        other = draft("BG", RETURNED, "HU", "400")
        other.lines.append(
            {
                "table": RETURNED,
                "state": "BG",
                "year": "2020",
                "citizenship": "GR",
                "value": "15",
            }
        )
        send(project, draft("GR", FOUND, "BG", "90"), other)
        assert asked(project) == []

    @pytest.mark.parametrize("conf", ["N", "C", "D", "E"])
    @pytest.mark.parametrize("side", [FOUND, RETURNED])
    def test_a_figure_that_its_sender_bound_is_not_told_to_another_state(
        self, project: Project, side: str, conf: str
    ) -> None:
        drafts = {
            FOUND: draft("GR", FOUND, "BG", "90"),
            RETURNED: draft("BG", RETURNED, "GR", "4"),
        }
        drafts[side].lines[-1]["conf_status"] = conf
        send(project, *drafts.values())
        assert asked(project) == []

    def test_both_tables_are_loaded_all_the_same(self, project: Project) -> None:
        send(project, draft("GR", FOUND, "BG", "90"), draft("BG", RETURNED, "GR", "4"))
        contracts = load_contracts(project.contracts)
        validation = validate_round(project, contracts, round_=ROUND)
        assert not validation.is_refused("GR", "thb", table=FOUND)
        assert not validation.is_refused("BG", "thb", table=RETURNED)

    def test_a_protected_version_marks_no_figure_for_it(self, contracts: Contracts) -> None:
        key = f"{FOUND}:GR.2022.BG"
        finding = Finding(
            ROUND, "thb", "GR", "", "", "", FOUND, key, f"{FOUND}.mirror", "query", "", "", ""
        )
        every = {key, f"{RETURNED}:BG.2022.GR"}
        assert queried_keys([finding], contracts, present=every, shown=every) == frozenset()


COMPARE = "compare with the other state"
CELLS = f"""
key                        | value | obs | conf
{FOUND}:GR.2022.BG         | 90    |     |
{RETURNED}:BG.2022.GR      | 4     |     |
{FOUND}:RO.2021.HU         | 30    |     |
{RETURNED}:HU.2021.RO      | 25    |     |
{FOUND}:RO.2022.HU         | 30    |     |
{RETURNED}:HU.2022.RO      | :     |     |
{FOUND}:GR.2022.GR         | 300   |     |
{RETURNED}:GR.2022.GR      | 300   |     |
{FOUND}:GR.2022.SY         | 300   |     |
"""


class TestTable:
    def view(self, store: Printing) -> TableView | EmptyView:
        spec = read_exhibits(ROOT / "templates/thb/exhibits.yaml")["M1"]
        return build_mirror(spec, store, number="Table 1", values=variables(store))

    def test_it_lists_every_pair_with_both_figures_and_which_are_far_apart(
        self, store: Callable[..., Printing]
    ) -> None:
        view = self.view(store(CELLS))
        assert isinstance(view, TableView)
        assert [(row.label, *(cell.text for cell in row.cells)) for row in view.rows] == [
            ("Romania, citizens of Hungary, 2021", "30", "25", ""),
            ("Greece, citizens of Bulgaria, 2022", "90", "4", "far apart"),
        ]
        assert [cell.key for cell in view.rows[1].cells][:2] == [
            f"{FOUND}:GR.2022.BG",
            f"{RETURNED}:BG.2022.GR",
        ]

    def test_without_a_pair_it_has_no_place(self, store: Callable[..., Printing]) -> None:
        alone = "\n".join(line for line in CELLS.splitlines() if RETURNED not in line)
        assert isinstance(self.view(store(alone)), EmptyView)

    def test_a_pair_of_which_one_side_is_withheld_is_no_line(
        self, store: Callable[..., Printing]
    ) -> None:
        hidden = CELLS.replace("BG.2022.GR      | 4 ", "BG.2022.GR      | c ")
        view = self.view(store(hidden, version="partner"))
        assert isinstance(view, TableView)
        assert [row.label for row in view.rows] == ["Romania, citizens of Hungary, 2021"]

    def test_a_report_is_built_with_it_and_without_a_pair_says_nothing_of_it(
        self, tmp_path: Path
    ) -> None:
        root = small_project(tmp_path / "copy")
        keep_chapters(root, ["citizenship_states"])
        small = Project(root)
        silent = make_here("report", "ROUND=2021", "REPORT=thb", "VERSION=restricted", root=root)
        assert silent.returncode == 0, silent.stderr
        cells = small.outputs / "2021" / "thb" / "restricted" / "cells.csv"
        assert "citizenship-states/M1" not in cells.read_text(encoding="utf-8")
        for state, table, country, value in (
            ("GR", FOUND, "BG", "90"),
            ("BG", RETURNED, "GR", "40"),
        ):
            (small.returns / "2021" / "thb" / f"{state}.xlsx").unlink()
            send(small, draft(state, table, country, value, year=2021))
        told = make_here("report", "ROUND=2021", "REPORT=thb", "VERSION=restricted", root=root)
        assert told.returncode == 0, told.stderr
        printed = cells.read_text(encoding="utf-8")
        assert f"{RETURNED}:BG.2021.GR" in printed


class TestList:
    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ({"found": "THB_NONE"}, "there is no table 'THB_NONE'"),
            ({"returned": FOUND}, "no mirror of itself"),
            ({"returned": "THB_VICTIMS"}, "THB_VICTIMS has not the dimension citizenship alone"),
            ({"dimension": "sex"}, "has not the dimension sex alone"),
            ({"tolerance": {"ratio": 0.5, "absolute": 5}}, "ratio"),
            ({"tolerance": {"ratio": 3, "absolute": -1}}, "absolute"),
            ({"tolerance": {"ratio": 3}}, "absolute"),
            ({"id": "A Pair"}, "id"),
            ({"why": "no reason"}, "why"),
        ],
    )
    def test_an_entry_that_says_something_else_is_refused(
        self, project: Project, entry: dict[str, Any], said: str
    ) -> None:
        (project.contracts / MIRRORS).write_text(
            yaml.safe_dump({"mirrors": [ENTRY | entry]}), encoding="utf-8"
        )
        with pytest.raises(ContractError, match=said):
            load_mirrors(project.contracts, load_contracts(project.contracts))

    def test_an_id_stands_once(self, project: Project) -> None:
        (project.contracts / MIRRORS).write_text(
            yaml.safe_dump({"mirrors": [ENTRY, ENTRY]}), encoding="utf-8"
        )
        with pytest.raises(ContractError, match="it stands twice"):
            load_mirrors(project.contracts, load_contracts(project.contracts))

    def test_each_pair_of_states_stands_once_and_no_state_beside_itself(
        self, contracts: Contracts
    ) -> None:
        (mirror,) = load_mirrors(contracts.folder, contracts)
        found = list(pairs(mirror, contracts, years=(2022,)))
        assert len(found) == len(set(found)) == 11 * 10
        for one, other in found:
            assert mirror.other(one) == other
            assert mirror.other(other) == one
            assert one.state != other.state
            contracts.check_key(one)
            contracts.check_key(other)

    def test_the_order_of_two_figures_does_not_matter(self) -> None:
        mirror = Mirror("a", FOUND, RETURNED, Decimal(3), Decimal(20))
        apart = {}
        for low, high in ((0, 21), (10, 31), (10, 30), (100, 121)):
            one, other = (Bounds(Decimal(n), Decimal(n)) for n in (low, high))
            assert mirror.is_far(one, other) == mirror.is_far(other, one)
            apart[low, high] = mirror.is_far(one, other)
        assert apart == {(0, 21): True, (10, 31): True, (10, 30): False, (100, 121): False}
