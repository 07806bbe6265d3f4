"""Is a return that is far from what a publisher printed asked about? Made-up returns and
made-up published figures, through the whole intake; and how such figures are taken in.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import ROOT
from defects.returns import CsvDraft, WorkbookDraft
from glotip_files import DE, RELEASE, RO, victims, workbook
from here import run_here

from pipeline.cells import Key
from pipeline.contracts.anchors import load_anchors
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.published import (
    COLUMNS,
    FOLDER,
    PUBLISHED,
    load_published,
    load_published_figures,
)
from pipeline.errors import ContractError, UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.importers.published import take_published
from pipeline.returns.importers.run import SOURCES
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.pages import write_pages

ENTRY: dict[str, Any] = {
    "id": "victims",
    "source": "glotip",
    "publisher": "UNODC",
    "table": "Trafficking in persons (GLOTIP)",
    "release": "release 14/02/2023",
    "cube": "THB_VICTIMS",
    "codes": ["_T", "_T"],
    "tolerance": {"percent": 0, "absolute": 5},
}
CITED = "UNODC, Trafficking in persons (GLOTIP), release 14/02/2023"
KEY = "THB_VICTIMS:RO.2022._T._T"  # a good return has 50, dated 31 March 2023


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose contracts are its own, so that its published figures can be."""
    shutil.copytree(ROOT / "data_contracts", tmp_path / "data_contracts")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    forget()
    yield Project(tmp_path)
    forget()


def forget() -> None:
    for cached in (load_published, load_published_figures, load_contracts, load_anchors):
        cached.cache_clear()


def publish(project: Project, *lines: str, **entry: Any) -> Contracts:
    """Contracts with one series of published figures, `state,year,value` a line."""
    own = ENTRY | entry
    path = project.contracts / PUBLISHED
    path.write_text(yaml.safe_dump({"published": [own]}), encoding="utf-8")
    cited = f'"{own["publisher"]}, {own["table"]}, {own["release"]}"'
    text = "\n".join([",".join(COLUMNS), *(f"{line},{cited}" for line in lines)]) + "\n"
    (project.contracts / FOLDER / f"{own['id']}.csv").write_text(text, encoding="utf-8")
    forget()
    return load_contracts(project.contracts)


def send(project: Project, draft: WorkbookDraft | CsvDraft) -> None:
    folder = project.returns / "2022" / draft.report
    folder.mkdir(parents=True, exist_ok=True)
    draft.write(folder)


def asked(project: Project, contracts: Contracts) -> list[Finding]:
    found = validate_round(project, contracts, round_=2022).findings
    return [f for f in found if f.rule.endswith(".published")]


