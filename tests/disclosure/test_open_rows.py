"""A country that a state itself listed is at least one: which rows of open lists may be
seen, and what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from builds import ROOT
from small_tables import true_cells

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import Policy, load_policy
from pipeline.disclosure.choose.decide import Chooser, Decision
from pipeline.disclosure.choose.reasons import LEFT_OUT
from pipeline.disclosure.choose.rows import open_positions, rows_beside_a_total
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.disclosure.proof import audit_rules, audited_cell
from pipeline.disclosure.prove.audit import Audit, audit
from pipeline.disclosure.prove.facts import EarlierEdition as AuditedEdition
from pipeline.disclosure.prove.facts import Knowledge, ReleasedFile
from pipeline.numbers.true_cells import TrueCell

DAY = date(2023, 5, 1)
OPEN = [t.name for t in load_contracts(ROOT / "data_contracts").tables if open_positions(t)]
# The total of a list, the numbers in it, and how many rows are `<5`.
LISTS = {
    "four under less than five": ("<5", (), 4),
    "two under less than five": ("<5", (), 2),
    "one under less than five": ("<5", (), 1),
    "five that share six": ("19", (8, 5), 5),
    "three that share four": ("30", (12, 9, 5), 3),
    "seven that share sixteen": ("33", (7, 10), 7),
    "more rows than the total has room for": ("6", (5,), 3),  # its state wrote `<5` for nobody
}
NO_ROOM = "more rows than the total has room for"
TELLING = [
    n for n in LISTS if n not in (NO_ROOM, "one under less than five", "seven that share sixteen")
]
CODES = ("AL", "AT", "BE", "BG", "CH", "CY", "DK", "FR", "GR", "HR", "IT")


def list_of(cube: str, total: str, numbers: Sequence[int], suppressed: int) -> dict[str, TrueCell]:
    """The open list of Romania in 2022."""
    values = [*map(str, numbers), *["<5"] * suppressed]
    lines = [f"{cube}:RO.2022.{code} | {v}" for code, v in zip(CODES, values, strict=False)]
    lines += [f"{cube}:RO.2022._T | {total}"] if total else []
    return {str(c.key): c for c in true_cells("\n".join(["key | value", *lines]))}


@pytest.fixture
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


def decide(
    cells: dict[str, TrueCell],
    contracts: Contracts,
    policy: Policy,
    editions: Sequence[PublishedEdition] = (),
) -> Decision:
    return Chooser(
        cells,
        editions,
        contracts=contracts,
        policy=policy,
        version=policy.version("public"),
        round_=2022,
        day=DAY,
    ).decision()


def audited(
    cells: dict[str, TrueCell],
    contracts: Contracts,
    policy: Policy,
    shown: frozenset[str],
    left_out: frozenset[str] = frozenset(),
    editions: tuple[AuditedEdition, ...] = (),
) -> Audit:
    file = released(cells, shown, left_out)
    truth = tuple(audited_cell(c) for c in cells.values())
    rules = audit_rules(policy, policy.version("public"), day=DAY)
    return audit(Knowledge("public", 2022, contracts, rules, (file,), truth, editions))


def released(
    cells: dict[str, TrueCell], shown: frozenset[str], left_out: frozenset[str]
) -> ReleasedFile:
    values = {k: c.value for k, c in cells.items() if k in shown and c.value is not None}
    return ReleasedFile("thb.csv", "0" * 64, values, keys=frozenset(cells) - left_out)


def suppressed(cells: dict[str, TrueCell]) -> frozenset[str]:
    return frozenset(k for k, c in cells.items() if c.is_suppressed and not k.endswith("._T"))


def possible(cells: dict[str, TrueCell], shown: frozenset[str], lowest: int) -> set[int]:
    """What a row that a state suppressed can be, by trying out every list: all rows
    from `lowest` to 4.
    """
    (total,) = (c for k, c in cells.items() if k.endswith("._T"))
    known = sum(
        int(c.value) for k, c in cells.items() if c.value is not None and not k.endswith("._T")
    )
    if total.value is None:
        room = range(5)
    else:
        room = (
            range(int(total.value), int(total.value) + 1)
            if str(total.key) in shown
            else range(known, 99)
        )
    rows = product(range(lowest, 5), repeat=len(suppressed(cells)))
    return {row[0] for row in rows if known + sum(row) in room}


@pytest.mark.parametrize("cube", OPEN)
@pytest.mark.parametrize("name", LISTS)
def test_suppressed_rows_beside_a_total_are_left_out_and_open(
    contracts: Contracts, policy: Policy, cube: str, name: str
) -> None:
    cells = list_of(cube, *LISTS[name])
    decision = decide(cells, contracts, policy)
    assert decision.left_out == suppressed(cells)
    assert {decision.withheld[k].reason for k in decision.left_out} == {LEFT_OUT}
    found = audited(cells, contracts, policy, decision.shown, decision.left_out)
    assert found.is_safe, found.failures
    assert found.counts["narrowed"] == 0
    if name != NO_ROOM:
        assert {0, 4} <= possible(cells, decision.shown, 0)


@pytest.mark.parametrize("cube", OPEN)
@pytest.mark.parametrize("name", TELLING)
def test_the_auditor_does_not_let_a_row_be_seen_that_tells(
    contracts: Contracts, policy: Policy, cube: str, name: str
) -> None:
    """Named rows are at least one: whoever names them gives the count away."""
    cells = list_of(cube, *LISTS[name])
    shown = frozenset(k for k, c in cells.items() if c.value is not None)
    assert 4 not in possible(cells, shown, 1)
    found = audited(cells, contracts, policy, shown)
    assert found.failures
    assert set(dict(found.failures)) <= {*suppressed(cells), f"{cube}:RO.2022._T"}


@pytest.mark.parametrize("cube", OPEN)
def test_rows_of_a_list_without_a_total_are_seen_and_at_least_one(
    contracts: Contracts, policy: Policy, cube: str
) -> None:
    cells = list_of(cube, "", (8, 5), 3)
    decision = decide(cells, contracts, policy)
    assert decision.left_out == frozenset()
    found = audited(cells, contracts, policy, decision.shown)
    assert found.is_safe
    assert {found.certificate["base"][k] for k in suppressed(cells)} == {1}


def test_a_row_that_an_edition_named_cannot_be_left_out_any_more(
    contracts: Contracts, policy: Policy
) -> None:
    """Its readers know that it is there. What follows from that was given away, and is
    said so.
    """
    cells = list_of("THB_REPATRIATED", *LISTS["four under less than five"])
    before = PublishedEdition("thb-2021-1", cells, frozenset())
    decision = decide(cells, contracts, policy, [before])
    assert decision.left_out == frozenset()
    assert suppressed(cells) <= set(decision.given_away)
    then = AuditedEdition(
        "thb-2021-1",
        (released(cells, frozenset(), frozenset()),),
        tuple(audited_cell(c) for c in cells.values()),
    )
    assert audited(cells, contracts, policy, decision.shown, decision.left_out, (then,)).is_safe


def test_a_row_that_an_edition_left_out_stays_out(contracts: Contracts, policy: Policy) -> None:
    cells = list_of("THB_VICTIMS_CTZ", "", (8,), 2)
    before = PublishedEdition("thb-2021-1", cells, frozenset(), suppressed(cells))
    assert decide(cells, contracts, policy, [before]).left_out == suppressed(cells)


def test_only_suppressed_rows_of_open_lists_may_be_left_out(
    contracts: Contracts, policy: Policy
) -> None:
    cells = list_of("THB_REPATRIATED", "30", (12, 8), 3)
    shown = frozenset(k for k, c in cells.items() if c.value is not None)
    for key in shown:
        found = audited(cells, contracts, policy, shown - {key}, suppressed(cells) | {key})
        assert (
            key,
            "the release has no line for it, and only a row of an open list may be left out",
        ) in found.failures


def test_which_rows_are_left_out_does_not_depend_on_any_figure(contracts: Contracts) -> None:
    for total, numbers, count in LISTS.values():
        cells = list_of("THB_REPATRIATED", total, numbers, count)
        other = {
            k: c if c.value is None else replace(c, value=c.value + 40) for k, c in cells.items()
        }
        assert rows_beside_a_total(other.values(), contracts) == rows_beside_a_total(
            cells.values(), contracts
        )
