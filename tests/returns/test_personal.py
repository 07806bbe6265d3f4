"""Are formats of personal data known by their form and check digit, and is nothing else
taken for them?

All numbers are invented; the wrong ones differ from the right ones in one digit.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from builds import REPORTS

from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.template import build_workbook
from pipeline.returns.formats.opened import open_file
from pipeline.returns.formats.raw import CsvText, RawCell
from pipeline.returns.intake.parse import load_symbols
from pipeline.returns.intake.personal import personal_data
from pipeline.returns.intake.screen import judge
from pipeline.returns.intake.shown import printable, shown, shown_name
from pipeline.returns.intake.vocabulary import load_words

ROOT = Path(__file__).parents[2]

# Format, right, and wrong: a wrong one is a number like any other.
NATIONAL = [
    ("Albania", "J05101123W", "J01301123W"),
    ("Bulgaria", "8001014003", "8001014004"),
    ("Bulgaria", "0541017005", "0561017005"),
    ("Greece", "01018012300", "01018012301"),
    ("Greece", "010180 12300", "310280 12302"),
    ("Hungary", "18001011238", "18001011239"),
    ("Hungary", "1-800101-1238", "1-801301-1238"),
    ("Hungary", "30501011232", "30501011233"),
    ("JMBG", "0101980170129", "0101980170128"),  # Bosnia and Herzegovina
    ("JMBG", "0101980210120", "0101980210121"),  # Montenegro
    ("JMBG", "0101980450121", "0101980450122"),  # North Macedonia
    ("JMBG", "0101980710123", "3201980710123"),  # Serbia
    ("JMBG", "0101980820123", "0101980820124"),
    ("Moldova", "2002001234563", "2002001234564"),
    ("Moldova", "0980101123458", "0980101123459"),
    ("Romania", "1800101280007", "1800101280008"),
    ("Romania", "6050505400002", "6051305400002"),
    ("Türkiye", "10000000146", "10000000147"),
    ("Türkiye", "100 000 001 46", "100 000 001 47"),
]
IBANS = [
    "AL47212110090000000235698741",
    "BA391290079401028494",
    "BG80BNBG96611020345678",
    "GR1601101250000000012300695",
    "HU42117730161111101800000000",
    "MD24AG000225100013104168",
    "ME25505000012345678951",
    "MK07250120000058984",
    "RO49AAAA1B31007593840000",
    "RS35260005601001611379",
    "TR330006100519786457841326",
]


@pytest.mark.parametrize(("name", "right", "wrong"), NATIONAL)
def test_a_national_number_is_known_by_its_check(name: str, right: str, wrong: str) -> None:
    assert name in personal_data(right)
    assert name in personal_data(f"The victim ({right}), found in May.")
    assert name in personal_data(f"file_{right}.")
    assert personal_data(wrong) == ""


def test_a_weak_check_needs_a_word_beside_the_number() -> None:
    """One number in ten passes the check of Bulgaria's numbers for foreigners."""
    assert personal_data("1002301454") == ""
    assert "foreigner" in personal_data("ЛНЧ 1002301454")
    assert personal_data("1002001234560") == ""  # a company of Moldova


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_is_known_by_its_check_however_it_is_written(iban: str) -> None:
    grouped = " ".join(iban[n : n + 4] for n in range(0, len(iban), 4))
    for text in (
        iban,
        grouped,
        iban.lower(),
        f"{grouped} BANK OF THE STATE",
        f"GR12 XXXX {iban}",
        f"({iban})",
    ):
        assert personal_data(text) == "IBAN"
    wrong = f"{iban[:2]}{(int(iban[2:4]) + 1) % 100:02d}{iban[4:]}"
    assert personal_data(f"{wrong[:4]} {wrong[4:]}") != "IBAN"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("e-mail address", "write to ion.popescu+x@police.gov.example"),
        ("e-mail address", "ион@полиция.бг"),
        ("e-mail address", "ion\u200b.popescu\u00ad@police.example"),
        ("e-mail address", "ion＠police.example"),
        ("telephone number", "+40 21 303 60 09"),
        ("telephone number", "0040213036009"),
        ("telephone number", "(+359) 2 982 5000"),
        ("telephone number", "+30-210-1234567"),
        ("telephone number", "mobile 069 12 34 567"),
        ("telephone number", "0722 123 456"),
        ("telephone number", "021/303-6009"),
        ("telephone number", "тел. 303 60 09"),
        ("telephone number", "τηλ: 210 123 4567"),
        ("number of a passport or identity card", "P1234567"),
        ("number of a passport or identity card", "passport no. 053123456"),
        ("number of a passport or identity card", "пасош бр. 012345678"),
        ("number of a passport or identity card", "ΑΔΤ ΑΒ 123456"),
        ("number of a passport or identity card", "CI seria RX nr. 123456"),
        ("number of a passport or identity card", "személyi igazolvány 123456AB"),
        ("number plate", "B 123 ABC"),
        ("number plate", "CJ-12-XYZ"),
        ("number plate", "34 ABC 123"),
        ("number plate", "06 BR 1234"),
        ("number plate", "BG 123-ČĆ, that is BG 123-AA"),
        ("number plate", "SK 1234-AB"),
        ("number plate", "PG AB123"),
        ("number plate", "СВ 1234 АК"),
        ("number plate", "AA 123 BB"),
        ("number plate", "AA BB-123"),
        ("number plate", "A12-J-345"),
        ("number plate", "rendszám: ABC-123"),
        ("number plate", "plate ABC 1234"),
        ("number plate", "πινακίδα ΙΖΗ 1234"),
    ],
)
def test_other_formats_are_known(kind: str, text: str) -> None:
    assert personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022",
        "2018-2022",
        "2018 2019 2020 2021 2022",
        "31.12.2022",
        "2022-12-31",
        "01/02/2022 and 03/04/2022",
        "31 DEC 2022",
        "12 MAI 2022",
        "In 2022, 1 234 567 890 lei",
        "2 000 000 000",
        "1,234,567,890.50",
        "1.234.567.890",
        "EUR 1234567890",
        "1234567890",
        "12 345 678 901",
        "0.1234567891",
        "10 000 000 146",
        "ICCS 020421",
        "0204, 02041, 020411",
        "TIP-2022",
        "ISO-3166",
        "ISO 3166-1",
        "EU 27",
        "EU-27 and UK",
        "G_SEL",
        "UNODC GLOTIP 2025",
        "M54",
        "IAFQ 2023",
        "CTS 2023",
        "migr_eipre",
        "crim_thb_sex",
        "Table 4.1",
        "A/RES/55/25",
        "Directive 2011/36/EU",
        "Law 678/2001",
        "Art. 210 CC",
        "Ph. 3",
        "Case 12/2022",
        "RO 2022",
        "BG 12 345 persons",
        "1 234 (+12.5 %)",
        "+5",
        "+/- 10",
        "- Croatia (HR)",
        "12:30",
        "50%",
        "3-5",
        "<5",
        "0n",
        "Y_LT18",
        "F._T",
        "IN 18 OF 27 STATES",
        "BY 10 PER CENT",
        "The figure of 2021 (1 203) was revised in 2022 (1 187).",
        "tel aviv 2022",
        "passports and identity cards",
        "registration of 12 plates",
        "number plates",
        "seria",
        "phone",
        "victim@home",
        "a @ b",
        "16 June 2023 10:00",
        "800-100-50",
    ],
)
def test_what_is_no_personal_data_is_left_alone(text: str) -> None:
    assert personal_data(text) == ""


