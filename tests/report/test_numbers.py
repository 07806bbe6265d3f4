"""Is a number printed one way everywhere: signs, thousands, and a symbol for each kind
of missing?
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.cells import Cell, Key
from pipeline.inspection.readback.values import number
from pipeline.report.document.data_annex import cells_csv
from pipeline.report.formulas import Formula
from pipeline.report.numbers import cell_text, change_text, csv_value, formula_text, number_text

KEY = Key.parse("THB_VICTIMS:RO.2022._T._T")
KG = Key.parse("OCT_DRUG_KG:RO.2022.HER")


@pytest.mark.parametrize(
    ("value", "text"),
    [("54.5", "+55"), ("-54.5", "−55"), ("53.5", "+54"), ("0", "+0"), ("-1234", "−1,234")],
)
def test_a_difference_has_its_sign_and_is_rounded_as_the_audit_rounds(
    value: str, text: str
) -> None:
    assert change_text(Decimal(value)) == text
    assert number(Decimal(value), 0) == text.removeprefix("+")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("1856", 0, "1,856"),
        ("0", 0, "0"),
        ("87058470", 0, "87,058,470"),
        ("-102", 0, "−102"),
        ("2.5", 0, "3"),
        ("-1234.56", 1, "−1,234.6"),
        ("3.5", 0, "4"),
        ("0.05", 1, "0.1"),
        ("7", 2, "7.00"),
    ],
)
def test_numbers_have_thousands_a_true_minus_and_round_half_up(
    value: str, decimals: int, text: str
) -> None:
    assert number_text(Decimal(value), decimals) == text


@pytest.mark.parametrize(
    ("status", "text"), [("O", ":"), ("L", ":"), ("M", "–"), ("Q", "<5"), ("N", "0n")]
)
def test_each_kind_of_missing_has_its_symbol(status: str, text: str) -> None:
    assert cell_text(Cell(KEY, None, "victims", status)) == text


def test_zero_is_a_number_and_withheld_is_c() -> None:
    assert cell_text(Cell(KEY, Decimal(0), "victims")) == "0"
    assert cell_text(Cell(KEY, None, "victims", "Q", withheld=True)) == "c"
    assert cell_text(Cell(KEY, Decimal(7), "victims", withheld=True)) == "c"


@pytest.mark.parametrize(
    ("value", "text"),
    [("12.5", "13"), ("9.96", "10.0"), ("1.25", "1.3"), ("0.25", "0.250"), ("0", "0")],
)
def test_only_small_weights_have_decimals(value: str, text: str) -> None:
    assert cell_text(Cell(KG, Decimal(value), "kg")) == text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (Formula("change(a, b)", Decimal("40.7"), "percent", ()), "+40.7"),
        (Formula("change(a, b)", Decimal("-40.7"), "percent", ()), "−40.7"),
        (Formula("change(a, b)", Decimal("0.0"), "percent", ()), "0.0"),
        (Formula("change(a, b)", Decimal("999.9"), "percent", ()), "+999.9"),
        (Formula("change(a, b)", Decimal("2366.1"), "percent", ()), "+2,366"),
        (Formula("share(a, b)", Decimal("40.7"), "percent", ()), "40.7"),
        (Formula("rate(a, b)", Decimal("2.61"), "per_100k", ()), "2.61"),
        (Formula("change(a, b)", None, "percent", (), "too small"), "x"),
    ],
)
def test_changes_have_a_sign_and_what_is_not_computed_an_x(formula: Formula, text: str) -> None:
    assert formula_text(formula) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1856.000", "1856"), ("12.500", "12.5"), ("0.000", "0"), ("1000", "1000")]
)
def test_machines_get_plain_digits(value: str, text: str) -> None:
    assert csv_value(Cell(KEY, Decimal(value), "victims")) == text


def test_machines_get_nothing_where_nothing_is_shown() -> None:
    assert csv_value(Cell(KEY, None, "victims", "O")) == ""
    assert csv_value(Cell(KEY, Decimal(3), "victims", withheld=True)) == ""


def test_the_data_annex_has_a_line_a_cell_in_order_of_keys() -> None:
    region = Cell(
        KEY.at(state="SELEC"),
        Decimal("1856"),
        "victims",
        coverage=11,
        of=11,
        states=("RO",),
        wholes=("w",),
    )
    old = Cell(
        KEY.at(state="MD", year=2021),
        Decimal(31),
        "victims",
        vintage=2021,
        wholes=("w",),
        queried=True,
    )
    hidden = Cell(KEY.at(state="AL"), None, "victims", "Q", "S", withheld=True)
    assert cells_csv(
        [region, Cell(KEY, None, "victims", "O"), hidden, old], 2022
    ).decode().splitlines() == [
        "key,value,unit,obs_status,conf_status,coverage,marks",
        "THB_VICTIMS:AL.2022._T._T,,victims,Q,S,,",
        "THB_VICTIMS:MD.2021._T._T,31,victims,A,F,,i v",
        "THB_VICTIMS:RO.2022._T._T,,victims,O,F,,",
        "THB_VICTIMS:SELEC.2022._T._T,1856,victims,A,F,11/11,i",
    ]
