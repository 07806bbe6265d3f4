"""Which cells may the public version show? Small tables, and what a reader could still work out from them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attack import CONSTANT, sums_over, work_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_tables import candidates, with_region

from pipeline.cells import REGION, Key
from pipeline.contracts.model import Contracts
from pipeline.disclosure.safe import Candidate, choose_public, is_small

# Five states with enough victims of each sex; the tables of the tests change one thing in it.
GOOD = """
key                       | value
THB_VICTIMS:AL.2022._T._T | 30
THB_VICTIMS:AL.2022.F._T  | 20
THB_VICTIMS:AL.2022.M._T  | 10
THB_VICTIMS:BA.2022._T._T | 45
THB_VICTIMS:BA.2022.F._T  | 25
THB_VICTIMS:BA.2022.M._T  | 20
THB_VICTIMS:BG.2022._T._T | 60
THB_VICTIMS:BG.2022.F._T  | 40
THB_VICTIMS:BG.2022.M._T  | 20
THB_VICTIMS:RO.2022._T._T | 500
THB_VICTIMS:RO.2022.F._T  | 300
THB_VICTIMS:RO.2022.M._T  | 200
THB_VICTIMS:TR.2022._T._T | 343
THB_VICTIMS:TR.2022.F._T  | 243
THB_VICTIMS:TR.2022.M._T  | 100
"""


def chosen(contracts: Contracts, cells: str, *, years: tuple[int, int] = (2022, 2022), region: bool = True) -> set[str]:
    """Keys that may be shown, without the name of the cube."""
    given = candidates(cells)
    return {k.split(":")[1] for k in choose_public(with_region(given, *years) if region else given, contracts)}


def with_cells(**changes: str) -> str:
    """GOOD with other values: `AL_F="3"` stands for AL.2022.F._T."""
    lines = GOOD.strip().splitlines()
    for name, value in changes.items():
        state, sex = name.split("_", 1)
        key = f"THB_VICTIMS:{state}.2022.{sex}._T "
        lines = [f"{key}| {value}" if line.startswith(key.strip() + " ") else line for line in lines]
    return "\n".join(lines)


@pytest.mark.parametrize(("value", "small"), [("0", False), ("1", True), ("4", True), ("4.5", True), ("5", False)])
def test_a_small_count_is_more_than_nobody_and_below_five(value: str, small: bool) -> None:
    assert is_small(Decimal(value)) is small


def test_state_totals_and_regional_cells_are_shown_where_everything_is_large(contracts: Contracts) -> None:
    shown = chosen(contracts, GOOD)
    assert {"AL.2022._T._T", "TR.2022._T._T", "SELEC.2022._T._T", "SELEC.2022.F._T", "SELEC.2022.M._T"} <= shown


def test_a_hidden_state_is_not_left_alone_in_a_constant_composition_whose_region_is_withheld(
    contracts: Contracts,
) -> None:
    """Moldova's 2 hide the region of 2022; Albania's total is hidden by a part of 3 and must not follow."""
    counts = {"AL": (30, 35), "BA": (45, 40), "RO": (500, 505)}
    cells = "key | value\n" + "\n".join(
        f"THB_VICTIMS:{s}.{y}._T._T | {v}"
        for s, pair in counts.items()
        for y, v in zip((2021, 2022), pair, strict=True)
    )
    cells += "\nTHB_VICTIMS:MD.2022._T._T | 2\nTHB_VICTIMS:AL.2022.F._T | 3"
    shown = chosen(contracts, cells, years=(2021, 2022))
    assert "SELEC.2022._T._T" not in shown
    assert not {"SELEC_FIX.2022._T._T", "BA.2022._T._T", "RO.2022._T._T"} <= shown


def test_a_cell_of_a_state_below_its_total_is_never_shown(contracts: Contracts) -> None:
    assert not [
        k for k in chosen(contracts, GOOD) if k.startswith(("AL", "BA", "BG", "RO", "TR")) and not k.endswith("_T._T")
    ]


@pytest.mark.parametrize("small", ["1", "4", "<5"])
def test_a_total_with_a_small_part_is_withheld(contracts: Contracts, small: str) -> None:
    shown = chosen(contracts, with_cells(AL_F=small))
    assert "AL.2022._T._T" not in shown


def test_a_total_that_leaves_a_small_rest_beside_a_part_is_withheld(contracts: Contracts) -> None:
    shown = chosen(contracts, with_cells(AL__T="30", AL_F="27", AL_M=":"))  # 3 are left for males
    assert "AL.2022._T._T" not in shown


@pytest.mark.parametrize("value", ["1", "4"])
def test_a_small_total_is_withheld(contracts: Contracts, value: str) -> None:
    assert "AL.2022._T._T" not in chosen(contracts, f"key | value\nTHB_VICTIMS:AL.2022._T._T | {value}")


def test_zero_is_a_count_of_nobody_and_shown(contracts: Contracts) -> None:
    shown = chosen(contracts, with_cells(AL__T="0", AL_F="0", AL_M="0"))
    assert {"AL.2022._T._T", "SELEC.2022._T._T"} <= shown


def test_five_is_enough(contracts: Contracts) -> None:
    shown = chosen(contracts, with_cells(AL__T="10", AL_F="5", AL_M="5"))
    assert {"AL.2022._T._T", "SELEC.2022.F._T"} <= shown


def test_a_regional_cell_with_a_small_contribution_is_withheld(contracts: Contracts) -> None:
    shown = chosen(contracts, with_cells(AL__T="30", AL_F="28", AL_M="2"))
    assert "SELEC.2022.M._T" not in shown


def test_a_regional_cell_of_fewer_than_three_states_is_withheld(contracts: Contracts) -> None:
    two = "key | value\nTHB_VICTIMS:AL.2022._T._T | 30\nTHB_VICTIMS:BA.2022._T._T | 45"
    three = two + "\nTHB_VICTIMS:RO.2022._T._T | 500"
    assert "SELEC.2022._T._T" not in chosen(contracts, two)
    assert "SELEC.2022._T._T" in chosen(contracts, three)


def test_one_hidden_part_beside_a_shown_regional_total_is_closed_by_its_smallest_neighbour(
    contracts: Contracts,
) -> None:
    cells = GOOD + "\n".join(f"THB_VICTIMS:{s}.2022.O._T | {v}" for s, v in (("AL", 3), ("BA", 9), ("RO", 9)))
    shown = chosen(contracts, cells)
    assert "SELEC.2022.O._T" not in shown  # Albania's 3 are in it
    assert "SELEC.2022.M._T" not in shown  # or total less females less males would give it
    assert {"SELEC.2022._T._T", "SELEC.2022.F._T"} <= shown


def test_one_hidden_state_beside_a_shown_region_is_closed(contracts: Contracts) -> None:
    """Albania's total has a small part; the region and the four others would give it away."""
    cells = with_cells(AL_F="3") + "\nTHB_VICTIMS:AL.2022.O._T | 17"
    shown = chosen(contracts, cells)
    hidden = {s for s in ("AL", "BA", "BG", "RO", "TR") if f"{s}.2022._T._T" not in shown}
    assert "AL" in hidden
    assert "SELEC.2022._T._T" not in shown or len(hidden) >= 2