class TestFarFromWhatWasPublished:
    @pytest.mark.parametrize("value", ["50", "52", "55", "45"])
    def test_a_figure_that_is_equal_or_near_is_not_asked_about(
        self, project: Project, value: str
    ) -> None:
        contracts = publish(project, f"RO,2022,{value}")
        send(project, WorkbookDraft("thb", "RO"))
        assert asked(project, contracts) == []

    @pytest.mark.parametrize(
        ("value", "said"), [("56", "56"), ("44", "44"), ("1200", "1,200"), ("0", "0"), ("<5", "<5")]
    )
    def test_one_that_is_far_is_asked_about_beside_the_published_one(
        self, project: Project, value: str, said: str
    ) -> None:
        contracts = publish(project, f"RO,2022,{value}")
        send(project, WorkbookDraft("thb", "RO"))
        (finding,) = asked(project, contracts)
        assert (finding.state, finding.report, finding.severity) == ("RO", "thb", "query")
        assert (finding.rule, finding.key) == ("THB_VICTIMS.published", KEY)
        assert (finding.sheet, bool(finding.cell)) == ("1 Victims sex age", True)
        assert finding.found == f"50; {CITED}: {said}"
        assert finding.allowed == f"{said}, 5 more or less"

    def test_it_stands_on_the_pages_of_the_state_and_in_no_others(self, project: Project) -> None:
        contracts = publish(project, "RO,2022,1200")
        for state in ("RO", "BG"):
            send(project, WorkbookDraft("thb", state))
        validation = validate_round(project, contracts, round_=2022)
        pages = [
            p for p in write_pages(project, contracts, validation=validation) if len(p.stem) == 2
        ]
        told = {page.stem for page in pages if CITED in page.read_text(encoding="utf-8")}
        assert {page.stem for page in pages} >= {"RO", "BG"}
        assert told == {"RO"}

    def test_the_table_is_loaded_all_the_same(self, project: Project) -> None:
        contracts = publish(project, "RO,2022,1200")
        send(project, WorkbookDraft("thb", "RO"))
        validation = validate_round(project, contracts, round_=2022)
        assert not validation.is_refused("RO", "thb", table="THB_VICTIMS")

    def test_every_year_of_the_return_is_compared_and_no_other(self, project: Project) -> None:
        contracts = publish(project, "RO,2012,900", "RO,2018,900", "RO,2022,50", "BG,2022,900")
        send(project, WorkbookDraft("thb", "RO"))
        assert [f.key for f in asked(project, contracts)] == ["THB_VICTIMS:RO.2018._T._T"]

    @pytest.mark.parametrize(("value", "count"), [("60", 0), ("62", 0), ("64", 1)])
    def test_the_larger_of_both_tolerances_holds(
        self, project: Project, value: str, count: int
    ) -> None:
        contracts = publish(project, f"RO,2022,{value}", tolerance={"percent": 20, "absolute": 5})
        send(project, WorkbookDraft("thb", "RO"))
        assert len(asked(project, contracts)) == count

    @pytest.mark.parametrize(("value", "count"), [("4", 0), ("9", 0), ("10", 1), ("<5", 0)])
    def test_a_suppressed_figure_may_be_anything_up_to_four(
        self, project: Project, value: str, count: int
    ) -> None:
        contracts = publish(project, f"RO,2022,{value}")
        draft = CsvDraft("thb", "RO")
        draft.find("THB_VICTIMS", sex="_T", age="_T")["value"] = "<5"
        send(project, draft)
        found = asked(project, contracts)
        assert [f.found for f in found] == [f"<5; {CITED}: {value}"] * count

    @pytest.mark.parametrize("value", [":", "", "abc", "c"])
    def test_a_cell_without_a_figure_is_compared_with_nothing(
        self, project: Project, value: str
    ) -> None:
        contracts = publish(project, "RO,2022,900")
        draft = CsvDraft("thb", "RO")
        draft.find("THB_VICTIMS", sex="_T", age="_T")["value"] = value
        send(project, draft)
        assert asked(project, contracts) == []

    @pytest.mark.parametrize(
        ("release", "count"),
        [
            ("release 31/03/2023", 1),
            ("release 01/04/2023", 0),
            ("release March 2023", 1),
            ("release 2024", 0),
        ],
    )
    def test_what_was_published_after_the_day_of_the_return_is_not_held_against_it(
        self, project: Project, release: str, count: int
    ) -> None:
        contracts = publish(project, "RO,2022,900", release=release)
        send(project, WorkbookDraft("thb", "RO"))
        assert len(asked(project, contracts)) == count

    def test_a_return_without_a_day_is_not_compared(self, project: Project) -> None:
        contracts = publish(project, "RO,2022,900")
        draft = WorkbookDraft("thb", "RO")
        draft.cover("date").value = None
        send(project, draft)
        assert asked(project, contracts) == []

    def test_a_state_that_names_its_own_register_is_asked_too(self, project: Project) -> None:
        contracts = publish(project, "RO,2022,900")
        draft = WorkbookDraft("thb", "RO")
        draft.cover("source:THB_VICTIMS").value = "Register of the year"
        send(project, draft)
        assert len(asked(project, contracts)) == 1

    def test_no_file_of_published_figures_is_no_comparison(self, project: Project) -> None:
        (project.contracts / PUBLISHED).unlink()
        forget()
        send(project, WorkbookDraft("thb", "RO"))
        assert asked(project, load_contracts(project.contracts)) == []