def test_no_text_of_any_form_is_taken_for_personal_data(contracts: Contracts) -> None:
    texts = set()
    for report in REPORTS:
        asked = respondents(contracts, report, round_=2022)
        for state in (s for s in ("RO", "TR", "MK", "SELEC") if s in asked):
            book = build_workbook(contracts, report, state=state, round_=2022)
            texts |= {
                str(v)
                for s in book
                for row in s.iter_rows(values_only=True)
                for v in row
                if isinstance(v, str)
            }
            texts |= set(book.sheetnames)
    texts |= {
        code.label
        for name in ("citizenship", "states", "form", "drug")
        for code in contracts.codelist(name)
    }
    texts |= set(load_symbols(contracts.codelists))
    assert len(texts) > 1000
    assert {t: personal_data(t) for t in texts if personal_data(t)} == {}


def test_no_example_return_is_refused_for_personal_data() -> None:
    cells = [c for path in sorted((ROOT / "returns").glob("*/*/*.*")) for c in _cells(path)]
    assert len(cells) > 10_000
    judged = {c.text: found for c in cells if (found := judge(c)[0])}
    assert judged == {}


def _cells(path: Path) -> list[RawCell]:
    names = ["table", "state", "year", "value", "field", "answer"]
    words = load_words(ROOT / "data_contracts" / "codelists")
    content = open_file(path.read_bytes(), path.name[:2], names=names, words=words).content
    if isinstance(content, CsvText):
        return [RawCell("", f"line {r.line}", field) for r in content.records for field in r.fields]
    return [c for s in content.sheets for c in s.cells.values()]


