"""What is taken of UNODC's workbook as context? Small made-up workbooks in its layout,
with banner rows, spellings and marks as its releases have them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contexts import add_anchor, copy_contracts, figures_of
from glotip_files import CH, DE, GB, HEADS, RELEASE, RO, victims, workbook
from here import run_here

from pipeline.contracts.model import load_contracts
from pipeline.contracts.outside import load_outside
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import take_context

CUBE = "CTX_VICTIMS_ABROAD"


def take(folder: Path, path: Path, release: str = "") -> list[str]:
    return take_context(folder, load_contracts(folder), cube=CUBE, file=path, release=release)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_contracts(tmp_path)


class TestVictimsAbroad:
    def test_they_are_added_up_by_citizenship_and_by_place(self, folder: Path) -> None:
        account = take(
            folder,
            workbook(
                folder.parent,
                victims(GB, "Albanians", "4,659"),
                victims(DE, "Albania", "10"),
                victims(("AUT", "Austria"), "albanian", 7),
                victims(CH, "Romanian", "12"),
                victims(GB, "Vietnam", "900"),
            ),
        )
        assert figures_of(folder, CUBE) == {
            "NON_MEMBER.2022.AL.EU": 17,
            "NON_MEMBER.2022.AL.GB": 4659,
            "NON_MEMBER.2022.RO.OTH": 12,
        }
        assert account[0] == f"UNODC, Trafficking in persons (GLOTIP), release {RELEASE}: 5 rows"
        assert "  2022: 4 countries gave citizenships" in account

    def test_what_a_member_state_reported_is_in_no_figure(self, folder: Path) -> None:
        account = take(
            folder,
            workbook(
                folder.parent,
                victims(RO, "Bulgarian", "7"),
                victims(("", "Romania"), "Bulgarian", "70"),
                victims(("ROU", ""), "Bulgarian", "700"),
                victims(("XYZ", "Republic of Moldova"), "Bulgarian", "7000"),
                victims(DE, "Bulgarian", "125"),
            ),
        )
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2022.BG.EU": 125}
        assert "  4 rows left out: a member state reported them" in account

    @pytest.mark.parametrize("country", [("", ""), ("", "Sark"), ("SRK", ""), ("#N/A", "")])
    def test_who_reported_must_be_told(self, folder: Path, country: tuple[str, str]) -> None:
        account = take(
            folder,
            workbook(folder.parent, victims(country, "Greek", "9"), victims(DE, "Greek", "5")),
        )
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2022.GR.EU": 5}
        assert "  1 rows left out: they do not say which country reported them" in account

    def test_a_suppressed_count_is_one_and_a_blank_is_none(self, folder: Path) -> None:
        account = take(
            folder,
            workbook(
                folder.parent,
                victims(DE, "Macedonian", "<5"),
                victims(GB, "North Macedonia", "< 5"),
                victims(CH, "North Macedonia", ""),
                victims(CH, "Serbians", ":"),
                victims(DE, "Serbians", "0"),
            ),
        )
        assert figures_of(folder, CUBE) == {
            "NON_MEMBER.2022.MK.EU": 1,
            "NON_MEMBER.2022.MK.GB": 1,
        }
        assert "  2 figures are <5, counted as one each" in account
        assert "  2 rows of these citizenships have no figure" in account

    @pytest.mark.parametrize(
        ("values", "counted"),
        [
            (("27", "<5", "5", "20"), 1),
            (("20", "27"), 20),
            (("27", "20"), 20),
            (("27", "27"), 27),
            (("<5", "<5"), 1),
        ],
    )
    def test_rows_of_one_citizenship_that_differ_count_as_the_lowest(
        self, folder: Path, values: tuple[str, ...], counted: int
    ) -> None:
        spellings = ("Moldavian", "Moldova", "Republic of Moldova", "Moldovan")
        rows = [victims(DE, s, v) for s, v in zip(spellings, values, strict=False)]
        account = take(folder, workbook(folder.parent, *rows))
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2022.MD.EU": counted}
        said = [line for line in account if "different figures, the lowest counts" in line]
        assert len(said) == (len(set(values)) > 1)
        assert all("DEU 2022 MD" in line for line in said)

    @pytest.mark.parametrize(
        ("spelling", "code"),
        [
            ("T\ufffdrkiye", "TR"),
            ("TÃ¼rkiye", "TR"),
            ("B & H", "BA"),
            ("Moldova (the Republic of)", "MD"),
            ("Herzegovina and Bosnia", "BA"),
            ("97 albanian", "AL"),
            ("  HUNGARIANS ", "HU"),
            ("Аlbanian", "AL"),  # its first letter is Cyrillic
            ("Roumanie", "RO"),
        ],
    )
    def test_citizenships_are_known_however_they_are_spelled(
        self, folder: Path, spelling: str, code: str
    ) -> None:
        take(folder, workbook(folder.parent, victims(DE, spelling, "8")))
        assert figures_of(folder, CUBE) == {f"NON_MEMBER.2022.{code}.EU": 8}

    def test_what_names_no_one_country_is_counted_in_the_account_alone(self, folder: Path) -> None:
        account = take(
            folder,
            workbook(
                folder.parent,
                victims(DE, "Greek", "8"),
                victims(DE, "", "100"),
                victims(DE, "Unknown", "100"),
                victims(DE, "Nationals", "100"),
                victims(DE, "Africa", "100"),
                victims(DE, "Kosovo", "100"),
                victims(DE, "Klingons", "100"),
            ),
        )
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2022.GR.EU": 8}
        (said,) = [line for line in account if "name no one country" in line]
        assert said.startswith("  4 rows")
        assert "'Klingons'" in said

    def test_rows_of_other_kinds_are_no_victims(self, folder: Path) -> None:
        take(
            folder,
            workbook(
                folder.parent,
                victims(DE, "Greek", "8"),
                victims(DE, "Greek", "9", **{"Indicator": "Persons convicted"}),
                victims(DE, "Greek", "9", **{"Dimension": "by country of repatriation"}),
                victims(DE, "Greek", "9", **{"Sex": "Female"}),
                victims(DE, "Greek", "9", **{"Age": "0 to 17 years"}),
                victims(DE, "Greek", "0.1", **{"Unit of measurement": "Rate per 100,000"}),
            ),
        )
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2022.GR.EU": 8}

    def test_a_year_that_is_only_begun_is_left_out(self, folder: Path) -> None:
        rows = [
            victims((code, name), "Greek", "8", year=2021)
            for code, name in (DE, CH, GB, ("AUT", "Austria"), ("ITA", "Italy"))
        ]
        account = take(
            folder,
            workbook(folder.parent, *rows, victims(DE, "Greek", "6"), victims(GB, "Indian", "6")),
        )
        assert set(figures_of(folder, CUBE)) == {
            f"NON_MEMBER.2021.GR.{p}" for p in ("EU", "GB", "OTH")
        }
        assert "  2022: 2 countries gave citizenships; left out, it is only begun" in account

    @pytest.mark.parametrize("value", ["many", "1.5", "-3", True, "12/2022"])
    def test_a_figure_that_cannot_be_read_loses_nothing(self, folder: Path, value: object) -> None:
        before = (folder / "context" / f"{CUBE}.csv").read_bytes()
        path = workbook(folder.parent, victims(DE, "Greek", "8"), victims(GB, "Greek", value))
        with pytest.raises(UserError, match="cannot be read in the column txtVALUE") as told:
            take(folder, path)
        assert "row 5" in str(told.value)
        assert (folder / "context" / f"{CUBE}.csv").read_bytes() == before

    @pytest.mark.parametrize("year", ["", "2022/23", "soon"])
    def test_a_row_without_a_year_loses_nothing(self, folder: Path, year: str) -> None:
        path = workbook(
            folder.parent, victims(DE, "Greek", "8"), victims(GB, "Greek", "9", year=year)
        )
        with pytest.raises(UserError, match="cannot be read in the column Year"):
            take(folder, path)

    @pytest.mark.parametrize("missing", ["Country", "Category", "txtVALUE", "Year"])
    def test_a_column_that_has_another_name_is_told(self, folder: Path, missing: str) -> None:
        heads = [f"{h} (new)" if h == missing else h for h in HEADS]
        path = workbook(folder.parent, victims(DE, "Greek", "8"), heads=heads)
        with pytest.raises(UserError, match=f"columns are missing: {missing}"):
            take(folder, path)

    def test_a_workbook_without_such_victims_is_another_one(self, folder: Path) -> None:
        path = workbook(folder.parent, victims(RO, "Bulgarian", "7"), victims(DE, "Vietnam", "7"))
        with pytest.raises(UserError, match="no other country found a victim"):
            take(folder, path)


class TestReleases:
    @pytest.mark.parametrize(
        "banner",
        [
            (("UNODC",), (RELEASE,)),
            (("UNODC", "somebody@example.org"), (RELEASE,)),
            (("UNODC",), ("data of all countries",), (RELEASE,)),
        ],
    )
    def test_the_banner_names_it(self, folder: Path, banner: tuple[Any, ...]) -> None:
        path = workbook(folder.parent, victims(DE, "Greek", "8"), banner=banner)
        assert f"release {RELEASE}" in take(folder, path)[0]

    def test_columns_may_stand_in_another_order(self, folder: Path) -> None:
        path = workbook(folder.parent, victims(DE, "Greek", "8")[::-1], heads=HEADS[::-1])
        take(folder, path)
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2022.GR.EU": 8}

    def test_an_older_one_is_taken_where_the_definition_names_it(self, folder: Path) -> None:
        path = workbook(
            folder.parent,
            victims(DE, "Greek", "8", year=2020),
            banner=(("UNODC",), ("30/05/2023",)),
        )
        with pytest.raises(UserError, match="the file is of release 30/05/2023"):
            take(folder, path)
        for file in (folder / "context.yaml", folder / "context" / f"{CUBE}.csv"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(RELEASE, "30/05/2023"), encoding="utf-8")
        load_contracts.cache_clear()
        load_outside.cache_clear()
        take(folder, path)
        assert figures_of(folder, CUBE) == {"NON_MEMBER.2020.GR.EU": 8}

    def test_a_printed_total_that_is_missed_writes_nothing(self, folder: Path) -> None:
        add_anchor(
            folder,
            "a,UNODC,Trafficking in persons (GLOTIP),,NON_MEMBER,2022,"
            f"{CUBE},AL.GB,4613,60,a ministry",
        )
        before = (folder / "context" / f"{CUBE}.csv").read_bytes()
        with pytest.raises(UserError, match="adds up to 12"):
            take(folder, workbook(folder.parent, victims(GB, "Albanian", "12")))
        assert (folder / "context" / f"{CUBE}.csv").read_bytes() == before

    def test_the_command_takes_it(self, folder: Path) -> None:
        path = workbook(folder.parent, victims(DE, "Greek", "8"))
        done = run_here("context", "--table", CUBE, "--file", str(path), root=folder.parent)
        assert done.returncode == 0, done.stderr
        assert "1 figures of 2022 to 2022" in done.stdout
