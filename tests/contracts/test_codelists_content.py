"""Do the code lists hold what importers, rules and rates rely on?"""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

import pytest

CODELISTS = Path(__file__).parents[2] / "data_contracts" / "codelists"
STATES = {"AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR"}
STANDARD_COLUMNS = ["code", "label", "parent", "sort", "valid_from", "valid_to", "note"]
DATE = re.compile(r"(\d{4}(-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?)?")


def rows(name: str) -> list[dict[str, str]]:
    with (CODELISTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def normal(text: str) -> str:
    """The form in which aliases and labels are compared: Unicode NFKC, whitespace
    squeezed, casefolded.
    """
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


CITIZENSHIP = rows("citizenship.csv")
BY_CODE = {row["code"]: row for row in CITIZENSHIP}
ALIASES = rows("aliases/citizenship.csv")
AGGREGATES = rows("aliases/citizenship_aggregates.csv")
STATE_ALIASES = rows("aliases/states.csv")
POPULATION = rows("population.csv")
OWN_FILES = [
    "citizenship.csv",
    "population.csv",
    "aliases/citizenship.csv",
    "aliases/citizenship_aggregates.csv",
    "aliases/states.csv",
]


@pytest.mark.parametrize("name", OWN_FILES)
def test_file_is_plain_utf8_csv_with_unix_line_ends(name: str) -> None:
    data = (CODELISTS / name).read_bytes()
    assert b"\r" not in data
    assert not data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\n")
    table = list(csv.reader(data.decode("utf-8").splitlines()))
    assert len(table) > 1
    assert {len(row) for row in table} == {len(table[0])}
    assert [field for row in table for field in row if field != field.strip()] == []


def test_citizenship_has_the_standard_columns_and_no_duplicates() -> None:
    assert list(CITIZENSHIP[0]) == STANDARD_COLUMNS
    assert len(BY_CODE) == len(CITIZENSHIP)
    assert len({normal(row["label"]) for row in CITIZENSHIP}) == len(CITIZENSHIP)
    sorts = [int(row["sort"]) for row in CITIZENSHIP]
    assert sorts == sorted(set(sorts))


def test_every_parent_exists_and_every_code_leads_up_to_the_total() -> None:
    for row in CITIZENSHIP:
        chain = [row["code"]]
        while parent := BY_CODE[chain[-1]]["parent"]:
            assert parent in BY_CODE, row["code"]
            assert parent not in chain, row["code"]
            chain.append(parent)
        assert chain[-1] == "_T", row["code"]


def test_dates_are_well_formed_and_in_order() -> None:
    for row in CITIZENSHIP:
        assert DATE.fullmatch(row["valid_from"]), row["code"]
        assert DATE.fullmatch(row["valid_to"]), row["code"]
        if row["valid_from"] and row["valid_to"]:
            assert row["valid_from"] < row["valid_to"], row["code"]


def test_former_countries_end() -> None:
    ended = {row["code"]: row["valid_to"][:4] for row in CITIZENSHIP if row["valid_to"]}
    assert ended == {"CS": "2006", "YU": "2003", "SU": "1991", "AN": "2010"}


def test_the_list_holds_all_iso_countries_once() -> None:
    two_letters = {code for code in BY_CODE if re.fullmatch("[A-Z]{2}", code)}
    assert len(two_letters - {"XK", "CS", "YU", "SU", "AN"}) == 249


def test_groups_hold_the_right_states() -> None:
    groups = {row["code"] for row in CITIZENSHIP if row["code"].startswith("G_")}
    assert groups == {
        "G_KNOWN",
        "G_FOR",
        "G_SEL",
        "G_EU",
        "G_EUR",
        "G_ASIA",
        "G_AFR",
        "G_AME",
        "G_OCE",
    }
    assert {BY_CODE[group]["parent"] for group in groups} == {"_T"}
    assert {row["code"] for row in CITIZENSHIP if row["parent"] == "G_SEL"} - {"CS"} == STATES
    for code in ("HR", "SI", "CY", "DE"):
        assert BY_CODE[code]["parent"] == "G_EU"
    for code in ("UA", "BY", "RU", "GB", "NO", "CH", "XK"):
        assert BY_CODE[code]["parent"] == "G_EUR"
    for code in ("_U", "NAT", "ABR", "XXA"):
        assert BY_CODE[code]["parent"] == "_T"


EU_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
# The regions of UN M49 (United Nations Statistics Division) by ISO code, written down
# apart from the code list.
M49 = {
    "G_AFR": (
        """
        DZ EG LY MA SD TN EH IO BI KM DJ ER ET TF KE MG MW MU YT MZ RE RW SC SO SS UG TZ ZM ZW AO
        CM CF TD
        CG CD GQ GA ST BW SZ LS NA ZA BJ BF CV CI GM GH GN GW LR ML MR NE NG SH SN SL TG
    """
    ),
    "G_AME": (
        """
        AI AG AW BS BB BQ VG KY CU CW DM DO GD GP HT JM MQ MS PR BL KN LC MF VC SX TT TC VI BZ CR
        SV GT HN
        MX NI PA AR BO BV BR CL CO EC FK GF GY PY PE GS SR UY VE BM CA GL PM US
    """
    ),
    "G_ASIA": (
        """
        KZ KG TJ TM UZ CN HK MO KP JP MN KR BN KH ID LA MY MM PH SG TH TL VN AF BD BT IN IR MV NP
        PK LK AM
        AZ BH CY GE IQ IL JO KW LB OM QA SA PS SY TR AE YE
    """
    ),
    "G_EUR": (
        """
        BY BG CZ HU PL MD RO RU SK UA AX GG JE DK EE FO FI IS IE IM LV LT NO SJ SE GB AL AD BA HR
        GI GR VA
        IT MT ME MK PT SM RS SI ES AT BE FR DE LI LU MC NL CH
    """
    ),
    "G_OCE": (
        """
        AU CX CC HM NZ NF FJ NC PG SB VU GU KI MH FM NR MP PW UM AS CK PF NU PN WS TK TO TV WF
    """
    ),
}
# their people are citizens of Finland and France
EU_TERRITORIES = {
    "AX",
    "GF",
    "GP",
    "MQ",
    "RE",
    "YT",
    "MF",
}
# no region there; the code list says where they count
OUTSIDE_M49 = {
    "TW": "G_ASIA",
    "XK": "G_EUR",
    "AQ": "_T",
}
FORMER = {"CS", "YU", "SU", "AN"}


def test_every_country_is_in_its_region_of_the_united_nations() -> None:
    region = {code: group for group, codes in M49.items() for code in codes.split()} | OUTSIDE_M49
    members = set(EU_MEMBERS.split())
    countries = {code for code in BY_CODE if re.fullmatch("[A-Z]{2}", code)} - FORMER
    assert set(region) == countries
    for code in countries:
        parent = BY_CODE[code]["parent"]
        if parent == "G_SEL":
            assert code in STATES
        elif parent == "G_EU":
            assert code in EU_TERRITORIES | members
        else:
            assert parent == region[code], code
    assert {
        code for code in countries if BY_CODE[code]["parent"] == "G_EU"
    } == members - STATES | EU_TERRITORIES


def test_disputed_designations_carry_their_footnote() -> None:
    assert BY_CODE["XK"]["label"] == "Kosovo*"
    assert "UNSCR 1244/1999" in BY_CODE["XK"]["note"]
    assert "without prejudice" in BY_CODE["PS"]["note"]


def test_every_citizenship_alias_means_one_existing_code_and_says_where_it_was_seen() -> None:
    assert list(ALIASES[0]) == ["alias", "code", "source"]
    assert [row for row in ALIASES if row["code"] not in BY_CODE] == []
    assert [row for row in ALIASES if not row["source"]] == []
    spellings = [normal(row["alias"]) for row in ALIASES]
    assert len(spellings) == len(set(spellings))
    assert set(spellings).isdisjoint(normal(row["label"]) for row in CITIZENSHIP)
    assert set(spellings).isdisjoint(normal(code) for code in BY_CODE if code != "_T")


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("B & H", "BA"),
        ("Moldavian", "MD"),
        ("TÃ¼rkiye", "TR"),
        ("T\ufffdrkiye", "TR"),
        ("Dr Kongo", "CD"),
        ("Kosovar", "XK"),
        ("Nationals", "NAT"),
        ("Abroad", "ABR"),
        ("Unknown", "_U"),
        ("Côte d’Ivoire", "CI"),
    ],
)
def test_a_suppliers_spelling_is_understood(spelling: str, code: str) -> None:
    assert {normal(row["alias"]): row["code"] for row in ALIASES}[normal(spelling)] == code


