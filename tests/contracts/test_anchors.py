"""A table whose sum misses a total that its publisher printed elsewhere fills no return
and is not loaded.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from pipeline.contracts.anchors import ANCHORS, COLUMNS, load_anchors
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import ContractError, UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.importers.returns import open_return
from pipeline.returns.importers.run import run_import
from pipeline.returns.importers.workbook_return import put_files
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.outcome import Validation

ROOT = Path(__file__).parents[2]
HEAD = ("citizen", "geo", "year", "Illegal Third Country Nationals")
TABLE = "Third-country nationals found to be illegally present (migr_eipre), by citizenship"
GREECE = {
    "id": "orders-gr-2022",
    "publisher": "Eurostat",
    "table": TABLE,
    "release": "",
    "area": "GR",
    "year": "2022",
    "cube": "MIG_STAY_CTZ",
    "codes": "*",
    "value": "33500",
    "tolerance": "500",
    "where": "a yearbook, table 3",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose contracts are its own, so that its anchors can be."""
    shutil.copytree(ROOT / "data_contracts", tmp_path / "data_contracts")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    return Project(tmp_path)


def with_anchors(project: Project, *rows: dict[str, str]) -> Contracts:
    with (project.contracts / ANCHORS).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    load_anchors.cache_clear()
    return load_contracts(project.contracts)


def published(folder: Path, rows: Iterable[Sequence[str]]) -> Path:
    path = folder / "published.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return path


def anchored(validation: Validation) -> list[Finding]:
    return [f for f in validation.findings if f.rule.endswith(".anchor")]


class TestImport:
    def test_a_file_of_another_series_is_refused_and_no_return_written(
        self, project: Project
    ) -> None:
        contracts = with_anchors(project, GREECE)
        # The sum of another series under the same head: a fifth of what the publisher
        # printed.
        path = published(
            project.root,
            [("Albania", "Greece", "2022", "4965.0"), ("Syria", "Greece", "2022", "2000.0")],
        )
        with pytest.raises(UserError) as problem:
            run_import(project, contracts, source="eurostat_migration", file=path, round_=2022)
        assert problem.value.where == str(path)
        assert "orders-gr-2022: MIG_STAY_CTZ:GR.2022.* adds up to 6,965" in problem.value.what
        assert "33,500, 500 more or less (a yearbook, table 3)" in problem.value.allowed
        assert not project.returns.exists()

    def test_a_sum_within_the_tolerance_fills_the_returns_and_stands_in_the_account(
        self, project: Project
    ) -> None:
        contracts = with_anchors(project, GREECE)
        rows = [("Albania", "Greece", "2022", "31000.0"), ("Syria", "Greece", "2022", "2010.0")]
        rows += [("Total", "Greece", "2022", "99999.0"), ("Asia", "Greece", "2022", "2010.0")]
        summary = run_import(
            project,
            contracts,
            source="eurostat_migration",
            file=published(project.root, rows),
            round_=2022,
        )
        assert (project.returns / "2022" / "migration" / "GR.xlsx").is_file()
        assert (
            "  orders-gr-2022: 33,010, printed 33,500, 500 more or less (a yearbook, table 3)"
            in summary.lines()
        )

    @pytest.mark.parametrize("area", ["DE", "European Union - 27 countries (from 2020)"])
    def test_rows_of_other_areas_are_compared_although_no_return_holds_them(
        self, project: Project, area: str
    ) -> None:
        contracts = with_anchors(project, GREECE | {"id": "other", "area": area, "year": "2015"})
        name = "Germany" if area == "DE" else area
        rows = [("Syria", name, "2015", "100.0"), ("Syria", "Greece", "2022", "5.0")]
        with pytest.raises(UserError, match="other: .* adds up to 100"):
            run_import(
                project,
                contracts,
                source="eurostat_migration",
                file=published(project.root, rows),
                round_=2022,
            )

    @pytest.mark.parametrize("figure", ["", "about ten"])
    def test_a_sum_that_lacks_a_figure_is_not_compared_and_the_account_says_so(
        self, project: Project, figure: str
    ) -> None:
        contracts = with_anchors(project, GREECE | {"area": "SELEC"})
        rows = [("Syria", "Greece", "2022", "5.0"), ("Syria", "Romania", "2022", figure)]
        summary = run_import(
            project,
            contracts,
            source="eurostat_migration",
            file=published(project.root, rows),
            round_=2022,
        )
        assert any(
            line.startswith("  orders-gr-2022: not compared, no figure of AL, BA")
            for line in summary.lines()
        )

    def test_an_anchor_of_another_release_says_nothing(self, project: Project) -> None:
        contracts = with_anchors(project, GREECE | {"release": "release 2024-01-01"})
        path = published(project.root, [("Syria", "Greece", "2022", "5.0")])
        summary = run_import(
            project, contracts, source="eurostat_migration", file=path, round_=2022
        )
        assert "  no total printed elsewhere is known for this source" in summary.lines()


