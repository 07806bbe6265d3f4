"""Figures of others as context: how a publisher's file is taken in, what is refused, and
that no figure of a state is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import ROOT
from contexts import add_anchor, copy_contracts, figures_of
from here import run_here
from openpyxl import Workbook

from pipeline.cells import Key, is_outside
from pipeline.contracts.anchors import compare, load_anchors
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.outside import CONTEXT, load_figures, load_outside
from pipeline.errors import ContractError, UserError
from pipeline.numbers.outside.taken import READERS, take_context
from pipeline.numbers.stores import cubes_of
from pipeline.project import Project

CUBE, BY_MONTH = "CTX_CROSSINGS", "CTX_CROSSINGS_MONTH"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
HEADS = ("Route", "Border type or inland", "Nationality")
AS_OF = "Source: FRAN data as of 03JUN25"
Row = tuple[str, str, str, Sequence[Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_contracts(tmp_path)


def workbook(folder: Path, *rows: Row, years: Sequence[int] = (2022,), note: str = AS_OF) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([*HEADS, *(f"{m}{y}" for y in years for m in MONTHS)])
    for route, border, nationality, counts in rows:
        sheet.append([route, border, nationality, *counts])
    book.create_sheet("Notes").append([note])
    path = folder / "ibc.xlsx"
    book.save(path)
    return path


def figures(folder: Path) -> dict[str, int]:
    return figures_of(folder, CUBE)


def take(folder: Path, path: Path, cube: str = CUBE) -> list[str]:
    return take_context(folder, load_contracts(folder), cube=cube, file=path)


class TestFrontex:
    def test_months_are_added_up_to_years_over_kinds_of_border(self, folder: Path) -> None:
        path = workbook(
            folder.parent,
            ("Western Balkan Route", "Land", "Syria", range(1, 13)),
            ("Western Balkan Route", "Sea", "Syria", [1] * 12),
            ("Eastern Mediterranean Route", "Land", "Türkiye", [2] * 12),
            ("Black Sea Route", "Sea", "Russia", [0] * 12),
        )
        account = take(folder, path)
        assert figures(folder) == {"EU_EXT.2022.EMED.TR": 24, "EU_EXT.2022.WBALK.SY": 90}
        assert account[0].endswith("release 03/06/2025: 4 rows")
        text = (folder / "context" / f"{CUBE}.csv").read_text(encoding="utf-8")
        assert all("Frontex" in line for line in text.splitlines()[1:])

    def test_months_of_a_route_are_added_up_over_nationalities_and_kinds_of_border(
        self, folder: Path
    ) -> None:
        path = workbook(
            folder.parent,
            ("Western Balkan Route", "Land", "Syria", range(1, 13)),
            ("Western Balkan Route", "Sea", "Iraq", [100] * 12),
            ("Black Sea Route", "Sea", "Russia", [0] * 11 + [4]),
        )
        account = take(folder, path, BY_MONTH)
        found = figures_of(folder, BY_MONTH)
        own = {key: value for key, value in found.items() if ".WBALK." in key}
        assert own == {f"EU_EXT.2022.WBALK.M{m:02}": 100 + m for m in range(1, 13)}
        assert found["EU_EXT.2022.BLACK.M01"] == 0
        assert found["EU_EXT.2022.BLACK.M12"] == 4
        assert account[1].startswith("  24 figures of 2022 to 2022")

    def test_a_year_with_a_month_that_is_no_number_has_no_months(self, folder: Path) -> None:
        counts = [*([1] * 12), *([1] * 11), "n/a"]
        rows = ("Other", "Sea", "Syria", counts), ("Other", "Sea", "Iraq", [5] * 24)
        account = take(folder, workbook(folder.parent, *rows, years=(2021, 2022)), BY_MONTH)
        assert figures_of(folder, BY_MONTH) == {f"EU_EXT.2021.OTH.M{m:02}": 6 for m in range(1, 13)}
        assert "  2022 left out: a month holds no number" in account

    def test_the_months_held_add_up_to_the_years_held(self) -> None:
        held = load_figures(ROOT / "data_contracts")
        sums: dict[str, dict[tuple[int, str], int]] = {CUBE: {}, BY_MONTH: {}}
        for cube, of_cube in sums.items():
            for figure in held[cube]:
                place = (figure.year, figure.codes[0])
                of_cube[place] = of_cube.get(place, 0) + int(figure.value)
        years = {place: value for place, value in sums[CUBE].items() if value}
        months = {place: value for place, value in sums[BY_MONTH].items() if value}
        assert years
        assert months == years

    def test_what_names_no_one_country_is_unknown_and_added_up(self, folder: Path) -> None:
        path = workbook(
            folder.parent,
            ("Other", "Sea", "Unknown", [1] * 12),
            ("Other", "Sea", "Unspecified sub-Saharan nationals", [1] * 12),
        )
        take(folder, path)
        assert figures(folder) == {"EU_EXT.2022.OTH._U": 24}

    @pytest.mark.parametrize("month", [None, "n/a", "1.5", -3, "many"])
    def test_a_year_of_which_a_month_is_no_number_is_left_out(
        self, folder: Path, month: object
    ) -> None:
        counts = [*([1] * 12), *([1] * 11), month]
        rows = ("Other", "Sea", "Syria", counts), ("Other", "Sea", "Iraq", [5] * 24)
        account = take(folder, workbook(folder.parent, *rows, years=(2021, 2022)))
        assert figures(folder) == {"EU_EXT.2021.OTH.IQ": 60, "EU_EXT.2021.OTH.SY": 12}
        assert "  2022 left out: a month holds no number" in account

    def test_a_route_that_no_list_knows_loses_nothing(self, folder: Path) -> None:
        before = (folder / "context" / f"{CUBE}.csv").read_bytes()
        path = workbook(folder.parent, ("Northern Route", "Land", "Syria", [1] * 12))
        with pytest.raises(UserError, match="no route 'Northern Route'"):
            take(folder, path)
        assert (folder / "context" / f"{CUBE}.csv").read_bytes() == before

    @pytest.mark.parametrize(
        ("note", "said"),
        [("Source: FRAN data as of 04JUL25", "of release 04/07/2025"), ("", "does not say as of")],
    )
    def test_another_release_and_none_are_refused(self, folder: Path, note: str, said: str) -> None:
        path = workbook(folder.parent, ("Other", "Sea", "Syria", [1] * 12), note=note)
        with pytest.raises(UserError, match=said):
            take(folder, path)

    def test_a_file_that_misses_a_printed_total_writes_nothing(self, folder: Path) -> None:
        add_anchor(
            folder,
            "a,Frontex,Monthly detections of illegal border-crossing,,EU_EXT,2022,"
            f"{CUBE},WBALK.*,144118,0,a release",
        )
        before = (folder / "context" / f"{CUBE}.csv").read_bytes()
        path = workbook(folder.parent, ("Western Balkan Route", "Land", "Syria", [1] * 12))
        with pytest.raises(UserError, match="adds up to 12"):
            take(folder, path)
        assert (folder / "context" / f"{CUBE}.csv").read_bytes() == before

    def test_the_command_says_what_it_took_and_refuses_another_cube(self, folder: Path) -> None:
        root = folder.parent
        path = workbook(root, ("Other", "Sea", "Syria", [1] * 12))
        done = run_here("context", "--table", "CTX_NONE", "--file", str(path), root=root)
        assert done.returncode != 0
        assert "there is no cube of context 'CTX_NONE'" in done.stdout + done.stderr
        done = run_here("context", "--table", CUBE, "--file", str(path), root=root)
        assert done.returncode == 0, done.stderr
        assert "1 figures of 2022 to 2022" in done.stdout


class TestDefinition:
    def edited(self, folder: Path, **entry: Any) -> Path:
        content = yaml.safe_load((folder / CONTEXT).read_text(encoding="utf-8"))
        (own,) = (c for c in content["context"] if c["cube"] == CUBE)
        own |= entry
        (folder / CONTEXT).write_text(yaml.safe_dump(content), encoding="utf-8")
        load_outside.cache_clear()
        return folder

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ({"narrows": "counts of persons"}, "narrows"),
            ({"because": ""}, "because"),
            ({"cube": "THB_VICTIMS"}, "cube"),
            ({"release": "release newest"}, "names no date"),
            ({"area": "RO"}, "'RO' is not in"),
            ({"unit": "sheep"}, "in no list of units"),
            ({"reports": ["weather"]}, "no report weather"),
        ],
    )
    def test_an_entry_that_says_something_else_is_refused(
        self, folder: Path, entry: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(ContractError, match=said):
            load_outside(self.edited(folder, **entry))

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("RO,2022,OTH,SY,5,{s}", "the area is 'RO'"),
            ("EU_EXT,22,OTH,SY,5,{s}", "is no year"),
            ("EU_EXT,2022,_T,SY,5,{s}", "'_T' is no code"),
            ("EU_EXT,2022,OTH,ZZ,5,{s}", "'ZZ' is no code"),
            ("EU_EXT,2022,OTH,SY,-5,{s}", "the value is '-5'"),
            ("EU_EXT,2022,OTH,SY,5,somebody", "the source is 'somebody'"),
            ("EU_EXT,2022,WBALK,SY,5,{s}", "stands twice"),
        ],
    )
    def test_a_line_that_is_no_figure_of_the_cube_is_refused(
        self, folder: Path, line: str, said: str
    ) -> None:
        (cube,) = (c for c in load_outside(folder) if c.name == CUBE)
        path = folder / "context" / f"{CUBE}.csv"
        with path.open("a", encoding="utf-8") as file:
            file.write(line.replace("{s}", f'"{cube.cited}"') + "\n")
        load_figures.cache_clear()
        with pytest.raises(ContractError, match=said):
            load_figures(folder)


# A cell of each cube of context.
CELLS = {
    CUBE: "EU_EXT.2022.WBALK._T",
    BY_MONTH: "EU_EXT.2022.WBALK.M10",
    "CTX_ASYLUM_ABROAD": "WORLD.2022._T",
    "CTX_EU_STAY": "EU27.2022",
    "CTX_EU_REFUSED": "EU27.2022",
    "CTX_MISSING": "SEE_ROUTES.2022._T",
    "CTX_VICTIMS_ABROAD": "NON_MEMBER.2022._T._T",
    "CTX_OC_INDEX": "RO.2025.ARMS",
}
OTHERWISE = {"CTX_VICTIMS_ABROAD": "thb", "CTX_OC_INDEX": "octa"}
REPORTS = {cube: OTHERWISE.get(cube, "migration") for cube in CELLS}


class TestBesideTheReturns:
    def test_each_cube_has_a_reader_and_a_cell_here(self, contracts: Contracts) -> None:
        assert {c.name for c in contracts.outside} == set(CELLS) == set(READERS)

    # A score alone is of a state: it counts nothing.
    @pytest.mark.parametrize("cube", [cube for cube in CELLS if cube != "CTX_OC_INDEX"])
    def test_no_state_is_asked_for_it_and_no_key_of_it_is_of_a_state(
        self, contracts: Contracts, cube: str
    ) -> None:
        table = contracts.table(cube)
        assert table not in contracts.tables
        key = Key.parse(f"{cube}:{CELLS[cube]}")
        assert contracts.check_key(key) == table
        for state in (*(m.code for m in contracts.members(2022)), "SELEC"):
            with pytest.raises(ContractError):
                contracts.check_key(key.at(state=state))

    @pytest.mark.parametrize("cube", CELLS)
    def test_only_the_reports_that_print_it_hold_it(self, contracts: Contracts, cube: str) -> None:
        holds = {
            report
            for report in Project(ROOT).reports
            if cube in cubes_of(Project(ROOT), contracts, report=report)
        }
        assert holds == {REPORTS[cube]}

    @pytest.mark.parametrize("cube", CELLS)
    def test_its_name_tells_it_from_every_table_of_a_return(
        self, contracts: Contracts, cube: str
    ) -> None:
        assert is_outside(cube)
        assert not [t.name for t in contracts.tables if is_outside(t.name)]

    def test_the_figures_meet_each_total_that_was_printed_elsewhere(
        self, contracts: Contracts
    ) -> None:
        held = load_figures(ROOT / "data_contracts")
        figures = {
            Key(cube, (f.area, str(f.year), *f.codes)): f.value for cube in held for f in held[cube]
        }
        anchors = [
            a for a in load_anchors(ROOT / "data_contracts", contracts) if is_outside(a.cube)
        ]
        assert {a.cube for a in anchors} == {
            CUBE,
            BY_MONTH,
            "CTX_EU_STAY",
            "CTX_EU_REFUSED",
            "CTX_VICTIMS_ABROAD",
        }
        for anchor in anchors:
            found = compare(anchor, figures, (anchor.area,))
            assert found.found is not None, anchor.id
            assert not found.is_missed, anchor.id

    def test_the_courses_on_the_routes_are_those_that_were_printed(self) -> None:
        found = load_figures(ROOT / "data_contracts")[CUBE]
        sums = {
            (year, route): sum(int(f.value) for f in found if (f.year, f.codes[0]) == (year, route))
            for year in (2018, 2022)
            for route in ("WBALK", "EMED")
        }
        assert sums == {
            (2018, "WBALK"): 5844,
            (2022, "WBALK"): 144118,
            (2018, "EMED"): 56560,
            (2022, "EMED"): 38690,
        }