def test_a_bare_congo_is_the_republic_of_the_congo() -> None:
    assert BY_CODE["CG"]["label"] == "Congo"


def test_aggregates_are_never_aliases() -> None:
    aggregates = [normal(row["alias"]) for row in AGGREGATES]
    assert len(aggregates) == len(set(aggregates))
    assert {"total", "asia"} <= set(aggregates)
    assert set(aggregates).isdisjoint(normal(row["alias"]) for row in ALIASES)
    countries = (row for row in CITIZENSHIP if not row["code"].startswith("G_"))
    assert set(aggregates).isdisjoint(normal(row["label"]) for row in countries)


def test_every_state_alias_means_one_of_the_eleven_states() -> None:
    assert list(STATE_ALIASES[0]) == ["alias", "code"]
    assert {row["code"] for row in STATE_ALIASES} == STATES
    spellings = [normal(row["alias"]) for row in STATE_ALIASES]
    assert len(spellings) == len(set(spellings))
    known = dict(zip(spellings, (row["code"] for row in STATE_ALIASES), strict=True))
    formal = {"Hellenic Republic": "GR", "Republic of Türkiye": "TR", "EL": "GR", "ROU": "RO"}
    assert {alias: known[normal(alias)] for alias in formal} == formal


def test_population_has_every_state_in_every_year_once_in_persons() -> None:
    assert list(POPULATION[0]) == ["state", "year", "population", "source"]
    cells = [(row["state"], int(row["year"])) for row in POPULATION]
    assert sorted(cells) == [
        (state, year) for state in sorted(STATES) for year in range(2013, 2024)
    ]
    assert {row["source"] for row in POPULATION} == {"UN DESA, World Population Prospects 2024"}
    # The smallest state has over half a million people, the largest under a hundred:
    # thousands would fall below.
    assert [row for row in POPULATION if not 500_000 < int(row["population"]) < 100_000_000] == []
