"""What do the readers of others' files take, and what do they refuse? Small made-up files
of UNHCR, Eurostat and IOM in their own columns.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from contexts import add_anchor, copy_contracts, figures_of
from here import run_here

from pipeline.contracts.codelists import load_codelist
from pipeline.contracts.model import load_contracts
from pipeline.contracts.outside import load_outside
from pipeline.errors import UserError
from pipeline.numbers.outside.iom import ROUTES
from pipeline.numbers.outside.taken import take_context

Rows = Sequence[Sequence[str]]
ABROAD, STAY, REFUSED, MISSING = (
    "CTX_ASYLUM_ABROAD",
    "CTX_EU_STAY",
    "CTX_EU_REFUSED",
    "CTX_MISSING",
)
RELEASES = {
    ABROAD: "December 2025",
    STAY: "2025",
    REFUSED: "2025",
    MISSING: "September 2023",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_contracts(tmp_path)


def file_of(folder: Path, head: Sequence[str], rows: Rows) -> Path:
    path = folder.parent / "published.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def take(folder: Path, path: Path, cube: str, release: str | None = None) -> list[str]:
    given = RELEASES[cube] if release is None else release
    return take_context(folder, load_contracts(folder), cube=cube, file=path, release=given)


class TestAsylumAbroad:
    HEAD = (
        "year",
        "coo_iso",
        "coa_iso",
        "procedure_type",
        "app_type",
        "dec_level",
        "app_pc",
        "applied",
    )
    ORIGINS = ("ALB", "BIH", "BGR", "GRC", "HUN", "MDA", "MNE", "MKD", "ROU", "SRB", "TUR")

    def everywhere(self, year: int = 2022) -> list[list[str]]:
        """Ten persons of each member state in France, of which a file is never without."""
        return [self.row(origin, "FRA", "G N FI P", "10", year) for origin in self.ORIGINS]

    def row(
        self, origin: str, asylum: str, what: str, persons: str, year: int | str = 2022
    ) -> list[str]:
        """`what` is authority, kind, stage and unit: G N FI P."""
        return [str(year), origin, asylum, *what.split(), persons]

    def taken(self, folder: Path, *rows: Sequence[str]) -> tuple[dict[str, int], list[str]]:
        path = file_of(folder, self.HEAD, [*self.everywhere(), *rows])
        account = take(folder, path, ABROAD)
        found = figures_of(folder, ABROAD)
        return {k: v for k, v in found.items() if v != 10}, account

    def test_countries_of_asylum_are_added_up_by_citizenship(self, folder: Path) -> None:
        found, account = self.taken(
            folder,
            self.row("TUR", "DEU", "G N FI P", "700"),
            self.row("TUR", "GRC", "G N FI P", "30"),
            self.row("ALB", "GBR", "G NR FA P", "5"),
            self.row("SYR", "DEU", "G N FI P", "9000"),
            self.row("TUR", "DEU", "G N FI P", "1", 2016),
        )
        assert found == {"WORLD.2022.TR": 740, "WORLD.2022.AL": 15}
        assert account[0] == (
            "UNHCR, Refugee Data Finder, asylum applications and decisions,"
            " release December 2025: 16 rows"
        )
        assert "  1 figures are 5, for 1 to 5" in account
        assert "  2022: 4 countries of asylum" in account

    @pytest.mark.parametrize(
        "row", ["G A AR P", "G R RA P", "G N JR P", "G N FI C", "G N FI X", "X N FI P", "G J JR P"]
    )
    def test_what_is_no_new_application_of_a_person_is_not_counted(
        self, folder: Path, row: str
    ) -> None:
        found, _ = self.taken(folder, self.row("TUR", "DEU", row, "700"))
        assert found == {}

    @pytest.mark.parametrize(
        ("better", "other"),
        [
            ("G N FI P", "U N FI P"),
            ("G N FI P", "G NR FI P"),
            ("J N FI P", "U N FI P"),
            ("G N FI P", "G N NA P"),
        ],
    )
    def test_one_count_of_a_country_and_year_is_taken(
        self, folder: Path, better: str, other: str
    ) -> None:
        found, _ = self.taken(
            folder,
            self.row("TUR", "DEU", other, "400"),
            self.row("ALB", "DEU", other, "300"),
            self.row("TUR", "DEU", better, "60"),
        )
        assert found == {"WORLD.2022.TR": 70}

    def test_new_applications_without_a_stage_are_new_applications(self, folder: Path) -> None:
        found, account = self.taken(folder, self.row("TUR", "DEU", "G N NA P", "60"))
        assert found == {"WORLD.2022.TR": 70}
        assert "  2022: 2 countries of asylum" in account

    def test_the_own_country_is_not_abroad(self, folder: Path) -> None:
        assert self.taken(folder, self.row("SRB", "SRB", "G N FI P", "700"))[0] == {}

    def test_a_country_that_counts_otherwise_is_named(self, folder: Path) -> None:
        _, account = self.taken(
            folder,
            self.row("TUR", "USA", "G N IN C", "700"),
            self.row("TUR", "FIN", "G R RA P", "7"),
        )
        assert "  2022: 1 countries of asylum; counted otherwise and left out: USA" in account

    def test_a_year_that_was_not_over_at_the_release_is_left_out(self, folder: Path) -> None:
        found, account = self.taken(folder, self.row("TUR", "DEU", "G N FI P", "70", 2025))
        assert found == {}
        assert "  2025 left out: it was not over at release December 2025" in account

    def test_the_same_row_twice_counts_once_and_another_figure_is_refused(
        self, folder: Path
    ) -> None:
        row = self.row("TUR", "DEU", "G N FI P", "60")
        assert self.taken(folder, row, row)[0] == {"WORLD.2022.TR": 70}
        with pytest.raises(UserError, match="citizens of TUR are '61' and '60'") as told:
            self.taken(folder, row, self.row("TUR", "DEU", "G N FI P", "61"))
        assert "row 14" in str(told.value)

    @pytest.mark.parametrize("persons", ["", "many", "1.5", "-3", "<5", "2022-01-01"])
    def test_a_figure_that_is_no_number_is_refused(self, folder: Path, persons: str) -> None:
        with pytest.raises(UserError, match="citizens of TUR are"):
            self.taken(folder, self.row("TUR", "DEU", "G N FI P", persons))

    @pytest.mark.parametrize(
        ("year", "asylum"), [("", "DEU"), ("last", "DEU"), ("22", "DEU"), ("2022", "")]
    )
    def test_a_row_without_its_place_is_refused(self, folder: Path, year: str, asylum: str) -> None:
        with pytest.raises(UserError, match="cannot be read in the column"):
            self.taken(folder, self.row("TUR", asylum, "G N FI P", "60", year))

    def test_a_file_of_some_citizens_only_is_refused(self, folder: Path) -> None:
        path = file_of(folder, self.HEAD, self.everywhere()[:-2])
        with pytest.raises(UserError, match="no application of citizens of .*Serbia, .*Türkiye"):
            take(folder, path, ABROAD)

    def test_a_file_of_the_member_states_only_is_refused(self, folder: Path) -> None:
        rows = [
            self.row(origin, "TUR" if origin != "TUR" else "GRC", "G N FI P", "10")
            for origin in self.ORIGINS
        ]
        with pytest.raises(UserError, match="no country of asylum"):
            take(folder, file_of(folder, self.HEAD, rows), ABROAD)

    def test_decisions_are_another_file(self, folder: Path) -> None:
        head = ("year", "coo_iso", "coa_iso", "procedure_type", "dec_level", "dec_pc", "dec_total")
        with pytest.raises(UserError, match="columns are missing"):
            take(
                folder, file_of(folder, head, [["2022", "TUR", "DEU", "G", "FI", "P", "5"]]), ABROAD
            )


UNION, UNION_LABEL = "EU27_2020", "European Union - 27 countries (from 2020)"


def eurostat(folder: Path, cube: str, rows: Rows, *, updated: str = "") -> Path:
    """SDMX-CSV with labels: each row is area, year, figure and flag, of the whole."""
    parts = (
        ("reason", "apprehen", "citizen", "sex", "age", "unit")
        if cube == STAY
        else ("border", "unit", "reason", "citizen")
    )
    head = ("LAST UPDATE", "freq", *parts, "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG")
    whole = ["Person" if part == "unit" else "Total" for part in parts]
    lines = [[updated, "Annual", *whole, *row] for row in rows]
    inland = [[updated, "Annual", "Other", *whole[1:], UNION, "2022", "9", ""]]
    return file_of(folder, head, [*inland, *lines])


def json_of_refused(folder: Path, updated: str) -> Path:
    dimensions = {
        "freq": ["A"],
        "border": ["TOTAL"],
        "unit": ["PER"],
        "reason": ["TOTAL"],
        "citizen": ["TOTAL"],
        "geo": [UNION, "DE"],
        "time": ["2022"],
    }
    document = {
        "version": "2.0",
        "class": "dataset",
        "updated": updated,
        "id": [*dimensions],
        "size": [len(codes) for codes in dimensions.values()],
        "dimension": {
            name: {"category": {"index": {c: n for n, c in enumerate(codes)}}}
            for name, codes in dimensions.items()
        },
        "value": [142420, 5],
    }
    path = folder.parent / "published.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


class TestEuropeanUnion:
    @pytest.mark.parametrize("cube", [STAY, REFUSED])
    @pytest.mark.parametrize("name", [UNION, UNION_LABEL, f"{UNION}: {UNION_LABEL}"])
    def test_the_totals_of_the_union_of_today_are_taken(
        self, folder: Path, cube: str, name: str
    ) -> None:
        rows = [
            [name, "2021", "679730", ""],
            [name, "2022", "1120380", ""],
            [name, "2016", "924035", ""],
            ["European Union - 28 countries (2013-2020)", "2019", "650175", ""],
            ["Germany", "2022", "198310", ""],
        ]
        account = take(folder, eurostat(folder, cube, rows), cube)
        assert figures_of(folder, cube) == {"EU27.2021": 679730, "EU27.2022": 1120380}
        assert "  2 figures of 2021 to 2022, in context/" + cube + ".csv" in account

    @pytest.mark.parametrize("flag", ["e", "p", "b", "bep", "u", "f"])
    def test_a_year_that_the_publisher_marks_is_left_out(self, folder: Path, flag: str) -> None:
        rows = [[UNION, "2021", "139520", ""], [UNION, "2022", "142420", flag]]
        account = take(folder, eurostat(folder, REFUSED, rows), REFUSED)
        assert figures_of(folder, REFUSED) == {"EU27.2021": 139520}
        assert f"  2022 left out: the publisher marks it '{flag}'" in account

    @pytest.mark.parametrize("value", [":", "", "many", "-5", "1.5"])
    def test_a_year_without_a_number_is_left_out(self, folder: Path, value: str) -> None:
        rows = [[UNION, "2021", "139520", ""], [UNION, "2022", value, ""]]
        account = take(folder, eurostat(folder, REFUSED, rows), REFUSED)
        assert figures_of(folder, REFUSED) == {"EU27.2021": 139520}
        assert any(line.startswith("  2022 left out: ") for line in account)

    def test_a_file_without_the_union_is_refused(self, folder: Path) -> None:
        path = eurostat(folder, STAY, [["Germany", "2022", "198310", ""]])
        with pytest.raises(UserError, match="no total of the European Union"):
            take(folder, path, STAY)

    def test_a_year_with_two_figures_is_refused(self, folder: Path) -> None:
        path = eurostat(folder, STAY, [[UNION, "2022", "1", ""], [UNION_LABEL, "2022", "2", ""]])
        with pytest.raises(UserError, match="2022 is '1' and '2'"):
            take(folder, path, STAY)

    def test_quarters_are_refused(self, folder: Path) -> None:
        with pytest.raises(UserError, match="'2022-Q1' is no year"):
            take(folder, eurostat(folder, STAY, [[UNION, "2022-Q1", "1", ""]]), STAY)

    @pytest.mark.parametrize(("cube", "other"), [(STAY, REFUSED), (REFUSED, STAY)])
    def test_the_other_table_is_refused(self, folder: Path, cube: str, other: str) -> None:
        with pytest.raises(UserError, match="columns are missing"):
            take(folder, eurostat(folder, other, [[UNION, "2022", "5", ""]]), cube)

    def test_a_total_that_misses_the_printed_one_writes_nothing(self, folder: Path) -> None:
        add_anchor(
            folder,
            "a,Eurostat,Third-country nationals found to be illegally present (migr_eipre),,EU27,"
            f"2022,{STAY},,1120000,5000,a news item",
        )
        before = (folder / "context" / f"{STAY}.csv").read_bytes()
        with pytest.raises(UserError, match="adds up to 112,038"):
            take(folder, eurostat(folder, STAY, [[UNION, "2022", "112038", ""]]), STAY)
        assert (folder / "context" / f"{STAY}.csv").read_bytes() == before

    def test_an_anchor_of_a_return_of_the_same_table_is_none_of_context(self, folder: Path) -> None:
        add_anchor(
            folder,
            "a,Eurostat,Third-country nationals found to be illegally present (migr_eipre),,EU27,"
            "2022,MIG_STAY,_T._T,7,0,a news item",
        )
        account = take(folder, eurostat(folder, STAY, [[UNION, "2022", "5", ""]]), STAY)
        assert account[-1] == "  no total printed elsewhere is known for this source"


class TestMissingMigrants:
    HEAD = (
        "Incident Type",
        "Incident year",
        "Number of Dead",
        "Minimum Estimated Number of Missing",
        "Total Number of Dead and Missing",
        "Migration route",
    )

    def incident(
        self, route: str, dead: str, missing: str, both: str, year: str = "2022"
    ) -> list[str]:
        return ["Incident", year, dead, missing, both, route]

    def taken(self, folder: Path, *rows: Sequence[str]) -> tuple[dict[str, int], list[str]]:
        account = take(folder, file_of(folder, self.HEAD, rows), MISSING)
        return figures_of(folder, MISSING), account

    def test_incidents_are_added_up_by_route_and_year(self, folder: Path) -> None:
        found, account = self.taken(
            folder,
            self.incident("Eastern Mediterranean", "12.0", "3", "15"),
            self.incident("Eastern Mediterranean", "", "2", "2"),
            self.incident("Western Balkans", "1", "0", "1", "2021"),
            self.incident("Western Balkans", "4", "0", "4", "2016"),
            self.incident("Western Balkans", "0", "0", "0", "2020"),
        )
        assert found == {"SEE_ROUTES.2021.WBALK": 1, "SEE_ROUTES.2022.EMED": 17}
        assert account[0] == "IOM, Missing Migrants Project, release September 2023: 5 rows"

    @pytest.mark.parametrize("name", [*ROUTES, "SYRIA TO TÜRKIYE", " Western  Balkans "])
    def test_each_route_of_the_region_has_a_code_under_old_and_new_names(
        self, folder: Path, name: str
    ) -> None:
        (found,) = self.taken(folder, self.incident(name, "1", "0", "1"))[0]
        assert found.rpartition(".")[2] in load_codelist(folder / "codelists", "missing_route")

    def test_routes_elsewhere_and_none_are_skipped_and_counted(self, folder: Path) -> None:
        found, account = self.taken(
            folder,
            self.incident("Western Balkans", "1", "0", "1"),
            self.incident("Central Mediterranean", "600", "0", "600"),
            self.incident("", "7", "1", "8"),
            self.incident("", "1", "1", "2"),
        )
        assert found == {"SEE_ROUTES.2022.WBALK": 1}
        assert "  1 rows skipped, a route elsewhere" in account
        assert "  2 rows skipped, no route; 10 dead and missing" in account

    def test_a_year_that_was_not_over_at_the_release_is_left_out(self, folder: Path) -> None:
        found, account = self.taken(
            folder,
            self.incident("Western Balkans", "1", "0", "1"),
            self.incident("Western Balkans", "5", "0", "5", "2023"),
        )
        assert found == {"SEE_ROUTES.2022.WBALK": 1}
        assert "  2023 left out: it was not over at release September 2023" in account

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            (("Northern Route", "1", "0", "1"), "no route 'Northern Route'"),
            (("Western Balkans", "1", "0", ""), "dead, missing and both are"),
            (("Western Balkans", "1", "some", "1"), "dead, missing and both are"),
            (("Western Balkans", "-1", "0", "-1"), "dead, missing and both are"),
            (("Western Balkans", "1", "2", "4"), "1 dead and 2 missing are not 4"),
            (("Western Balkans", "1", "0", "1", "soon"), "'soon' is no year"),
            (("Western Balkans", "1", "0", "1", ""), "'' is no year"),
        ],
    )
    def test_a_row_that_cannot_be_added_up_loses_nothing(
        self, folder: Path, row: tuple[str, ...], said: str
    ) -> None:
        before = (folder / "context" / f"{MISSING}.csv").read_bytes()
        with pytest.raises(UserError, match=said) as told:
            self.taken(folder, self.incident("Western Balkans", "1", "0", "1"), self.incident(*row))
        assert "row 3" in str(told.value)
        assert (folder / "context" / f"{MISSING}.csv").read_bytes() == before

    def test_a_file_of_a_part_of_a_year_alone_writes_nothing(self, folder: Path) -> None:
        with pytest.raises(UserError, match="no figure of a whole year"):
            self.taken(folder, self.incident("Western Balkans", "1", "0", "1", "2023"))


class TestRelease:
    """Each publisher's file: one that does not state its release, and one that does."""

    def silent(self, folder: Path, cube: str) -> Path:
        if cube == ABROAD:
            return file_of(folder, TestAsylumAbroad.HEAD, TestAsylumAbroad().everywhere())
        if cube == MISSING:
            rows = [TestMissingMigrants().incident("Western Balkans", "1", "0", "1")]
            return file_of(folder, TestMissingMigrants.HEAD, rows)
        return eurostat(folder, cube, [[UNION, "2022", "5", ""]])

    @pytest.mark.parametrize("cube", RELEASES)
    def test_it_is_given_where_the_file_does_not_say_it(self, folder: Path, cube: str) -> None:
        path = self.silent(folder, cube)
        with pytest.raises(UserError, match="does not say when it was released") as told:
            take(folder, path, cube, "")
        assert "RELEASE=" in str(told.value)
        assert take(folder, path, cube)[0].endswith(" rows")

    @pytest.mark.parametrize("cube", RELEASES)
    @pytest.mark.parametrize(
        ("given", "said"),
        [("January 2021", "of release January 2021"), ("newest", "'newest' is no date")],
    )
    def test_another_one_and_what_is_no_date_are_refused(
        self, folder: Path, cube: str, given: str, said: str
    ) -> None:
        with pytest.raises(UserError, match=said):
            take(folder, self.silent(folder, cube), cube, given)

    @pytest.mark.parametrize(
        "made",
        [
            lambda folder: eurostat(
                folder, REFUSED, [[UNION, "2022", "142420", ""]], updated="28/03/25 23:00:00"
            ),
            lambda folder: json_of_refused(folder, "2025-03-28T23:00:00+0100"),
        ],
        ids=["SDMX-CSV", "JSON-stat"],
    )
    def test_the_stamp_of_a_file_is_its_day(
        self, folder: Path, made: Callable[[Path], Path]
    ) -> None:
        path = made(folder)
        with pytest.raises(UserError, match="the file is of release 28/03/2025"):
            take(folder, path, REFUSED, "")
        with pytest.raises(UserError, match="the file says its release 28/03/2025"):
            take(folder, path, REFUSED, "2025")
        text = (folder / "context.yaml").read_text(encoding="utf-8")
        (folder / "context.yaml").write_text(
            text.replace("release: release 2025", "release: release 28/03/2025"), encoding="utf-8"
        )
        for cube in (STAY, REFUSED, "CTX_OC_INDEX"):  # those of the release named
            figures = folder / "context" / f"{cube}.csv"
            own = figures.read_text(encoding="utf-8")
            figures.write_text(own.replace("release 2025", "release 28/03/2025"), encoding="utf-8")
        load_contracts.cache_clear()
        load_outside.cache_clear()
        take(folder, path, REFUSED, "")
        assert figures_of(folder, REFUSED) == {"EU27.2022": 142420}

    def test_the_command_takes_it(self, folder: Path) -> None:
        path = self.silent(folder, MISSING)
        asked = ("context", "--table", MISSING, "--file", str(path))
        done = run_here(*asked, root=folder.parent)
        assert done.returncode != 0
        assert "does not say when it was released" in done.stderr + done.stdout
        done = run_here(*asked, "--release", RELEASES[MISSING], root=folder.parent)
        assert done.returncode == 0, done.stderr
        assert "1 figures of 2022 to 2022" in done.stdout