def test_published_tables_and_names_of_countries_are_left_alone() -> None:
    for name in ("citizenship.csv", "headers.csv", "citizenship_aggregates.csv"):
        with (ROOT / "data_contracts/codelists/aliases" / name).open(
            encoding="utf-8", newline=""
        ) as file:
            texts = [text for row in csv.reader(file) for text in row]
        assert texts
        assert {t: personal_data(t) for t in texts if personal_data(t)} == {}


def test_personal_data_inside_a_formula_is_found() -> None:
    formula = '=IF(A1048576=1,12,"ion@police.example")'
    assert judge(RawCell("S", "C7", "12", "number", formula))[0] == "personal-data"
    assert judge(RawCell("S", "C7", "12", "number", '=IF(A1048576=1,12,"")')) == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!D2",
        "@SUM(1+9)*cmd|' /C calc'!A0",
        "\t=1",
        "\r\n =HYPERLINK(A1)",
        "＝1+1",
        "+HYPERLINK(A1)",
        "-1+SUM(A1:A9)",
        '="x"',
        "@A1",
        "=-1",
        "==1",
    ],
)
def test_text_that_a_spreadsheet_would_run_is_refused(text: str) -> None:
    assert judge(RawCell("S", "C7", text))[0] == "formula-as-text"


@pytest.mark.parametrize(
    "text",
    [
        "-",
        "–",
        "-5",
        "+5",
        "- Croatia (HR)",
        "- police (border), customs",
        "+ 12 persons (estimate)",
        "-12.5",
        "= ",
        "@",
        "a = b",
        "100 % (all)",
        "- see note | annex",
        "<5",
    ],
)
def test_text_that_merely_begins_with_a_sign_is_not(text: str) -> None:
    assert judge(RawCell("S", "C7", text)) == ("", "")


@pytest.mark.parametrize(
    ("formula", "reaches"),
    [
        ("=SUM(C7:C9)", False),
        ("=SUM(Table1[Victims])", False),
        ("='Sheet (2)'!A1", False),
        ('=IF(A1="[x]",1,2)', False),
        ("=[1]Sheet!A1", True),
        ("='[Book.xlsx]Sheet'!A1", True),
        ("=cmd|'/c calc'!A0", True),
        ("=WEBSERVICE(A1)", True),
        ('=HYPERLINK("#A1")', True),
        ("=DDE(A1;A2;A3)", True),
        ("=webservice (A1)", True),
        ("='\\\\host\\s'!A1", True),
        ("='file:///x.ods'#Sheet.A1", True),
        ("=INDIRECT(A1)", True),
        ("=CALLER(A1)", False),
    ],
)
def test_a_formula_that_leaves_its_workbook_is_refused(formula: str, reaches: bool) -> None:
    rule = judge(RawCell("S", "C7", "12", "number", formula))[0]
    assert rule == ("formula-reaches-out" if reaches else "")


# What may be shown of a text.


def test_a_figure_is_shown_whatever_number_it_looks_like() -> None:
    assert shown("1800101280007", is_figure=True) == "1800101280007"
    assert shown("1800101280007") == "(not shown: looks like personal number of Romania)"
    assert (
        shown("1800101280007 Ion", is_figure=True)
        == "(not shown: looks like personal number of Romania)"
    )


def test_what_is_shown_is_short_and_cannot_steer() -> None:
    assert shown("a" * 400) == f"{'a' * 300}… (400 characters)"
    assert printable("\x1b[2J\u202etxt.exe\x00") == "\\x1b[2J\\u202etxt.exe\\x00"
    assert printable("Полиција\u200b\n– δ/υ") == "Полиција\u200b\n– δ/υ"
    assert shown_name("a\nb\tc") == "a b c"
    assert "2800101" not in shown("x" * 295 + " 2800101280008 1800101280007")


@pytest.mark.parametrize(
    "text",
    [
        "passport",
        "tel",
        "a@",
        "+1 ",
        "00 1",
        "GR12 ",
        "A",
        "0 ",
        "B 12 ",
        "plate ",
        "1",
        "seria no. ",
    ],
)
def test_a_long_text_costs_no_more_than_its_length(text: str) -> None:
    """A pattern that looks at the whole rest of the text from each place would need an
    hour for this.
    """
    endless = (text * 500_000)[:500_000]
    assert personal_data(f"{endless}\n\nion@police.example") == "e-mail address"
    assert isinstance(personal_data(endless), str)
