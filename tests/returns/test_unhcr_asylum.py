"""Applications for asylum and grants of protection, as UNHCR publishes them by country of
origin: what is added up, what is kept apart, and what the note of a sum says.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.importers import unhcr_asylum
from pipeline.returns.importers.figures import Reading
from pipeline.returns.importers.run import run_import

ROOT = Path(__file__).parents[2]
SERVICE = (
    "year,coo_name,coo,coo_iso,coa_name,coa,coa_iso,procedure_type,app_type,dec_level,app_pc,"
    "applied"
)
PAGE = (
    "Year,Country of origin,Country of origin (ISO),Country of asylum,Country of asylum (ISO),"
    "Authority,Application type,Stage of procedure,Cases / Persons,applied"
)
DECISIONS = (
    "year,coo_iso,coa_iso,procedure_type,dec_level,dec_pc,dec_recognized,dec_other,dec_rejected,"
    "dec_closed,dec_total"
)


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


def application(state: str, origin: str, what: str, persons: str, year: int = 2022) -> list[str]:
    """`what` is authority, kind, stage and unit: G N FI P."""
    return [str(year), origin, origin, origin, state, state, state, *what.split(), persons]


def decision(state: str, origin: str, what: str, *counts: str, year: int = 2022) -> list[str]:
    return [str(year), origin, state, *what.split(), *counts]


def file_of(folder: Path, head: str, rows: Sequence[Sequence[str]]) -> Path:
    path = folder / "published.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])
    return path


def figures(reading: Reading) -> dict[str, tuple[str, str]]:
    return {str(f.key): (f.text, f.obs_status) for f in reading.figures if f.text}


def notes(reading: Reading) -> list[str]:
    return [f.note for f in reading.figures if f.note]


class TestApplications:
    def read(self, folder: Path, contracts: Contracts, *rows: Sequence[str]) -> Reading:
        return unhcr_asylum.read(file_of(folder, SERVICE, rows), contracts, 2022)

    def test_persons_of_all_countries_of_origin_are_added_up_at_the_first_instance(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("ROU", "SYR", "G N FI P", "100"),
            application("ROU", "AFG", "G N FI P", "23"),
            application("ROU", "AFG", "G R RA P", "9"),
            application("ROU", "AFG", "G A AR P", "8"),
            application("ROU", "AFG", "G N JR P", "7"),
            application("DEU", "AFG", "G N FI P", "999"),
            application("ROU", "AFG", "G N FI P", "50", year=2013),
        )
        assert figures(reading) == {"MIG_ASYLUM:RO.2022.APPL": ("123", "")}
        assert notes(reading) == []
        assert reading.skipped_by_rule == {"not_first_instance": 2, "repeated_application": 1}
        assert reading.outside == {"other_state": 1, "other_year": 1}
        assert (reading.used, reading.rows) == (2, 7)

    def test_fives_are_marked_because_they_stand_for_fewer_as_well(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("MNE", "SYR", "G N FA P", "30"),
            application("MNE", "CUB", "G N FA P", "5"),
            application("MNE", "IRN", "G N FA P", "5"),
        )
        assert figures(reading) == {"MIG_ASYLUM:ME.2022.APPL": ("40", "E")}
        assert notes(reading) == [
            "2022: 2 of the figures of 3 countries of origin are 5, for 1 to 5"
        ]

    def test_new_applications_are_counted_where_no_stage_is_said(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("MNE", "SYR", "G N NA P", "30"),
            application("ROU", "SYR", "G N NA P", "30"),
            application("ROU", "SYR", "G N FI P", "20"),
        )
        assert figures(reading) == {
            "MIG_ASYLUM:ME.2022.APPL": ("30", ""),
            "MIG_ASYLUM:RO.2022.APPL": ("20", ""),
        }
        assert reading.skipped_by_rule == {"another_count_is_taken": 1}

    def test_cases_are_never_persons(self, tmp_path: Path, contracts: Contracts) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("BGR", "SYR", "G N FI C", "30"),
            application("GRC", "SYR", "G N FI C", "30"),
            application("GRC", "SYR", "G N FI P", "70"),
        )
        assert figures(reading) == {"MIG_ASYLUM:GR.2022.APPL": ("70", "")}
        assert notes(reading) == ["2022: published in cases, not in persons; left blank"]
        assert reading.skipped_by_rule == {"cases_not_persons": 2}

    @pytest.mark.parametrize(
        ("better", "other"),
        [("G N FI P", "U N FI P"), ("G N FI P", "G NR FI P"), ("J N FI P", "U N FI P")],
    )
    def test_two_counts_of_the_same_are_not_added(
        self, tmp_path: Path, contracts: Contracts, better: str, other: str
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("TUR", "SYR", other, "400"),
            application("TUR", "SYR", better, "60"),
        )
        assert [text for text, _ in figures(reading).values()] == ["60"]
        assert reading.skipped_by_rule == {"another_count_is_taken": 1}

    @pytest.mark.parametrize(
        ("what", "said"),
        [
            ("U N FI P", "counted by UNHCR, not by the state (U)"),
            ("J N FI P", "counted by the state and UNHCR together (J)"),
            ("G NR FA P", "new and repeated applications in one figure (NR)"),
        ],
    )
    def test_a_count_that_is_another_than_asked_is_marked_and_named_with_its_years(
        self, tmp_path: Path, contracts: Contracts, what: str, said: str
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("TUR", "SYR", what, "400", year=2018),
            application("TUR", "SYR", what, "300", year=2019),
        )
        assert {status for _, status in figures(reading).values()} == {"D"}
        assert notes(reading) == [f"2018, 2019: {said}"]

    @pytest.mark.parametrize("missing", ["", "-", "many", "12.5"])
    def test_a_sum_that_lacks_a_part_is_no_figure(
        self, tmp_path: Path, contracts: Contracts, missing: str
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            application("SRB", "SYR", "G N FI P", "100"),
            application("SRB", "AFG", "G N FI P", missing),
        )
        assert figures(reading) == {}
        assert "left blank" in notes(reading)[0]
        assert reading.used == 0
        assert sum(reading.skipped_by_rule.values()) == 2

    def test_the_download_of_the_page_is_read_like_that_of_the_service(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        row = ["2022", "Syria", "SYR", "Romania", "ROU", "G", "N", "FI", "P", "12"]
        path = file_of(tmp_path, PAGE, [row])
        assert figures(unhcr_asylum.read(path, contracts, 2022)) == {
            "MIG_ASYLUM:RO.2022.APPL": ("12", "")
        }


class TestDecisions:
    def test_both_kinds_of_protection_are_one_grant_and_closed_cases_none(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        rows = [
            decision("ROU", "SYR", "G FI P", "40", "30", "20", "10", "100"),
            decision("ROU", "AFG", "G FI P", "5", "0", "20", "10", "35"),
            decision("ROU", "AFG", "G JR P", "8", "8", "0", "0", "16"),
            decision("BGR", "AFG", "G FA P", "10", "20", "0", "0", "30"),
        ]
        reading = unhcr_asylum.read(file_of(tmp_path, DECISIONS, rows), contracts, 2022)
        assert figures(reading) == {
            "MIG_ASYLUM:RO.2022.GRANT": ("75", "E"),
            "MIG_ASYLUM:BG.2022.GRANT": ("30", "D"),
        }
        assert notes(reading) == [
            "2022: first instance and appeal in one figure (FA)",
            "2022: 1 of the figures of 2 countries of origin are 5, for 1 to 5",
        ]
        assert reading.skipped_by_rule == {"not_first_instance": 1}


class TestRelease:
    def run(self, folder: Path, contracts: Contracts, release: str) -> dict[str, str]:
        from openpyxl import load_workbook

        path = file_of(folder, SERVICE, [application("SRB", "SYR", "G N FI P", "100")])
        run_import(
            Project(folder),
            contracts,
            source="unhcr_asylum",
            file=path,
            round_=2022,
            release=release,
        )
        cover = load_workbook(folder / "returns/2022/migration/RS.xlsx").worksheets[0]
        return {str(row[0]): str(row[2]) for row in cover.iter_rows(values_only=True, max_col=3)}

    def test_the_cover_names_the_release_that_the_file_does_not_state(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        cover = self.run(tmp_path, contracts, "December 2025")
        assert cover["source:MIG_ASYLUM"] == (
            "UNHCR, Refugee Data Finder, asylum applications and decisions, release December 2025"
        )

    @pytest.mark.parametrize("release", ["the newest", "=1+1", "2025.12.1"])
    def test_what_is_no_date_is_no_release(
        self, tmp_path: Path, contracts: Contracts, release: str
    ) -> None:
        with pytest.raises(UserError, match="is no date of a release"):
            self.run(tmp_path, contracts, release)
        assert not (tmp_path / "returns").exists()