def test_the_constant_composition_may_not_give_away_the_one_state_outside_it(contracts: Contracts) -> None:
    """Albania reported only in 2022: region less constant composition is Albania alone, whose total is withheld."""
    cells = "key | value\n" + "\n".join(
        f"THB_VICTIMS:{s}.{y}._T._T | {v}"
        for s, v in (("BA", 45), ("BG", 60), ("RO", 500), ("TR", 343))
        for y in (2021, 2022)
    )
    cells += "\nTHB_VICTIMS:AL.2022._T._T | 30\nTHB_VICTIMS:AL.2022.F._T | 3"
    shown = chosen(contracts, cells, years=(2021, 2022))
    assert "AL.2022._T._T" not in shown
    assert not {"SELEC.2022._T._T", "SELEC_FIX.2022._T._T"} <= shown


@pytest.mark.parametrize("status", ["N", "C", "D", "E", "A"])
def test_what_its_sender_binds_is_withheld_also_in_sums(contracts: Contracts, status: str) -> None:
    for cube in ("THB_OFFENCES", "MIG_DEATHS"):
        cells = "key | value | conf\n" + "\n".join(
            f"{cube}:{s}.2022 | {v} | {status if s == 'AL' else 'F'}"
            for s, v in (("AL", 70), ("BA", 45), ("RO", 500), ("TR", 80))
        )
        shown = chosen(contracts, cells)
        assert "AL.2022" not in shown
        assert "SELEC.2022" not in shown
        assert "RO.2022" in shown or cube == "MIG_DEATHS"


