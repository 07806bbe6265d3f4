"""Is a share, change or rate worked out only where it means something, and does it name its cells?"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from pipeline.cells import Key
from pipeline.report.formulas import Formula, change, rate, share
from pipeline.report.store import Store

MakeStore = Callable[..., Store]
RO22 = Key.parse("THB_VICTIMS:RO.2022._T._T")
REGION22 = Key.parse("THB_VICTIMS:SELEC.2022._T._T")


def changed(store: MakeStore, then: str, now: str) -> Formula:
    return change(
        store(f"""
        key                       | value
        THB_VICTIMS:RO.2021._T._T | {then}
        THB_VICTIMS:RO.2022._T._T | {now}
        """), RO22, 2021,
    )  # fmt: skip


@pytest.mark.parametrize(("then", "now", "percent"), [
    ("1,319", "1,856", "40.7"), ("200", "100", "-50.0"), ("20", "20", "0.0"), ("1,000", "1,005", "0.5"),
    ("8,000", "8,004", "0.1"), ("40", "41", "2.5"),
])  # fmt: skip
def test_a_change_is_in_per_cent_to_one_decimal_rounded_half_up(
    store: MakeStore, then: str, now: str, percent: str
) -> None:
    formula = changed(store, then, now)
    assert (formula.value, formula.unit, formula.reason) == (Decimal(percent), "percent", "")


def test_a_change_names_both_cells(store: MakeStore) -> None:
    formula = changed(store, "100", "200")
    assert formula.text == "change(THB_VICTIMS:RO.2022._T._T, THB_VICTIMS:RO.2021._T._T)"
    assert formula.inputs == (RO22, RO22.at(year=2021))


@pytest.mark.parametrize(("then", "now"), [("19", "100"), ("100", "19"), ("0", "50"), ("19", "19")])
def test_below_twenty_there_is_no_change(store: MakeStore, then: str, now: str) -> None:
    formula = changed(store, then, now)
    assert (formula.value, formula.reason) == (None, "a figure is below 20")


def test_from_twenty_on_there_is_one(store: MakeStore) -> None:
    assert changed(store, "20", "30").value == Decimal("50.0")


@pytest.mark.parametrize("value", [":", "<5", "–", "c"])
def test_without_one_of_the_figures_there_is_no_change(store: MakeStore, value: str) -> None:
    formula = changed(store, "100", value)
    assert (formula.value, formula.reason) == (None, "one of the two figures is not available")


@pytest.mark.parametrize(("year", "value"), [(2022, None), (2021, "-75.0")])
def test_no_change_crosses_a_break_but_one_may_start_at_it(store: MakeStore, year: int, value: str | None) -> None:
    made = store(f"""
        key                       | value | obs
        THB_VICTIMS:RO.2021._T._T | 400   | {"B" if year == 2021 else "A"}
        THB_VICTIMS:RO.2022._T._T | 100   | {"B" if year == 2022 else "A"}
        """)
    formula = change(made, RO22, 2021)
    assert formula.value == (None if value is None else Decimal(value))
    assert formula.reason == ("break in the time series" if value is None else "")


def test_a_break_between_the_years_counts_too(store: MakeStore) -> None:
    made = store("""
        key                       | value | obs
        THB_VICTIMS:RO.2018._T._T | 400   | A
        THB_VICTIMS:RO.2020._T._T | 300   | B
        THB_VICTIMS:RO.2022._T._T | 100   | A
        """)
    assert change(made, RO22, 2018).reason == "break in the time series"


def test_different_states_are_not_compared(store: MakeStore) -> None:
    made = store("""
        key                          | value | states
        THB_VICTIMS:SELEC.2021._T._T | 1,000 | BG GR RO
        THB_VICTIMS:SELEC.2022._T._T | 1,500 | BG GR TR
        """)
    assert change(made, REGION22, 2021).reason == "different states reported in the two years"


def test_the_same_states_are_compared(store: MakeStore) -> None:
    made = store("""
        key                          | value | states
        THB_VICTIMS:SELEC.2021._T._T | 1,000 | BG GR RO
        THB_VICTIMS:SELEC.2022._T._T | 1,500 | BG GR RO
        """)
    assert change(made, REGION22, 2021).value == Decimal("50.0")


def test_a_share_is_of_the_whole_where_the_same_states_are_in_both(store: MakeStore) -> None:
    made = store("""
        key                         | value | states
        THB_VICTIMS:SELEC.2022.F._T | 300   | BG RO
        THB_VICTIMS:SELEC.2022._T._T | 400  | BG RO
        """)
    formula = share(made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), REGION22)
    assert formula.value == Decimal("75.0")
    assert formula.text == "share(THB_VICTIMS:SELEC.2022.F._T, THB_VICTIMS:SELEC.2022._T._T)"


def test_a_share_is_over_the_states_of_the_part(store: MakeStore) -> None:
    made = store("""
        key                          | value | states
        THB_VICTIMS:SELEC.2022.F._T  | 30    | BG RO
        THB_VICTIMS:SELEC.2022._T._T | 1,060 | BG RO TR
        THB_VICTIMS:BG.2022._T._T    | 20    |
        THB_VICTIMS:RO.2022._T._T    | 40    |
        """)
    formula = share(made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), REGION22)
    assert formula.value == Decimal("50.0")
    assert [str(k) for k in formula.inputs[1:]] == ["THB_VICTIMS:BG.2022._T._T", "THB_VICTIMS:RO.2022._T._T"]


def test_there_is_no_share_where_the_total_of_a_state_is_withheld(store: MakeStore) -> None:
    made = store(
        """
        key                          | value | states
        THB_VICTIMS:SELEC.2022.F._T  | 30    | BG RO
        THB_VICTIMS:SELEC.2022._T._T | 1,060 | BG RO TR
        THB_VICTIMS:BG.2022._T._T    | c     |
        THB_VICTIMS:RO.2022._T._T    | 40    |
        """,
        version="public",
    )
    assert share(made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), REGION22).value is None


@pytest.mark.parametrize(("whole", "value"), [("19", None), ("20", Decimal("50.0"))])
def test_a_share_of_a_small_base_is_not_told(store: MakeStore, whole: str, value: Decimal | None) -> None:
    made = store(f"""
        key                       | value
        THB_VICTIMS:RO.2022.F._T  | 10
        THB_VICTIMS:RO.2022._T._T | {whole}
        """)
    assert share(made, Key.parse("THB_VICTIMS:RO.2022.F._T"), RO22).value == value


def test_a_rate_is_per_100000_inhabitants_and_names_them(store: MakeStore) -> None:
    made = store("""
        key                       | value
        THB_VICTIMS:RO.2022._T._T | 500
        POPULATION:RO.2022        | 19,166,776
        """)
    formula = rate(made, RO22)
    assert (formula.value, formula.unit) == (Decimal("2.61"), "per_100k")
    assert formula.text == "rate(THB_VICTIMS:RO.2022._T._T, POPULATION:RO.2022)"
    assert set(made.printed) == {RO22, Key.parse("POPULATION:RO.2022")}


def test_a_regional_rate_counts_only_the_inhabitants_of_the_states_in_it(store: MakeStore) -> None:
    made = store("""
        key                          | value      | states
        THB_VICTIMS:SELEC.2022._T._T | 600        | BG RO
        POPULATION:BG.2022           | 6,000,000  |
        POPULATION:RO.2022           | 19,000,000 |
        POPULATION:TR.2022           | 87,000,000 |
        """)
    formula = rate(made, REGION22)
    assert formula.value == Decimal("2.40")
    assert [str(k) for k in formula.inputs] == [str(REGION22), "POPULATION:BG.2022", "POPULATION:RO.2022"]


@pytest.mark.parametrize("value", [":", "c", "<5"])
def test_without_a_figure_there_is_no_rate(store: MakeStore, value: str) -> None:
    made = store(f"""
        key                       | value
        THB_VICTIMS:RO.2022._T._T | {value}
        POPULATION:RO.2022        | 19,166,776
        """)
    assert rate(made, RO22).value is None
