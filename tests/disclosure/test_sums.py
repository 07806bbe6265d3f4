"""Which cells add up to which, how far, and what may a suppressed count be? Small
tables worked out by hand.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from small_tables import true_cells, with_region

from pipeline.contracts.model import Contracts
from pipeline.disclosure.choose.completion import complete
from pipeline.disclosure.choose.sums import Holds, Sum, find_sums
from pipeline.numbers.true_cells import TrueCell

SUPPRESSED = (0, 4)


def named(text: str) -> dict[str, TrueCell]:
    return {str(c.key): c for c in true_cells(text)}


def found(text: str, contracts: Contracts) -> dict[str, list[tuple[str, str]]]:
    """Whole -> parts and strength, without the cube and the state and year that all
    cells of a test share.
    """
    sums = find_sums(named(text), contracts, suppressed=SUPPRESSED)

    def short(key: str) -> str:
        return key.split(":")[1].split(".", 2)[-1]

    result: dict[str, list[tuple[str, str]]] = {}
    for s in sums:
        result.setdefault(short(s.whole), []).append((" ".join(map(short, s.parts)), s.holds.name))
    return result


def test_codes_add_up_to_their_parent_in_every_dimension(contracts: Contracts) -> None:
    cells = """
    key | value
    THB_VICTIMS:AL.2022._T._T | 30
    THB_VICTIMS:AL.2022.F._T | 20
    THB_VICTIMS:AL.2022.M._T | 10
    THB_VICTIMS:AL.2022._T.Y_LT18 | 12
    THB_VICTIMS:AL.2022._T.Y_GE18 | 18
    THB_VICTIMS:AL.2022.F.Y_LT18 | 12
    """
    assert found(cells, contracts) == {
        "_T._T": [("F._T M._T", "EXACTLY"), ("_T.Y_GE18 _T.Y_LT18", "EXACTLY")],
        "F._T": [("F.Y_LT18", "AT_LEAST")],
        "_T.Y_LT18": [("F.Y_LT18", "EXACTLY")],
    }


@pytest.mark.parametrize(
    ("total", "female", "male", "holds"),
    [
        ("30", "20", "10", Holds.EXACTLY),
        ("30", "20", "9", Holds.AT_LEAST),
        ("30", "20", "11", Holds.NOT),
        ("30", "27", "<5", Holds.EXACTLY),
        ("30", "30", "<5", Holds.EXACTLY),
        ("30", "31", "<5", Holds.NOT),
        ("30", "20", "<5", Holds.AT_LEAST),
        ("<5", "<5", "<5", Holds.EXACTLY),
        ("<5", "5", "<5", Holds.NOT),
    ],
)
def test_a_sum_is_as_strong_as_its_figures_allow(
    contracts: Contracts, total: str, female: str, male: str, holds: Holds
) -> None:
    cells = named(
        f"key | value\nTHB_VICTIMS:AL.2022._T._T | {total}\nTHB_VICTIMS:AL.2022.F._T | {female}\n"
        f"THB_VICTIMS:AL.2022.M._T | {male}"
    )
    (found,) = find_sums(cells, contracts, suppressed=SUPPRESSED)
    assert found.holds == holds


def test_listed_citizenships_add_up_to_the_total_and_groups_to_their_members(
    contracts: Contracts,
) -> None:
    cells = named("""
    key | value | origin
    THB_CONV_CTZ:RO.2022._T | 30
    THB_CONV_CTZ:RO.2022.RO | 20
    THB_CONV_CTZ:RO.2022.DE | 6
    THB_CONV_CTZ:RO.2022.FR | <5
    THB_CONV_CTZ:RO.2022.G_EU | 6 | group
    """)
    group = cells["THB_CONV_CTZ:RO.2022.G_EU"]
    cells["THB_CONV_CTZ:RO.2022.G_EU"] = TrueCell(
        group.key, group.value, "U", "F", "group", ("THB_CONV_CTZ:RO.2022.DE",)
    )
    sums = find_sums(cells, contracts, suppressed=SUPPRESSED)
    assert {(s.whole[-4:], tuple(p[-2:] for p in s.parts), s.holds.name) for s in sums} == {
        ("2._T", ("DE", "FR", "RO"), "EXACTLY"),
        ("G_EU", ("DE",), "EXACTLY"),
    }


def test_a_whole_that_was_worked_out_is_its_parts_whatever_lacks(contracts: Contracts) -> None:
    """The other sex has figures by age but no total: a sent whole may be more than the
    rest, a worked-out one not.
    """
    text = """
    key | value | origin
    THB_VICTIMS:AL.2022._T._T | 30 | derived
    THB_VICTIMS:AL.2022.F._T | 20
    THB_VICTIMS:AL.2022.M._T | 10
    THB_VICTIMS:AL.2022.O.Y_LT18 | <5
    """
    cells = named(text)
    whole, *_ = cells
    holds = {
        s.parts: s.holds
        for s in find_sums(cells, contracts, suppressed=SUPPRESSED)
        if s.whole == whole
    }
    parts = ("THB_VICTIMS:AL.2022.F._T", "THB_VICTIMS:AL.2022.M._T")
    assert holds == {parts: Holds.AT_LEAST}
    cells[whole] = TrueCell(cells[whole].key, cells[whole].value, "A", "F", "derived", parts)
    holds = {
        s.parts: s.holds
        for s in find_sums(cells, contracts, suppressed=SUPPRESSED)
        if s.whole == whole
    }
    assert holds == {parts: Holds.EXACTLY}


def test_the_region_is_the_sum_of_the_states_that_gave_a_number(contracts: Contracts) -> None:
    cells = with_region(
        true_cells("""
    key | value
    THB_OFFENCES:AL.2022 | 30
    THB_OFFENCES:BA.2022 | <5
    THB_OFFENCES:RO.2022 | 7
    """),
        2022,
        2022,
    )
    sums = {s.whole: s.parts for s in find_sums(cells, contracts, suppressed=SUPPRESSED)}
    assert sums["THB_OFFENCES:SELEC.2022"] == ("THB_OFFENCES:AL.2022", "THB_OFFENCES:RO.2022")


def test_linked_tables_share_every_margin_they_have_in_common(contracts: Contracts) -> None:
    cells = named("""
    key | value
    THB_VICTIMS:AL.2022._T._T | 30
    THB_VICTIMS:AL.2022.F._T | 20
    THB_VICTIMS_FORM:AL.2022._T._T._T | 30
    THB_VICTIMS_FORM:AL.2022._T.F._T | 20
    THB_VICTIMS_FORM:AL.2022.SEX.F._T | 20
    THB_VICTIMS_CTZ:AL.2022._T | 31
    """)
    sums = [
        s for s in find_sums(cells, contracts, suppressed=SUPPRESSED) if "VICTIMS:" in s.parts[0]
    ]
    links = {(s.whole.split(":")[0], s.parts, s.holds) for s in sums}
    assert links == {
        ("THB_VICTIMS", ("THB_VICTIMS:AL.2022.F._T",), Holds.AT_LEAST),
        ("THB_VICTIMS_FORM", ("THB_VICTIMS:AL.2022._T._T",), Holds.EXACTLY),
        ("THB_VICTIMS_FORM", ("THB_VICTIMS:AL.2022.F._T",), Holds.EXACTLY),
        # one count holds exactly or not at all
        (
            "THB_VICTIMS_CTZ",
            ("THB_VICTIMS:AL.2022._T._T",),
            Holds.NOT,
        ),
    }


def test_suppressed_counts_are_completed_so_that_the_sums_hold(contracts: Contracts) -> None:
    cells = named("""
    key | value
    THB_VICTIMS:AL.2022._T._T | 23
    THB_VICTIMS:AL.2022.F._T | 20
    THB_VICTIMS:AL.2022.M._T | <5
    THB_VICTIMS:AL.2022.M.Y_LT18 | <5
    THB_VICTIMS:AL.2022.M.Y_GE18 | <5
    """)
    sums = find_sums(cells, contracts, suppressed=SUPPRESSED)
    values, held = complete(cells, sums, suppressed=SUPPRESSED)
    assert held == sums
    assert values["THB_VICTIMS:AL.2022.M._T"] == 3
    assert values["THB_VICTIMS:AL.2022.M.Y_LT18"] + values["THB_VICTIMS:AL.2022.M.Y_GE18"] == 3


def test_of_sums_that_cannot_hold_together_the_fewest_are_weakened(contracts: Contracts) -> None:
    """Each sum alone allows its suppressed part; together they would need one male and
    no male.
    """
    cells = named(
        "key | value\n"
        + "\n".join(
            f"THB_VICTIMS:AL.2022.{k} | {v}"
            for k, v in (
                ("_T._T", "21"),
                ("F._T", "20"),
                ("M._T", "<5"),
                ("M.Y_LT18", "0"),
                ("M.Y_GE18", "0"),
            )
        )
    )
    sums = find_sums(cells, contracts, suppressed=SUPPRESSED)
    assert [s.holds for s in sums] == [Holds.EXACTLY, Holds.EXACTLY]
    values, held = complete(cells, sums, suppressed=SUPPRESSED)
    assert sorted(s.holds for s in held) == [Holds.EXACTLY, Holds.AT_LEAST]
    assert _agrees(held, values)


def _agrees(sums: list[Sum], values: dict[str, Decimal]) -> bool:
    for s in sums:
        gap = values[s.whole] - sum(values[p] for p in s.parts)
        if (s.holds == Holds.EXACTLY and gap) or (s.holds == Holds.AT_LEAST and gap < 0):
            return False
    return True
