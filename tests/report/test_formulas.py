"""Is a share, change or rate worked out only where it means something, and does it name
its cells?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.cells import Key
from pipeline.numbers.questions import Conflict
from pipeline.report.formulas import (
    Formula,
    change,
    driver,
    if_parts_hold,
    rate,
    share,
    shares_of_two_years,
    whole_bars,
)
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]
RO22 = Key.parse("THB_VICTIMS:RO.2022._T._T")
REGION22 = Key.parse("THB_VICTIMS:SELEC.2022._T._T")


def changed(store: MakeStore, then: str, now: str) -> Formula:
    return change(
        store(f"""
        key                       | value
        THB_VICTIMS:RO.2021._T._T | {then}
        THB_VICTIMS:RO.2022._T._T | {now}
        """),
        RO22,
        since=2021,
    )


@pytest.mark.parametrize(
    ("then", "now", "percent"),
    [
        ("1,319", "1,856", "40.7"),
        ("200", "100", "-50.0"),
        ("20", "20", "0.0"),
        ("1,000", "1,005", "0.5"),
        ("8,000", "8,004", "0.1"),
        ("40", "41", "2.5"),
    ],
)
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
def test_no_change_crosses_a_break_but_one_may_start_at_it(
    store: MakeStore, year: int, value: str | None
) -> None:
    made = store(f"""
        key                       | value | obs
        THB_VICTIMS:RO.2021._T._T | 400   | {"B" if year == 2021 else "A"}
        THB_VICTIMS:RO.2022._T._T | 100   | {"B" if year == 2022 else "A"}
        """)
    formula = change(made, RO22, since=2021)
    assert formula.value == (None if value is None else Decimal(value))
    assert formula.reason == ("break in the time series" if value is None else "")


def test_a_break_between_the_years_counts_too(store: MakeStore) -> None:
    made = store("""
        key                       | value | obs
        THB_VICTIMS:RO.2018._T._T | 400   | A
        THB_VICTIMS:RO.2020._T._T | 300   | B
        THB_VICTIMS:RO.2022._T._T | 100   | A
        """)
    assert change(made, RO22, since=2018).reason == "break in the time series"


def test_different_states_are_not_compared(store: MakeStore) -> None:
    made = store("""
        key                          | value | states
        THB_VICTIMS:SELEC.2021._T._T | 1,000 | BG GR RO
        THB_VICTIMS:SELEC.2022._T._T | 1,500 | BG GR TR
        """)
    assert change(made, REGION22, since=2021).reason == "different states reported in the two years"


def test_the_same_states_are_compared(store: MakeStore) -> None:
    made = store("""
        key                          | value | states
        THB_VICTIMS:SELEC.2021._T._T | 1,000 | BG GR RO
        THB_VICTIMS:SELEC.2022._T._T | 1,500 | BG GR RO
        """)
    assert change(made, REGION22, since=2021).value == Decimal("50.0")


def test_a_share_is_of_the_whole_where_the_same_states_are_in_both(store: MakeStore) -> None:
    made = store("""
        key                         | value | states
        THB_VICTIMS:SELEC.2022.F._T | 300   | BG RO
        THB_VICTIMS:SELEC.2022._T._T | 400  | BG RO
        """)
    formula = share(made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), whole=REGION22)
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
    formula = share(made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), whole=REGION22)
    assert formula.value == Decimal("50.0")
    assert [str(k) for k in formula.inputs[1:]] == [
        "THB_VICTIMS:BG.2022._T._T",
        "THB_VICTIMS:RO.2022._T._T",
    ]


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
    assert share(made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), whole=REGION22).value is None


@pytest.mark.parametrize(("whole", "value"), [("19", None), ("20", Decimal("50.0"))])
def test_a_share_of_a_small_base_is_not_told(
    store: MakeStore, whole: str, value: Decimal | None
) -> None:
    made = store(f"""
        key                       | value
        THB_VICTIMS:RO.2022.F._T  | 10
        THB_VICTIMS:RO.2022._T._T | {whole}
        """)
    assert share(made, Key.parse("THB_VICTIMS:RO.2022.F._T"), whole=RO22).value == value


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
    assert [str(k) for k in formula.inputs] == [
        str(REGION22),
        "POPULATION:BG.2022",
        "POPULATION:RO.2022",
    ]


@pytest.mark.parametrize("value", [":", "c", "<5"])
def test_without_a_figure_there_is_no_rate(store: MakeStore, value: str) -> None:
    made = store(f"""
        key                       | value
        THB_VICTIMS:RO.2022._T._T | {value}
        POPULATION:RO.2022        | 19,166,776
        """)
    assert rate(made, RO22).value is None


# --- like with like

PAIR = """
key                               | value | states
THB_VICTIMS:SELEC.2021._T._T      | 600   | AL RO GR
THB_VICTIMS:SELEC.2022._T._T      | 900   | BG RO GR
THB_VICTIMS:SELEC_BOTH.2021._T._T | 500   | RO GR
THB_VICTIMS:SELEC_BOTH.2022._T._T | 750   | RO GR
THB_VICTIMS:RO.2021._T._T         | 300   |
THB_VICTIMS:RO.2022._T._T         | 350   |
THB_VICTIMS:GR.2021._T._T         | 200   |
THB_VICTIMS:GR.2022._T._T         | 400   |
"""


def test_a_change_of_the_region_is_over_the_states_with_both_years(store: MakeStore) -> None:
    formula = change(store(PAIR), REGION22, since=2021)
    assert (formula.value, formula.states) == (Decimal("50.0"), ("RO", "GR"))
    assert (
        formula.text
        == "change(THB_VICTIMS:SELEC_BOTH.2022._T._T, THB_VICTIMS:SELEC_BOTH.2021._T._T)"
    )


def test_where_both_years_count_the_same_states_the_plain_sums_are_compared(
    store: MakeStore,
) -> None:
    made = store("""
        key                          | value | states
        THB_VICTIMS:SELEC.2021._T._T | 600   | RO GR
        THB_VICTIMS:SELEC.2022._T._T | 900   | RO GR
        """)
    assert change(made, REGION22, since=2021).inputs == (REGION22, REGION22.at(year=2021))


def test_a_pair_that_is_withheld_is_not_replaced_by_sums_over_other_states(
    store: MakeStore,
) -> None:
    made = store(PAIR.replace("2022._T._T | 750", "2022._T._T | c"), version="public")
    formula = change(made, REGION22, since=2021)
    assert (formula.value, formula.symbol) == (None, "c")


def test_a_change_since_another_year_does_not_take_the_last_two(store: MakeStore) -> None:
    made = store(PAIR.replace(".2021.", ".2020."))
    assert change(made, REGION22, since=2020).reason == "different states reported in the two years"


@pytest.mark.parametrize(
    ("gr", "named"),
    [
        ("400", "GR"),  # 200 of 250
        ("325", ""),  # half of 250 is not more than half
        ("326", "GR"),
        ("150", "RO"),  # the region moves the other way than Greece
    ],
)
def test_the_state_that_makes_more_than_half_of_a_change_is_named(
    store: MakeStore, gr: str, named: str
) -> None:
    ro = 300 + 250 - (int(gr) - 200)
    text = PAIR.replace("GR.2022._T._T         | 400", f"GR.2022._T._T         | {gr}")
    text = text.replace("RO.2022._T._T         | 350", f"RO.2022._T._T         | {ro}")
    made = store(text)
    found = driver(made, REGION22, since=2021)
    assert (found.inputs[0].state if found else "") == named
    if found:
        assert found.value == (Decimal(gr) - 200 if named == "GR" else Decimal(ro) - 300)


def test_nobody_is_named_where_a_state_is_withheld_or_the_change_is_its_own(
    store: MakeStore,
) -> None:
    hidden = PAIR.replace("GR.2022._T._T         | 400", "GR.2022._T._T         | c")
    assert driver(store(hidden, version="public"), REGION22, since=2021) is None
    other_hidden = PAIR.replace("RO.2022._T._T         | 350", "RO.2022._T._T         | c")
    # it may have moved more than Greece
    assert driver(store(other_hidden, version="public"), REGION22, since=2021) is None
    assert driver(store(PAIR), RO22, since=2021) is None


def test_shares_of_two_years_are_over_the_same_states(store: MakeStore) -> None:
    made = store("""
        key                                   | value | states
        THB_VICTIMS:SELEC.2021.F._T           | 90    | AL RO
        THB_VICTIMS:SELEC.2022.F._T           | 80    | BG RO
        THB_VICTIMS:SELEC_BOTH.2021.F._T      | 50    | RO
        THB_VICTIMS:SELEC_BOTH.2022.F._T      | 60    | RO
        THB_VICTIMS:SELEC.2021._T._T          | 300   | AL BG RO
        THB_VICTIMS:SELEC.2022._T._T          | 300   | AL BG RO
        THB_VICTIMS:RO.2021._T._T             | 100   |
        THB_VICTIMS:RO.2022._T._T             | 100   |
        """)
    now, then = shares_of_two_years(
        made, Key.parse("THB_VICTIMS:SELEC.2022.F._T"), whole=REGION22, since=2021
    )
    assert (now.value, then.value, now.states, then.states) == (
        Decimal("60.0"),
        Decimal("50.0"),
        ("RO",),
        ("RO",),
    )


# --- figures in question

DOUBT = """
key                              | value | states | question | counts | wholes
THB_VICTIMS:MD.2022._T._T        | 43    |        | whole    | yes    | THB_VICTIMS:MD.2022._T._T
THB_VICTIMS:MD.2022._T.Y_LT18    | 44    |        | part     | no     | THB_VICTIMS:MD.2022._T._T
THB_VICTIMS:MD.2022._T.Y_GE18    | 107   |        | part     | no     | THB_VICTIMS:MD.2022._T._T
THB_VICTIMS:MD.2022.F._T         | 30    |        |          | yes    |
THB_VICTIMS:MD.2021._T._T        | 31    |        |          | yes    |
THB_VICTIMS:RO.2022._T._T        | 500   |        |          | yes    |
THB_VICTIMS:RO.2022._T.Y_LT18    | 234   |        |          | yes    |
THB_VICTIMS:SELEC.2022._T._T     | 543   | MD RO  | whole    | yes    | THB_VICTIMS:MD.2022._T._T
THB_VICTIMS:SELEC.2022._T.Y_LT18 | 234   | RO     |          | yes    |
POPULATION:MD.2022               | 3000000 |      |          | yes    |
"""
MD22 = Key.parse("THB_VICTIMS:MD.2022._T._T")
PARTS = ("THB_VICTIMS:MD.2022._T.Y_GE18", "THB_VICTIMS:MD.2022._T.Y_LT18")
CONFLICT = Conflict(
    "MD", 2022, str(MD22), "THB_VICTIMS", "THB_VICTIMS", ("age",), PARTS[0], PARTS, "", ""
)


def test_what_is_in_question_is_in_no_share_change_or_rate(store: MakeStore) -> None:
    made = store(DOUBT, conflicts=[CONFLICT])
    children, women = (Key.parse(f"THB_VICTIMS:MD.2022.{c}") for c in ("_T.Y_LT18", "F._T"))
    for formula in (
        share(made, children, whole=MD22),
        share(made, women, whole=MD22),
        rate(made, MD22),
        change(made, MD22, since=2021),
    ):
        assert (formula.value, formula.symbol) == (None, "x"), formula.text
        assert "in question" in formula.reason


def test_a_share_of_the_region_is_over_the_states_whose_parts_count(store: MakeStore) -> None:
    formula = share(
        store(DOUBT, conflicts=[CONFLICT]),
        Key.parse("THB_VICTIMS:SELEC.2022._T.Y_LT18"),
        whole=REGION22,
    )
    assert (formula.value, formula.states) == (Decimal("46.8"), ("RO",))


def test_no_share_is_above_a_hundred_per_cent(store: MakeStore) -> None:
    made = store("key | value\nTHB_VICTIMS:RO.2022.F._T | 44\nTHB_VICTIMS:RO.2022._T._T | 43")
    formula = share(made, Key.parse("THB_VICTIMS:RO.2022.F._T"), whole=RO22)
    assert (formula.value, formula.reason) == (None, "the part is larger than its whole")


def test_a_figure_says_what_it_would_be_if_the_parts_held(store: MakeStore) -> None:
    made = store(DOUBT, conflicts=[CONFLICT])
    for key, value in ((MD22, 151), (REGION22, 651)):
        formula = if_parts_hold(made, key)
        assert formula is not None
        assert (formula.value, formula.states) == (Decimal(value), ("MD",))


def test_without_all_parts_as_numbers_there_is_no_other_figure(store: MakeStore) -> None:
    assert if_parts_hold(store(DOUBT, conflicts=[replace(CONFLICT, parts=())]), REGION22) is None
    assert if_parts_hold(store(DOUBT, conflicts=[CONFLICT]), RO22) is None


# --- bars of the same states

FORMS = """
key                                     | value | states
THB_VICTIMS_FORM:SELEC.2022.SEX._T._T   | 900   | BG GR RO
THB_VICTIMS_FORM:SELEC.2022.LAB._T._T   | 500   | GR HU RO
THB_VICTIMS_FORM:BG.2022.SEX._T._T      | 100   |
THB_VICTIMS_FORM:GR.2022.SEX._T._T      | 300   |
THB_VICTIMS_FORM:RO.2022.SEX._T._T      | 500   |
THB_VICTIMS_FORM:GR.2022.LAB._T._T      | 200   |
THB_VICTIMS_FORM:HU.2022.LAB._T._T      | 50    |
THB_VICTIMS_FORM:RO.2022.LAB._T._T      | 250   |
"""
BAR = [Key.parse(f"THB_VICTIMS_FORM:SELEC.2022.{f}._T._T") for f in ("SEX", "LAB")]


def test_parts_of_a_bar_are_over_the_states_that_gave_every_part(store: MakeStore) -> None:
    found = whole_bars(store(FORMS), BAR)
    assert [(f.value, f.states) for f in found] == [
        (Decimal(800), ("GR", "RO")),
        (Decimal(450), ("GR", "RO")),
    ]
    assert found[0].text.startswith("sum(THB_VICTIMS_FORM:GR.2022.SEX._T._T + ")


def test_a_bar_of_parts_over_the_same_states_is_drawn_as_it_is(store: MakeStore) -> None:
    made = store(FORMS.replace("GR HU RO", "BG GR RO"))
    assert [f.text for f in whole_bars(made, BAR)] == [str(k) for k in BAR]


def test_a_bar_that_would_need_a_withheld_figure_is_not_drawn(store: MakeStore) -> None:
    made = store(
        FORMS.replace("SEX._T._T   | 900   | BG GR RO", "SEX._T._T | c |"), version="public"
    )
    assert [f.value for f in whole_bars(made, BAR)] == [None, None]


def test_a_bar_of_one_state_needs_all_of_its_parts(store: MakeStore) -> None:
    made = store(FORMS)
    for state, drawn in (("GR", True), ("BG", False)):
        found = whole_bars(made, [k.at(state=state) for k in BAR])
        assert all((f.value is not None) == drawn for f in found)
