"""Published figures reach the right cells, every source row is accounted for, nothing a
state wrote is lost.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from pipeline.cells import Key
from pipeline.contracts.anchors import COLUMNS
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.importers import (
    cts,
    drug_seizures,
    eurostat_crime,
    eurostat_migration,
    glotip,
    iafq,
)
from pipeline.returns.importers.csv_return import CsvReturn, Dialect, to_csv
from pipeline.returns.importers.figures import Figure, Reading, Source, clean_number
from pipeline.returns.importers.returns import AUTHORITY, fill_returns, open_return
from pipeline.returns.importers.run import SOURCES, ImportSummary, read_source
from pipeline.returns.importers.workbook_return import WorkbookReturn, join_notes

ROOT = Path(__file__).parents[2]
UNODC_HEADER = (
    "Iso3_code",
    "Country",
    "Region",
    "Subregion",
    "Indicator",
    "Dimension",
    "Category",
    "Sex",
    "Age",
    "Year",
    "Unit of measurement",
)
VICTIMS = "Detected trafficking victims"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def unodc_file(
    path: Path, value: str, rows: list[tuple[Any, ...]], date: str = "14/04/2025"
) -> Path:
    """A table in UNODC's layout. A row: state, indicator, dimension, category, sex,
    age, year, value[, unit].
    """
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(("UNODC", "someone@example.org"))
    sheet.append((date,))
    sheet.append((*UNODC_HEADER, value, "Source"))
    for row in rows:
        state, *middle, number = row[:8]
        unit = row[8] if len(row) > 8 else "Counts"
        sheet.append((state, "", "", "", *middle, unit, number, "TEST"))
    workbook.save(path)
    return path


def victims(state: str, value: str, **given: Any) -> tuple[Any, ...]:
    row = {
        "dimension": "Total",
        "category": "Total",
        "sex": "Total",
        "age": "Total",
        "year": 2022,
    } | given
    return (
        state,
        VICTIMS,
        row["dimension"],
        row["category"],
        row["sex"],
        row["age"],
        row["year"],
        value,
    )


def texts(reading: Reading) -> dict[str, str]:
    return {str(f.key): f.text for f in reading.figures if f.text}


def notes(reading: Reading) -> dict[str, str]:
    return {str(f.key): f.note for f in reading.figures if f.note}


def read_glotip(
    tmp_path: Path, contracts: Contracts, rows: list[tuple[Any, ...]], round_: int = 2022
) -> Reading:
    return glotip.read(unodc_file(tmp_path / "glotip.xlsx", "txtVALUE", rows), contracts, round_)


@pytest.mark.parametrize(
    ("raw", "decimals", "expected"),
    [
        ("1,848", 0, "1848"),
        ("<5", 0, "<5"),
        ("< 5", 0, "<5"),
        ("12", 0, "12"),
        ("5.0", 0, "5"),
        (782, 0, "782"),
        (None, 0, ""),
        (":", 0, ""),
        ("na", 0, ""),
        ("-3", 0, ""),
        (0.012700000000000001, 3, "0.013"),
        ("0.0004", 3, "0n"),
        ("0", 3, "0"),
        (0.0005, 3, "0.001"),
        ("1 234", 0, "1234"),
        ("5e-05", 3, "0n"),
    ],
)
def test_published_text_becomes_plain_digits(raw: object, decimals: int, expected: str) -> None:
    assert clean_number(raw, decimals) == expected


class TestGlotip:
    def test_reads_counts_suppressed_values_and_thousands(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("ROU", "1,848"),
                victims("ROU", "<5", sex="Male", age="0 to 17 years"),
                victims(
                    "ROU",
                    "7",
                    dimension="by form of exploitation",
                    category="Forced labour",
                    sex="Unknown",
                    age="Unknown",
                ),
                (
                    "ROU",
                    "Offences of trafficking in persons",
                    "Total",
                    "Total",
                    "Total",
                    "Total",
                    2021,
                    "695",
                ),
                (
                    "ROU",
                    "Persons convicted",
                    "by form of exploitation",
                    "Sexual exploitation",
                    "Total",
                    "Total",
                    2020,
                    "9",
                ),
            ],
        )
        assert texts(reading) == {
            "THB_VICTIMS:RO.2022._T._T": "1848",
            "THB_VICTIMS:RO.2022.M.Y_LT18": "<5",
            "THB_VICTIMS_FORM:RO.2022.LAB._U._U": "7",
            "THB_OFFENCES:RO.2021": "695",
            "THB_CONV_FORM:RO.2020.SEX": "9",
        }
        assert reading.source.cited == "UNODC, Trafficking in persons (GLOTIP), release 14/04/2025"

    def test_every_row_is_accounted_for_once(self, tmp_path: Path, contracts: Contracts) -> None:
        prosecuted = ("Persons prosecuted", "Total", "Total")
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("AUT", "3"),
                victims("ALB", "3", year=2003),
                victims("ALB", "3"),
                ("ALB", *prosecuted, "Male", "18 years or over", 2022, "4"),
                ("ALB", *prosecuted, "Male", "Total", 2022, "4"),
                victims("ALB", "0.1") + ("Rate per 100,000 population",),
                victims("ALB", "", year=2021),
                victims("ALB", "1", dimension="by form of exploitation", category="New form"),
            ],
        )
        assert reading.rows == 8
        assert reading.used == 2
        assert reading.outside == {"other_state": 1, "other_year": 1}
        assert reading.skipped_by_rule == {
            "form_not_in_list": 1,
            "no_number": 1,
            "offenders_by_age_not_asked": 1,
            "rate_not_count": 1,
        }

    def test_different_values_for_one_cell_leave_it_blank_and_are_all_named(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        form = {
            "dimension": "by form of exploitation",
            "category": "Other forms of exploitation",
            "year": 2018,
        }
        reading = read_glotip(
            tmp_path, contracts, [victims("ALB", v, **form) for v in ("27", "<5", "5", "20")]
        )
        assert texts(reading) == {}
        note = "2018: source gives 27, <5, 5 and 20; left blank"
        assert notes(reading) == {"THB_VICTIMS_FORM:AL.2018.OTH._T._T": note}
        assert reading.skipped_by_rule == {"values_differ": 4}

    def test_equal_values_for_one_cell_are_one_value(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        form = {"dimension": "by form of exploitation", "category": "Other forms of exploitation"}
        reading = read_glotip(tmp_path, contracts, [victims("MKD", "<5", **form) for _ in range(3)])
        assert texts(reading) == {"THB_VICTIMS_FORM:MK.2022.OTH._T._T": "<5"}
        assert notes(reading) == {
            "THB_VICTIMS_FORM:MK.2022.OTH._T._T": "2022: source gives <5 3 times"
        }

    def test_spellings_of_a_country_meet_in_one_cell(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        by = {"dimension": "by citizenship"}
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("GRC", "9", category="Romanian", **by),
                victims("GRC", "9", category="Romania", **by),
                victims("GRC", "4", category="Moldavian", **by),
                victims("GRC", "6", category="MOLDOVA", **by),
                victims("GRC", "3", category="TÃ¼rkiye", **by),
                victims("GRC", "1", category="B & H", **by),
            ],
        )
        cells = {k.removeprefix("THB_VICTIMS_CTZ:GR.2022."): v for k, v in texts(reading).items()}
        assert cells == {"RO": "9", "TR": "3", "BA": "1"}
        assert (
            notes(reading)["THB_VICTIMS_CTZ:GR.2022.MD"] == "2022: source gives 4 and 6; left blank"
        )

    def test_nationals_are_the_own_country_unless_it_is_named_too(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        by = {"dimension": "by citizenship"}
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("SRB", "28", category="Nationals", **by),
                victims("TUR", "5", category="Nationals", **by),
                victims("TUR", "6", category="T\ufffdrkiye", **by),
            ],
        )
        assert texts(reading) == {
            "THB_VICTIMS_CTZ:RS.2022.RS": "28",
            "THB_VICTIMS_CTZ:TR.2022.NAT": "5",
            "THB_VICTIMS_CTZ:TR.2022.TR": "6",
        }

    def test_unnamed_countries_are_added_up_and_keep_their_spelling(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        by = {"dimension": "by citizenship"}
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("BIH", "6", category=None, **by),
                victims("BIH", "2", category="(specify the country)", **by),
                victims("ALB", "6", category=None, **by),
                victims("ALB", "<5", category="Unknown", **by),
            ],
        )
        assert texts(reading) == {"THB_VICTIMS_CTZ:BA.2022._U": "8"}
        assert "'(specify the country)'" in notes(reading)["THB_VICTIMS_CTZ:BA.2022._U"]
        assert "cannot be added; left blank" in notes(reading)["THB_VICTIMS_CTZ:AL.2022._U"]
        assert reading.skipped_by_rule == {"cannot_be_added": 2}

    def test_abroad_is_the_total_of_the_countries_of_repatriation(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        by = {"dimension": "by country of repatriation", "year": 2019}
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("ROU", "17", category="Abroad", **by),
                victims("ROU", "12", category="Denmark", **by),
                victims("ROU", "5", category="Spain", **by),
            ],
        )
        assert texts(reading)["THB_REPATRIATED:RO.2019._T"] == "17"
        assert not notes(reading)

    def test_parts_that_contradict_the_total_are_kept_and_remarked(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = read_glotip(
            tmp_path,
            contracts,
            [
                victims("MDA", "31"),
                victims("MDA", "335", age="18 years or over"),
                victims("MDA", "22", age="0 to 17 years"),
                victims("ALB", "6"),
                victims("ALB", "4", age="18 years or over"),
                victims("ALB", "<5", age="0 to 17 years"),
            ],
        )
        assert len(texts(reading)) == 6
        assert notes(reading) == {
            "THB_VICTIMS:MD.2022._T._T": (
                "2022: published total 31, published parts by age group add up to 357"
            )
        }

    def test_round_2021_takes_its_own_years(self, tmp_path: Path, contracts: Contracts) -> None:
        rows = [
            victims("MDA", "139", year=2020),
            victims("MDA", "249", year=2017),
            victims("MDA", "43", year=2022),
        ]
        reading = read_glotip(tmp_path, contracts, rows, 2021)
        assert texts(reading) == {
            "THB_VICTIMS:MD.2017._T._T": "249",
            "THB_VICTIMS:MD.2020._T._T": "139",
        }


def test_cts_takes_counts_only(tmp_path: Path, contracts: Contracts) -> None:
    offence = ("Offences", "by type of offence")
    rate = "Rate per 100,000 population"
    rows: list[tuple[Any, ...]] = [
        ("SRB", *offence, "Smuggling of migrants", "Total", "Total", 2022, 183),
        ("SRB", *offence, "Smuggling of migrants", "Total", "Total", 2022, 2.6, rate),
        ("SRB", *offence, "Corruption: Bribery", "Total", "Total", 2022, 145),
        ("SRB", *offence, "Unlawful access to a computer system", "Total", "Total", 2021, 4.0),
        (
            "SRB",
            "Acts against the environment",
            "by type of offence",
            "Acts involving the movement of dumping of waste",
            "Total",
            "Total",
            2020,
            7,
        ),
        ("SRB", *offence, "Burglary", "Total", "Total", 2020, 900),
    ]
    reading = cts.read(
        unodc_file(tmp_path / "cts.xlsx", "VALUE", rows, "16/05/2024"), contracts, 2022
    )
    assert texts(reading) == {
        "MIG_SMUGGLING:RS.2022": "183",
        "OCT_CORRUPTION:RS.2022.BRI": "145",
        "OCT_CYBERCRIME:RS.2021.ACC": "4",
        "OCT_ENVIRONMENT:RS.2020.WAS": "7",
    }
    assert reading.skipped_by_rule == {"no_place_in_the_return": 1, "rate_not_count": 1}


def test_iafq_takes_seizures_by_type_and_persons_in_total(
    tmp_path: Path, contracts: Contracts
) -> None:
    seized = ("Arms seized", "by type")
    prosecuted = ("Individuals prosecuted for illicit trafficking in weapons", "Total", "Total")
    rows: list[tuple[Any, ...]] = [
        ("ALB", "Arms seized", "Total", "Total", "na", "na", "2022", 543),
        ("ALB", *seized, "rifle (Inlcuding Carbine)", "na", "na", "2022", 49),
        ("ALB", *seized, "submachine gun", "na", "na", "2022", 2),
        ("ALB", *seized, "machine gun", "na", "na", "2022", 7),
        ("ALB", *seized, "Unknown status on type", "na", "na", "2022", 0),
        ("ALB", "Arms seized", "by location", "land borders", "na", "na", "2022", 5),
        ("ALB", *prosecuted, "Male", "Total", "2022", 43),
        ("ALB", *prosecuted, "Total", "Total", "2022", 44),
        ("ALB", "Ammunition seized", "Total", "Total", "na", "na", "2022", 9),
    ]
    reading = iafq.read(
        unodc_file(tmp_path / "iafq.xlsx", "VALUE", rows, "26/08/2024"), contracts, 2022
    )
    assert texts(reading) == {
        "OCT_FIREARMS:AL.2022._T": "543",
        "OCT_FIREARMS:AL.2022.RIF": "49",
        "OCT_FIREARMS:AL.2022.SUB": "2",
        "OCT_FIREARMS:AL.2022.MAC": "7",
        "OCT_FIREARMS:AL.2022._U": "0",
        "OCT_FIREARMS_PERSONS:AL.2022.PROS": "44",
    }
    assert reading.skipped_by_rule == {
        "breakdown_not_asked": 1,
        "no_place_in_the_return": 1,
        "persons_by_sex_not_asked": 1,
    }


def drug_file(path: Path, rows: list[tuple[str, str, str, str, int, Any]]) -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(("Drug seizures, 2018-2022",))
    header = (
        "Region",
        "SubRegion",
        "Country",
        "DrugGroup",
        "DrugSubGroup",
        "DrugName",
        "Reference year",
        "Kilograms",
        "msCode",
    )
    sheet.append(header)
    for state, group, subgroup, drug, year, kilograms in rows:
        sheet.append(("", "", "", group, subgroup, drug, year, kilograms, state))
    workbook.save(path)
    return path


class TestDrugSeizures:
    OPIATES = ("Opioids", "Opiates")
    PHARMA = ("Opioids", "Pharmaceutical opioids")
    XTC = ("“Ecstasy”-type substances", "“Ecstasy”-type substances")
    HALL = "Hallucinogens"

    def read(
        self, tmp_path: Path, contracts: Contracts, *rows: tuple[str, str, str, str, int, Any]
    ) -> Reading:
        return drug_seizures.read(drug_file(tmp_path / "drugs.xlsx", list(rows)), contracts, 2022)

    def test_different_drugs_of_one_code_are_added(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            ("TUR", *self.PHARMA, "Methadone", 2022, 0.1),
            ("TUR", *self.PHARMA, "Codeine", 2022, 0.2),
            ("TUR", *self.PHARMA, "Fentanyl", 2022, 0.0004),
            ("TUR", *self.OPIATES, "Heroin", 2022, 22202),
            ("TUR", *self.OPIATES, "Opium", 2022, 0.0001),
        )
        assert texts(reading) == {
            "OCT_DRUG_KG:TR.2022.HER": "22202",
            "OCT_DRUG_KG:TR.2022.OPI": "0n",
            "OCT_DRUG_KG:TR.2022.OPOTH": "0.3",
        }
        assert (
            reading.source.cited
            == "UNODC, annex 7.1 Drug seizures, 2018-2022, World Drug Report 2024"
        )

    def test_of_one_drug_given_twice_the_larger_is_the_least_that_was_seized(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            ("TUR", *self.OPIATES, "Heroin", 2021, 202),
            ("TUR", *self.OPIATES, "Heroin", 2021, 19963),
            ("BGR", *self.OPIATES, "Heroin", 2019, 0),
            ("BGR", *self.OPIATES, "Heroin", 2019, 968),
        )
        assert texts(reading) == {
            "OCT_DRUG_KG:BG.2019.HER": "968",
            "OCT_DRUG_KG:TR.2021.HER": "19963",
        }
        assert {str(f.key): f.obs_status for f in reading.figures if f.obs_status} == {
            "OCT_DRUG_KG:TR.2021.HER": "U"
        }
        assert notes(reading) == {
            "OCT_DRUG_KG:TR.2021.HER": (
                "2021: source gives 19963 and 202 for heroin; the larger is the least that was"
                " seized"
            )
        }
        assert reading.skipped_by_rule == {"zero_beside_another_row": 1}
        assert reading.rows == 4

    @pytest.mark.parametrize(
        ("rows", "text", "status"),
        [
            ((191.28896, 0.001), "191.29", ""),  # 191 with and without the trace
            ((28.46, 0.05), "28.46", "U"),  # 28, but 29 with it
            ((9.96, 0.03), "9.99", ""),  # 10.0 both ways
            ((9.4, 0.06), "9.4", "U"),  # 9.4, but 9.5 with it
            ((0.5, 0.0004), "0.5", ""),  # three decimals below one kilogram
            ((0.5, 0.0006), "0.5", "U"),
            ((5.0, 5.0), "5", ""),  # the same figure twice is one
        ],
    )
    def test_a_trace_is_added_where_no_printed_digit_changes(
        self, tmp_path: Path, contracts: Contracts, rows: tuple[float, ...], text: str, status: str
    ) -> None:
        given = [("ROU", *self.OPIATES, "Heroin", 2022, weight) for weight in rows]
        (figure,) = self.read(tmp_path, contracts, *given).figures
        assert (figure.text, figure.obs_status) == (text, status)

    @pytest.mark.parametrize(
        ("printed", "text", "status"),
        [("120", "120", ""), ("100", "100", "U"), ("110", "100", "U")],
    )
    def test_rows_that_a_printed_total_shows_to_be_parts_are_added(
        self, tmp_path: Path, printed: str, text: str, status: str
    ) -> None:
        folder = tmp_path / "data_contracts"
        shutil.copytree(ROOT / "data_contracts", folder)
        anchor = (
            f'x,UNODC,"annex 7.1 Drug seizures, 2018-2022",,RO,2022,OCT_DRUG_KG,HER,{printed},2,a'
            " yearbook"
        )
        (folder / "anchors.csv").write_text(
            ",".join(COLUMNS) + "\n" + anchor + "\n", encoding="utf-8"
        )
        reading = self.read(
            tmp_path,
            load_contracts(folder),
            ("ROU", *self.OPIATES, "Heroin", 2022, 100),
            ("ROU", *self.OPIATES, "Heroin", 2022, 20),
        )
        (figure,) = reading.figures
        assert (figure.text, figure.obs_status) == (text, status)
        assert ("a yearbook" in figure.note) == (not status)

    def test_a_group_total_stands_for_its_drugs(self, tmp_path: Path, contracts: Contracts) -> None:
        total = (
            "Reported total hallucinogens",
            "Total hallucinogens (including the above, all other hallucinogens)",
        )
        reading = self.read(
            tmp_path,
            contracts,
            ("HUN", self.HALL, *total, 2021, 5),
            ("HUN", self.HALL, "LSD", "LSD", 2021, 2),
            ("GRC", self.HALL, *total, 2021, 1),
            ("GRC", self.HALL, "LSD", "LSD", 2021, 2),
        )
        assert texts(reading) == {"OCT_DRUG_KG:GR.2021.HAL": "2", "OCT_DRUG_KG:HU.2021.HAL": "5"}
        assert (
            "published total 1 kg is less than its parts, 2 kg"
            in notes(reading)["OCT_DRUG_KG:GR.2021.HAL"]
        )

    def test_curly_quotes_and_precursors(self, tmp_path: Path, contracts: Contracts) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            ("ROU", *self.XTC, "3,4-methylenedioxymethamphetamine (MDMA)", 2022, 1.23456),
            ("ROU", "Precursors", "Precursors", "Acetone", 2022, 90),
            ("ROU", *self.OPIATES, "Heroin", 2021, None),
        )
        assert texts(reading) == {"OCT_DRUG_KG:RO.2022.XTC": "1.235"}
        assert reading.skipped_by_rule == {"no_number": 1, "precursors_not_asked": 1}


def test_eurostat_crime_reads_flags_greece_and_numbers_only(
    tmp_path: Path, contracts: Contracts
) -> None:
    path = tmp_path / "crime.tsv"
    path.write_text(
        "freq,iccs,unit,geo\\TIME_PERIOD\t2017 \t2021 \t2022 \n"
        "A,ICCS0601,NR,EL\t1 \t11978 b\t12025 \n"
        "A,ICCS0601,P_HTHAB,EL\t1.2 \t1.3 \t: \n"
        "A,ICCS07041,NR,BA\t: \t: \t114 bd\n"
        "A,ICCS0101,NR,RO\t9 \t9 \t9 \n"
        "A,ICCS0601,NR,XK\t9 \t9 \t: \n",
        encoding="utf-8",
    )
    reading = eurostat_crime.read(path, contracts, 2022)
    by_key = {str(f.key): (f.text, f.obs_status, f.note) for f in reading.figures}
    assert by_key == {
        "OCT_DRUG_OFFENCES:GR.2021": ("11978", "B", ""),
        "OCT_DRUG_OFFENCES:GR.2022": ("12025", "", ""),
        "OCT_MONEY_LAUNDERING:BA.2022": ("114", "B", "2022: flags of the publisher: b, d"),
    }
    assert reading.rows == 15
    assert reading.outside == {"other_year": 4, "kosovo_is_no_member_state": 3}
    assert reading.skipped_by_rule == {
        "no_place_in_the_return": 2,
        "not_available": 1,
        "rate_not_count": 2,
    }


def csv_file(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


class TestEurostatMigration:
    def test_persons_found_by_reason_and_place(self, tmp_path: Path, contracts: Contracts) -> None:
        header = (
            "LAST UPDATE,reason,apprehen,citizen,sex,age,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG"
        )
        crossing = "At the border crossing point – at sea, land, air"
        end = [
            "Total",
            "Total",
            "Total",
            "Person",
        ]
        rows = [
            header.split(","),
            ["", "Illegal entry", crossing, *end, "Greece", "2021", "40", "b"],
            [
                "",
                "Total",
                "Total",
                *end,
                "European Union - 27 countries (from 2020)",
                "2021",
                "40",
                "",
            ],
        ]
        reading = eurostat_migration.read(csv_file(tmp_path / "a.csv", rows), contracts, 2022)
        assert [(str(f.key), f.text, f.obs_status) for f in reading.figures if f.text] == [
            ("MIG_STAY:GR.2021.ENTRY.BCP", "40", "B")
        ]
        assert notes(reading) == {"MIG_STAY:GR.2022._T._T": eurostat_migration.ROUNDED}

    def test_persons_by_citizenship_leave_aggregates_out(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        rows = [
            ["citizen", "geo", "year", "Illegal Third Country Nationals"],
            ["Kosovo*", "Romania", "2022", "10.0"],
            ["Asia", "Romania", "2022", "90.0"],
            ["Moldova", "Romania", "2022", ""],
            ["Total", "Romania", "2022", "500.0"],
            ["Moldova", "Austria", "2022", "5.0"],
        ]
        reading = eurostat_migration.read(csv_file(tmp_path / "b.csv", rows), contracts, 2022)
        assert texts(reading) == {"MIG_STAY_CTZ:RO.2022.XK": "10", "MIG_STAY_CTZ:RO.2022._T": "500"}
        assert reading.skipped_by_rule == {"aggregate_of_countries": 1, "no_number": 1}
        assert "zero or missing" in notes(reading)["MIG_STAY_CTZ:RO.2022._T"]

    def test_refusals_and_persons_by_citizenship_are_told_by_their_headers(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        refused = [
            [
                "LAST UPDATE",
                "border",
                "unit",
                "reason",
                "citizen",
                "geo",
                "TIME_PERIOD",
                "OBS_VALUE",
                "OBS_FLAG",
            ],
            ["2025-03-01", "Total", "Person", "Total", "Total", "Bulgaria", "2022", "455", "e"],
        ]
        reading = eurostat_migration.read(csv_file(tmp_path / "c.csv", refused), contracts, 2022)
        assert texts(reading) == {"MIG_REFUSED:BG.2022._T._T": "455"}
        assert reading.source.release == "release 2025-03-01"
        present = [
            ["citizen", "geo", "year", "Illegal Third Country Nationals"],
            ["Syria", "Hungary", "2020", "15.0"],
        ]
        reading = eurostat_migration.read(csv_file(tmp_path / "d.csv", present), contracts, 2022)
        assert texts(reading) == {"MIG_STAY_CTZ:HU.2020.SY": "15"}


@pytest.mark.parametrize("source", [s for s in SOURCES if s != "center_export"])
def test_a_file_of_another_kind_is_refused_with_what_is_expected(
    source: str, tmp_path: Path, contracts: Contracts
) -> None:
    wrong = unodc_file(tmp_path / "wrong.xlsx", "OTHER", [])
    if source.startswith(("eurostat", "unhcr")):
        wrong = csv_file(tmp_path / "wrong.csv", [["a", "b"], ["1", "2"]])
    with pytest.raises(UserError) as problem:
        read_source(contracts, source, file=wrong, round_=2022)
    assert str(wrong) in problem.value.where
    assert problem.value.allowed
    with pytest.raises(UserError, match="no such file"):
        read_source(contracts, source, file=tmp_path / "missing", round_=2022)


def test_a_file_that_is_no_workbook_and_an_unknown_source_are_refused(
    tmp_path: Path, contracts: Contracts
) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"not a zip archive")
    with pytest.raises(UserError, match="columns are missing.*found: not a zip archive"):
        read_source(contracts, "glotip", file=tmp_path / "x.xlsx", round_=2022)
    with pytest.raises(UserError, match="no source 'frontex'"):
        read_source(contracts, "frontex", file=tmp_path / "x.xlsx", round_=2022)


class TestFilesAsTheyReachAnAnalyst:
    """What no copy of a good file shows: refusals and accounts of their own. The
    copies: test_damaged_sources.py.
    """

    HEAD = ("citizen", "geo", "year", "Illegal Third Country Nationals")

    def read(
        self, tmp_path: Path, contracts: Contracts, *rows: Sequence[str], encoding: str = "utf-8"
    ) -> Reading:
        path = csv_file(tmp_path / "present.csv", [self.HEAD, *rows])
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
        return eurostat_migration.read(path, contracts, 2022)

    def test_a_figure_that_cannot_be_read_leaves_its_cell_blank_beside_others(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            ("Moldova", "Romania", "2022", "1.234"),
            ("Moldova", "Romania", "2022", "10"),
            ("Syria", "Romania", "2022", "5"),
        )
        assert texts(reading) == {"MIG_STAY_CTZ:RO.2022.SY": "5"}
        assert (
            notes(reading)["MIG_STAY_CTZ:RO.2022.MD"]
            == "2022: source gives '1.234' (ambiguous number); left blank"
        )
        assert reading.skipped_by_rule == {"ambiguous_number": 1, "beside_an_unreadable_figure": 1}
        assert reading.rows == 3

    def test_the_account_names_every_row_that_the_file_lost(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        lost = [("Moldova", "Romania", "2022", "about ten")] * 12
        reading = self.read(tmp_path, contracts, *lost, ("Syria", "Romania", "2022", "1,005"))
        lines = ImportSummary(reading, ()).lines()
        assert "  12 rows skipped, not_a_number" in lines
        assert "  not_a_number, row 2: MIG_STAY_CTZ:RO.2022.MD about ten" in lines
        assert sum(line.startswith("  not_a_number, row") for line in lines) == 10
        assert "  not_a_number: and 2 more" in lines
        assert "  1 numbers have a comma between thousands" in lines

    def test_a_weight_that_cannot_be_read_is_in_no_sum(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        pharma = ("Opioids", "Pharmaceutical opioids")
        path = drug_file(
            tmp_path / "drugs.xlsx",
            [
                ("TUR", *pharma, "Methadone", 2022, 0.1),
                ("TUR", *pharma, "Codeine", 2022, "a little"),
                ("ALB", *pharma, "Methadone", 2022, "0,1000004"),
                ("ALB", *pharma, "Codeine", 2022, "0,0999996"),
            ],
        )
        reading = drug_seizures.read(path, contracts, 2022)
        assert texts(reading) == {"OCT_DRUG_KG:AL.2022.OPOTH": "0.2"}
        assert (
            "'a little' (not a number); left blank" in notes(reading)["OCT_DRUG_KG:TR.2022.OPOTH"]
        )

    def test_a_code_page_is_told_by_known_words_or_asked(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        told = self.read(
            tmp_path, contracts, ("Syria", "Romania", "2022", "няма"), encoding="cp1251"
        )
        assert told.skipped_by_rule == {"no_number": 1}
        assert "the text was read as Windows-1251" in told.remarks
        with pytest.raises(
            UserError, match="code page cannot be told: '.+' in Windows-.+ is '.+' in Windows-"
        ):
            self.read(tmp_path, contracts, ("Česko", "Romania", "2022", "5"), encoding="cp1250")

    def test_a_name_in_other_letters_is_the_same_country(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        reading = self.read(
            tmp_path,
            contracts,
            ("Cote d’Ivoire", "Rоmаnia", "2022", "5"),
            ("Curacao", "Romania", "2022.0", "5"),
        )
        assert set(texts(reading)) == {"MIG_STAY_CTZ:RO.2022.CI", "MIG_STAY_CTZ:RO.2022.CW"}

    def test_a_column_twice_and_a_round_without_a_year_are_refused(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        twice = csv_file(
            tmp_path / "twice.csv",
            [[*self.HEAD, "Year"], ["Syria", "Romania", "2022", "5", "2021"]],
        )
        with pytest.raises(UserError, match="the column 'year' stands 2 times"):
            eurostat_migration.read(twice, contracts, 2022)
        early = tmp_path / "early.tsv"
        early.write_text(
            "freq,iccs,unit,geo\\TIME_PERIOD\t2008 \nA,ICCS0601,NR,EL\t1 \n", encoding="utf-8"
        )
        with pytest.raises(UserError, match="no column of a year of the round; found: 2008"):
            eurostat_crime.read(early, contracts, 2022)

    def test_a_hidden_sheet_is_read_only_where_no_other_has_the_table(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        path = unodc_file(tmp_path / "glotip.xlsx", "txtVALUE", [victims("ROU", "7")])
        workbook = load_workbook(path)
        copy = workbook.copy_worksheet(workbook.worksheets[0])
        copy.cell(4, 12).value = "8"
        workbook.worksheets[0].sheet_state = "hidden"
        workbook.save(path)
        assert texts(glotip.read(path, contracts, 2022)) == {"THB_VICTIMS:RO.2022._T._T": "8"}
        copy.cell(3, 12).value = "figure"
        workbook.create_sheet("Read me")
        workbook.save(path)
        reading = glotip.read(path, contracts, 2022)
        assert texts(reading) == {"THB_VICTIMS:RO.2022._T._T": "7"}
        assert "the sheet 'Sheet' is hidden; it was read" in reading.remarks

    def test_the_release_is_found_where_a_spreadsheet_made_a_date_of_it(
        self, tmp_path: Path, contracts: Contracts
    ) -> None:
        path = unodc_file(tmp_path / "glotip.xlsx", "txtVALUE", [victims("ROU", "7")])
        workbook = load_workbook(path)
        workbook.worksheets[0]["A2"] = date(2025, 4, 14)
        workbook.save(path)
        assert glotip.read(path, contracts, 2022).source.release == "release 14/04/2025"


def reading_of(
    *figures: tuple[str, str], note: str = "", tables: tuple[str, ...] = ("THB_VICTIMS_CTZ",)
) -> Reading:
    made = tuple(Figure(Key.parse(key), text, note=note) for key, text in figures)
    return Reading(
        Source("test", "Publisher", "Table", "release 1"), made, (), {}, len(made), tables
    )


def open_workbook(
    project: Project, contracts: Contracts, state: str, report: str = "thb"
) -> WorkbookReturn:
    path = project.returns / "2022" / report / f"{state}.xlsx"
    return WorkbookReturn(contracts, report, state, 2022, path)


class TestFillingReturns:
    CTZ = "THB_VICTIMS_CTZ:GR.2022."

    def test_every_member_state_gets_a_return(self, project: Project, contracts: Contracts) -> None:
        filled = fill_returns(
            project, contracts, reading=reading_of((self.CTZ + "RO", "9")), round_=2022
        )
        assert [f.state for f in filled] == [c.code for c in contracts.members(2022)]
        assert sum(f.written for f in filled) == 1
        assert all(f.path.is_file() for f in filled)

    def test_open_lists_are_in_the_order_of_names_and_later_codes_follow(
        self, project: Project, contracts: Contracts
    ) -> None:
        first = reading_of(
            (self.CTZ + "TR", "1"),
            (self.CTZ + "AL", "<5"),
            (self.CTZ + "CI", "3"),
            (self.CTZ + "_U", "4"),
        )
        fill_returns(project, contracts, reading=first, round_=2022, states=["GR"])
        fill_returns(
            project,
            contracts,
            reading=reading_of((self.CTZ + "BG", "5")),
            round_=2022,
            states=["GR"],
        )
        sheet = load_workbook(project.returns / "2022/thb/GR.xlsx")["3 Victims citizenship"]
        lines = [
            (sheet.cell(r, 1).value, sheet.cell(r, 2).value, sheet.cell(r, 11).value)
            for r in range(7, 14)
        ]
        assert lines == [
            ("_T", "All citizenships", None),
            ("_U", "Unknown or not specified", 4),
            ("AL", "Albania", "<5"),
            ("CI", "Côte d'Ivoire", 3),
            ("TR", "Türkiye", 1),
            ("BG", "Bulgaria", 5),
            (None, None, None),
        ]

    def test_what_a_state_wrote_is_kept_and_the_difference_noted_once(
        self, project: Project, contracts: Contracts
    ) -> None:
        key = Key.parse(self.CTZ + "RO")
        fill_returns(
            project, contracts, reading=reading_of((str(key), "9")), round_=2022, states=["GR"]
        )
        for _ in range(2):
            (filled,) = fill_returns(
                project, contracts, reading=reading_of((str(key), "12")), round_=2022, states=["GR"]
            )
            assert (filled.written, filled.conflicts) == (0, 1)
        (same,) = fill_returns(
            project, contracts, reading=reading_of((str(key), "9")), round_=2022, states=["GR"]
        )
        assert same.same == 1
        file = open_workbook(project, contracts, "GR")
        assert file.value(key) == "9"
        (note,) = [note for cells, _, _, note in file.lines() if any(k == key for k, _, _ in cells)]
        assert note == "2022: Publisher, Table gives 12"

    def test_the_cover_names_every_source_and_says_it_is_pre_filled(
        self, project: Project, contracts: Contracts
    ) -> None:
        fill_returns(
            project,
            contracts,
            reading=reading_of((self.CTZ + "RO", "9")),
            round_=2022,
            states=["GR"],
        )
        other = reading_of((self.CTZ + "RO", "9"))
        other = Reading(
            Source("b", "Other", "Series", "2024"), other.figures, (), {}, 1, other.tables
        )
        fill_returns(project, contracts, reading=other, round_=2022, states=["GR"])
        cover = dict(open_workbook(project, contracts, "GR").cover())
        assert cover["source:THB_VICTIMS_CTZ"] == "Publisher, Table, release 1; Other, Series, 2024"
        # An import does not know when the state will send the return.
        assert (cover["authority"], cover["contact"], cover["date"]) == (AUTHORITY, "", "")
        fill_returns(
            project, contracts, reading=other, round_=2022, states=["GR"], day="2025-04-30"
        )
        assert dict(open_workbook(project, contracts, "GR").cover())["date"] == "2025-04-30"

    def test_lines_a_state_inserted_do_no_harm(
        self, project: Project, contracts: Contracts
    ) -> None:
        fill_returns(
            project,
            contracts,
            reading=reading_of((self.CTZ + "RO", "9")),
            round_=2022,
            states=["GR"],
        )
        path = project.returns / "2022/thb/GR.xlsx"
        workbook = load_workbook(path)
        workbook["3 Victims citizenship"].insert_rows(2, 3)
        workbook.save(path)
        fill_returns(
            project,
            contracts,
            reading=reading_of((self.CTZ + "_T", "30")),
            round_=2022,
            states=["GR"],
        )
        file = open_workbook(project, contracts, "GR")
        assert (file.value(Key.parse(self.CTZ + "RO")), file.value(Key.parse(self.CTZ + "_T"))) == (
            "9",
            "30",
        )

    def test_the_same_figures_give_the_same_bytes(
        self, project: Project, contracts: Contracts, tmp_path: Path
    ) -> None:
        for name in ("a", "b"):
            fill_returns(
                project,
                contracts,
                reading=reading_of((self.CTZ + "RO", "9")),
                round_=2022,
                states=["GR"],
                folder=tmp_path / name,
            )
        assert (tmp_path / "a/thb/GR.xlsx").read_bytes() == (
            tmp_path / "b/thb/GR.xlsx"
        ).read_bytes()

    def test_a_full_list_is_counted_not_dropped(
        self, project: Project, contracts: Contracts
    ) -> None:
        codes = [
            c.code
            for c in contracts.codelist("citizenship")
            if not c.is_group and not c.code.startswith("_")
        ]
        figures = [(f"THB_REPATRIATED:RO.2022.{code}", "5") for code in codes[:45]]
        (filled,) = fill_returns(
            project,
            contracts,
            reading=reading_of(*figures, tables=("THB_REPATRIATED",)),
            round_=2022,
            states=["RO"],
        )
        assert (filled.written, filled.no_line) == (40, 5)

    def test_two_files_of_one_state_and_foreign_states_are_refused(
        self, project: Project, contracts: Contracts
    ) -> None:
        folder = project.returns / "2022/thb"
        folder.mkdir(parents=True)
        for name in ("GR.xlsx", "GR.csv"):
            (folder / name).write_bytes(b"")
        with pytest.raises(UserError, match="a workbook and a CSV return"):
            open_return(contracts, "thb", state="GR", round_=2022, folder=folder)
        with pytest.raises(UserError, match="'HR' is not a member state"):
            fill_returns(project, contracts, reading=reading_of(), round_=2022, states=["HR"])


def test_a_note_never_outgrows_its_limit() -> None:
    note = ""
    for year in range(200):
        note = join_notes(note, f"{year}: source gives 1 and 2")
    assert len(note) <= 1000
    assert note.endswith("further remarks did not fit")


@pytest.mark.parametrize(
    ("state", "dialect", "note"),
    [
        ("HU", Dialect(), "é"),
        ("BG", Dialect(";", "cp1251"), "Данните"),
        ("RS", Dialect(";", "utf-8-sig"), "ž"),
    ],
)
def test_a_csv_return_is_filled_in_its_own_dialect(
    project: Project, contracts: Contracts, state: str, dialect: Dialect, note: str
) -> None:
    base = f"THB_VICTIMS_CTZ:{state}.2022."
    fill_returns(
        project,
        contracts,
        reading=reading_of((base + "RO", "9"), note=note),
        round_=2022,
        states=[state],
    )
    workbook = open_workbook(project, contracts, state)
    to_csv(workbook, workbook.path.with_suffix(".csv"), dialect=dialect)
    workbook.path.unlink()
    (filled,) = fill_returns(
        project,
        contracts,
        reading=reading_of((base + "RO", "12"), (base + "AL", "<5")),
        round_=2022,
        states=[state],
    )
    assert (filled.written, filled.conflicts, filled.path.suffix) == (1, 1, ".csv")
    file = CsvReturn(contracts, "thb", state, 2022, filled.path)
    assert file.dialect == dialect
    assert {str(k): (c.text, c.note) for k, c in file.cells.items()} == {
        base + "AL": ("<5", ""),
        base + "RO": ("9", f"{note}; 2022: Publisher, Table gives 12"),
    }
    assert file.answers["state"] == state


# The example returns that are part of the project.

EXAMPLES = Project(ROOT)
STATES = ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")


def example(contracts: Contracts, round_: int, report: str, key: str) -> str:
    state = Key.parse(key).state
    file = open_return(
        contracts,
        report,
        state=state,
        round_=round_,
        folder=EXAMPLES.returns / str(round_) / report,
    )
    return file.value(Key.parse(key))


def test_there_is_one_example_return_per_state_and_report() -> None:
    for folder in ("2021/thb", "2022/thb", "2022/migration", "2022/octa"):
        found = sorted(
            p.stem
            for p in (EXAMPLES.returns / folder).iterdir()
            if p.suffix == ".xlsx" or not p.name.endswith(".cover.csv")
        )
        assert found == sorted([*STATES, *(["SELEC"] if folder.endswith("octa") else [])])


def test_example_victims_of_2022_add_up(contracts: Contracts) -> None:
    assert (
        sum(int(example(contracts, 2022, "thb", f"THB_VICTIMS:{s}.2022._T._T")) for s in STATES)
        == 1856
    )


@pytest.mark.parametrize(
    ("key", "in_2021", "in_2022"),
    [
        ("THB_VICTIMS:MD.2020._T._T", "139", "37"),
        ("THB_VICTIMS:TR.2020._T._T", "282", "281"),
        ("THB_VICTIMS_CTZ:TR.2020.UA", "<5", "<5"),
        ("THB_VICTIMS_FORM:AL.2018.OTH._T._T", "", ""),
    ],
)
def test_examples_keep_revisions_suppression_and_contradictions(
    contracts: Contracts, key: str, in_2021: str, in_2022: str
) -> None:
    assert (example(contracts, 2021, "thb", key), example(contracts, 2022, "thb", key)) == (
        in_2021,
        in_2022,
    )


def test_example_of_bulgaria_needs_its_code_page() -> None:
    data = (EXAMPLES.returns / "2022/octa/BG.csv").read_bytes()
    assert "Данните" in data.decode("cp1251")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