@pytest.mark.parametrize("status", ["N", "C", "D"])
def test_what_its_sender_binds_cannot_be_worked_out_in_a_table_without_sensitivity(
    contracts: Contracts, status: str
) -> None:
    cells = "key | value | conf\n" + "\n".join(
        f"THB_JUDGMENTS:{s}.2022.{code} | {v} | {status if (s, code) == ('AL', 'ACQ') else 'F'}"
        for s in ("AL", "BA", "RO", "TR") for code, v in (("_T", 60), ("CONVD", 30), ("ACQ", 20), ("APP", 10))
    )  # fmt: skip
    assert "THB_JUDGMENTS:AL.2022.ACQ" not in open_to_a_reader(with_region(candidates(cells), 2022, 2022), contracts)


def test_a_table_without_sensitivity_is_shown_with_its_small_counts(contracts: Contracts) -> None:
    cells = "key | value\nTHB_OFFENCES:AL.2022 | 1\nTHB_OFFENCES:BA.2022 | 0\nTHB_OFFENCES:RO.2022 | 500"
    assert chosen(contracts, cells) == {"AL.2022", "BA.2022", "RO.2022", "SELEC.2022", "SELEC_FIX.2022"}


def test_missing_cells_are_no_cells_to_show(contracts: Contracts) -> None:
    cells = "key | value\nTHB_OFFENCES:AL.2022 | :\nTHB_OFFENCES:BA.2022 | –\nTHB_VICTIMS:AL.2022._T._T | <5"
    assert chosen(contracts, cells) == set()


def test_totals_of_a_linked_table_are_shown_once_by_the_table_they_are_linked_to(contracts: Contracts) -> None:
    cells = "key | value\n" + "\n".join(f"THB_VICTIMS_CTZ:{s}.2022._T | 90" for s in ("AL", "BA", "RO", "TR"))
    assert not {k for k in chosen(contracts, cells) if k.startswith(("AL", "BA", "RO", "TR"))}


def open_to_a_reader(cells: list[Candidate], contracts: Contracts, shown: set[str] | None = None) -> dict[str, Decimal]:
    """Cells that are shown or can be worked out to their true value."""
    shown = choose_public(cells, contracts) if shown is None else shown
    values = {c.key: c.value for c in cells if c.value is not None}
    released = {k: v for k, v in values.items() if str(k) in shown}
    found = work_out(released, set(values) - set(released), contracts)
    return {str(k): v for k, v in {**found, **released}.items() if values[k] == v}


def test_the_attack_succeeds_where_only_small_counts_are_hidden(contracts: Contracts) -> None:
    cells = with_region(candidates(with_cells(AL__T="30", AL_F="27", AL_M="3")), 2022, 2022)
    naive = {str(c.key) for c in cells if c.value is not None and not is_small(c.value)}
    assert open_to_a_reader(cells, contracts, naive)["THB_VICTIMS:AL.2022.M._T"] == 3
    assert "THB_VICTIMS:AL.2022.M._T" not in open_to_a_reader(cells, contracts)


STATES = ("AL", "BA", "BG", "RO", "TR")
COUNT = st.one_of(st.none(), st.integers(0, 9), st.integers(5, 60), st.just(0))
LEAVES = [(sex, age) for sex in ("F", "M") for age in ("Y_LT18", "Y_GE18")]


@st.composite
def tables(draw: st.DrawFn) -> list[Candidate]:
    """Victims by sex and age of five states in two years: any cell may be missing, totals add up to what is there."""
    cells = []
    for state in STATES:
        for year in (2021, 2022):
            counts = {leaf: draw(COUNT) for leaf in LEAVES}
            for sex in ("F", "M", "_T"):
                for age in ("Y_LT18", "Y_GE18", "_T"):
                    inside = [
                        n for (s, a), n in counts.items() if sex in (s, "_T") and age in (a, "_T") and n is not None
                    ]
                    if inside:
                        key = Key("THB_VICTIMS", (state, str(year), sex, age))
                        cells.append(Candidate(key, Decimal(sum(inside)), "A", "F"))
    return with_region(cells, 2021, 2022)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cells=tables())
def test_no_small_count_is_shown_or_can_be_worked_out(contracts: Contracts, cells: list[Candidate]) -> None:
    small = {k: v for k, v in open_to_a_reader(cells, contracts).items() if is_small(v)}
    assert small == {}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cells=tables())
def test_no_shown_regional_sum_leaves_exactly_one_part_hidden(contracts: Contracts, cells: list[Candidate]) -> None:
    shown = choose_public(cells, contracts)
    keys = {c.key for c in cells if c.value is not None}
    for whole, parts in sums_over(keys, contracts):
        if whole.state in (REGION, CONSTANT) and str(whole) in shown:
            hidden = [p for p in parts if str(p) not in shown]
            assert len(hidden) != 1, f"{whole} gives {hidden[0]}"