class TestWhatOthersHear:
    def test_no_cube_holds_the_published_figures(self, contracts: Contracts) -> None:
        """They are compared with cells, and are none themselves."""
        series = load_published(contracts.folder, contracts)
        assert series
        assert {s.id for s in series}.isdisjoint({c.name for c in contracts.outside})
        assert {s.cube for s in series} <= {t.name for t in contracts.tables}


class TestExampleReturns:
    def test_each_series_is_of_a_source_that_an_importer_reads(self, contracts: Contracts) -> None:
        series = load_published(contracts.folder, contracts)
        assert {s.source for s in series} <= set(SOURCES)

    def test_every_series_has_figures_of_the_reference_year(self, contracts: Contracts) -> None:
        for id_, figures in load_published_figures(contracts.folder, contracts).items():
            assert {f.key.year for f in figures} >= set(range(2018, 2023)), id_

    def test_the_figures_are_those_that_the_states_gave(self, contracts: Contracts) -> None:
        figures = load_published_figures(contracts.folder, contracts)
        held = {str(f.key): f.text for s in figures.values() for f in s}
        assert held[KEY] == "500"
        assert held["MIG_ASYLUM:BG.2022.APPL"] == "20389"
        assert held["MIG_STAY:HU.2022._T._T"] == "222515"


class TestList:
    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ({"cube": "THB_NONE"}, "there is no table 'THB_NONE'"),
            ({"codes": ["_T"]}, "not one each for sex, age"),
            ({"codes": ["_T", "OLD"]}, "'OLD' is no code of age"),
            ({"release": "release newest"}, "names no date"),
            ({"tolerance": {"percent": 80, "absolute": 0}}, "percent"),
            ({"tolerance": {"percent": -1, "absolute": 0}}, "percent"),
            ({"tolerance": {"percent": 5}}, "absolute"),
            ({"id": "Victims of RO"}, "id"),
            ({"because": "no reason"}, "because"),
        ],
    )
    def test_an_entry_that_says_something_else_is_refused(
        self, project: Project, entry: dict[str, Any], said: str
    ) -> None:
        (project.contracts / PUBLISHED).write_text(
            yaml.safe_dump({"published": [ENTRY | entry]}), encoding="utf-8"
        )
        with pytest.raises(ContractError, match=said):
            load_published(project.contracts, load_contracts(project.contracts))

    def test_the_same_cells_of_one_publisher_stand_once(self, project: Project) -> None:
        twice = {"published": [ENTRY, ENTRY | {"id": "again"}]}
        (project.contracts / PUBLISHED).write_text(yaml.safe_dump(twice), encoding="utf-8")
        with pytest.raises(ContractError, match="it stands twice"):
            load_published(project.contracts, load_contracts(project.contracts))

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("DE,2022,5", "'DE' is no member state"),
            ("SELEC,2022,5", "'SELEC' is no member state"),
            ("RO,22,5", "'22' is no year"),
            ("RO,2022,5.5", "the value is '5.5'"),
            ("RO,2022,-5", "the value is '-5'"),
            ("RO,2022,<0", "the value is '<0'"),
            ("RO,2022,many", "the value is 'many'"),
            ("RO,2021,7", "stands twice"),
        ],
    )
    def test_a_line_that_is_no_figure_is_refused(
        self, project: Project, line: str, said: str
    ) -> None:
        contracts = publish(project, "RO,2021,7", line)
        with pytest.raises(ContractError, match=said):
            load_published_figures(project.contracts, contracts)

    def test_a_series_without_figures_stops_the_validation(self, project: Project) -> None:
        contracts = publish(project, "RO,2022,50")
        (project.contracts / FOLDER / "victims.csv").unlink()
        send(project, WorkbookDraft("thb", "RO"))
        with pytest.raises(ContractError, match="there are no figures of victims"):
            asked(project, contracts)