class TestValidation:
    def filled(self, project: Project, **anchor: str) -> Contracts:
        """Returns of Greece and Romania that name the source, under an anchor that
        their figures meet.
        """
        contracts = with_anchors(project, GREECE | anchor)
        rows = [("Albania", "Greece", "2022", "33500.0"), ("Syria", "Romania", "2022", "20.0")]
        run_import(
            project,
            contracts,
            source="eurostat_migration",
            file=published(project.root, rows),
            round_=2022,
        )
        for path in (project.returns / "2022" / "migration").glob("*.xlsx"):
            if path.stem not in ("GR", "RO"):
                path.unlink()
        return contracts

    def test_returns_that_meet_an_anchor_are_loaded(self, project: Project) -> None:
        validation = validate_round(project, self.filled(project), round_=2022)
        assert anchored(validation) == []
        assert not validation.is_refused("GR", "migration", table="MIG_STAY_CTZ")

    def test_a_return_that_misses_it_is_not_loaded_and_the_state_is_told_where(
        self, project: Project
    ) -> None:
        self.filled(project)
        contracts = with_anchors(project, GREECE | {"value": "20000"})
        validation = validate_round(project, contracts, round_=2022)
        (finding,) = anchored(validation)
        assert (finding.state, finding.severity, finding.table) == ("GR", "error", "MIG_STAY_CTZ")
        assert finding.found == "orders-gr-2022: MIG_STAY_CTZ:GR.2022.* adds up to 33,500"
        assert "20,000, 500 more or less (a yearbook, table 3)" in finding.allowed
        assert (finding.sheet, bool(finding.cell)) == ("1 Illegal stay citizenship", True)
        assert validation.is_refused("GR", "migration", table="MIG_STAY_CTZ")
        assert not validation.is_refused("GR", "migration", table="MIG_STAY")
        assert not validation.is_refused("RO", "migration", table="MIG_STAY_CTZ")

    def test_a_state_that_names_a_source_of_its_own_is_not_measured_by_it(
        self, project: Project
    ) -> None:
        self.filled(project)
        contracts = with_anchors(project, GREECE | {"value": "20000"})
        file = open_return(
            contracts,
            "migration",
            state="GR",
            round_=2022,
            folder=project.returns / "2022" / "migration",
        )
        file.cite("MIG_STAY_CTZ", "Hellenic Police, register of the year")
        put_files(file.content())
        assert anchored(validate_round(project, contracts, round_=2022)) == []

    def test_a_regional_anchor_without_a_state_is_a_note_and_keeps_nothing_out(
        self, project: Project
    ) -> None:
        contracts = self.filled(project, area="SELEC", value="90000")
        validation = validate_round(project, contracts, round_=2022)
        notes = anchored(validation)
        assert {f.severity for f in notes} == {"note"}
        assert all(
            "not compared, no figure of this source from AL, BA, BG" in f.found for f in notes
        )
        assert not validation.is_refused("GR", "migration", table="MIG_STAY_CTZ")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": "Not An Id"}, "an id is in small letters"),
        ({"where": " "}, "there is no where"),
        ({"year": "22"}, "'22' is no year"),
        ({"value": "about 5"}, "'about 5' is no value"),
        ({"value": "-5"}, "is below zero"),
        ({"tolerance": "9000"}, "more than a tenth"),
        ({"cube": "MIG_NONE"}, "there is no table 'MIG_NONE'"),
        ({"codes": "*.*"}, "is not one code each for"),
        ({"codes": "G_ASIA"}, "'G_ASIA' is no code of citizenship"),
    ],
)
def test_a_line_that_is_wrong_is_named(
    project: Project, change: dict[str, str], problem: str
) -> None:
    contracts = with_anchors(project, GREECE | change)
    with pytest.raises(ContractError, match=problem):
        load_anchors(contracts.folder, contracts)


def test_an_id_stands_once_and_the_columns_are_given(project: Project) -> None:
    contracts = with_anchors(project, GREECE, GREECE)
    with pytest.raises(ContractError, match="line 3, orders-gr-2022: .*stands once"):
        load_anchors(contracts.folder, contracts)
    (project.contracts / ANCHORS).write_text("id,value\n", encoding="utf-8")
    with pytest.raises(ContractError, match="the columns are id, value"):
        load_anchors(contracts.folder, contracts)


def test_every_anchor_of_the_project_is_of_a_source_that_an_importer_cites() -> None:
    """A title that changes in an importer would leave its anchors without a source, and
    nothing compared.
    """
    contracts = load_contracts(ROOT / "data_contracts")
    text = "\n".join(
        p.read_text(encoding="utf-8")
        for p in (ROOT / "pipeline" / "returns" / "importers").glob("*.py")
    )
    text += "\n".join(cube.table for cube in contracts.outside)
    anchors = load_anchors(contracts.folder, contracts)
    assert len(anchors) > 10
    for anchor in anchors:
        assert anchor.table.removeprefix("annex 7.1 ") in text, anchor.id