class TestTaken:
    def total(self, country: tuple[str, str], value: str, year: int = 2022) -> tuple[Any, ...]:
        return victims(country, "Total", value, year=year, Dimension="Total")

    def contracts(self, project: Project) -> Contracts:
        head = (project.contracts / "anchors.csv").read_text(encoding="utf-8").splitlines()[0]
        (project.contracts / "anchors.csv").write_text(f"{head}\n", encoding="utf-8")
        return publish(project, "RO,2022,1", release=f"release {RELEASE}")

    def test_figures_of_states_are_written_with_their_source(self, project: Project) -> None:
        contracts = self.contracts(project)
        rows = [self.total(RO, "1,500"), self.total(RO, "<5", 2018), self.total(DE, "9")]
        rows += [self.total(("BGR", "Bulgaria"), "7"), self.total(("BGR", "Bulgaria"), "9")]
        account = take_published(
            project.contracts,
            contracts,
            id_="victims",
            file=workbook(project.root, *rows),
            round_=2022,
        )
        forget()
        held = load_published_figures(project.contracts, load_contracts(project.contracts))
        assert {str(f.key): f.text for f in held["victims"]} == {
            "THB_VICTIMS:RO.2018._T._T": "<5",
            KEY: "1500",
        }
        assert account[1] == "  2 figures of 1 states, in published/victims.csv"

    @pytest.mark.parametrize(
        ("id_", "release", "said"),
        [
            ("victims", "2025", "the file says its release"),
            ("none", "", "there are no published figures 'none'"),
        ],
    )
    def test_another_series_and_a_release_given_twice_write_nothing(
        self, project: Project, id_: str, release: str, said: str
    ) -> None:
        contracts = self.contracts(project)
        before = (project.contracts / FOLDER / "victims.csv").read_bytes()
        path = workbook(project.root, self.total(RO, "15"))
        with pytest.raises(UserError, match=said):
            take_published(
                project.contracts, contracts, id_=id_, file=path, round_=2022, release=release
            )
        assert (project.contracts / FOLDER / "victims.csv").read_bytes() == before

    @pytest.mark.parametrize(
        ("banner", "said"),
        [
            ((("UNODC",), ("30/05/2023",)), "release 30/05/2023"),
            ((("UNODC",), ("",)), "does not say when it was released"),
        ],
    )
    def test_a_file_of_another_release_is_refused(
        self, project: Project, banner: tuple[Any, ...], said: str
    ) -> None:
        contracts = self.contracts(project)
        path = workbook(project.root, self.total(RO, "15"), banner=banner)
        with pytest.raises(UserError, match=said):
            take_published(project.contracts, contracts, id_="victims", file=path, round_=2022)

    def test_a_file_without_such_a_figure_is_refused(self, project: Project) -> None:
        contracts = self.contracts(project)
        path = workbook(project.root, victims(RO, "Bulgarian", "15"))
        with pytest.raises(UserError, match="gives no figure of THB_VICTIMS _T._T"):
            take_published(project.contracts, contracts, id_="victims", file=path, round_=2022)

    def test_the_command_takes_them(self, project: Project) -> None:
        self.contracts(project)
        path = workbook(project.root, self.total(RO, "15"))
        done = run_here(
            *("published", "--table", "victims", "--file", str(path), "--round", "2022"),
            root=project.root,
        )
        assert done.returncode == 0, done.stderr
        assert "1 figures of 1 states" in done.stdout


def test_a_key_of_a_series_has_its_codes(contracts: Contracts) -> None:
    for series in load_published(contracts.folder, contracts):
        for figure in load_published_figures(contracts.folder, contracts)[series.id]:
            assert series.covers(figure.key)
            assert contracts.check_key(Key.parse(str(figure.key))).name == series.cube
