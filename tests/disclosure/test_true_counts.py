"""Is what is withheld safe where states send the counts themselves? The example round with
a number in place of every `<5`: who knows their own cells, and who runs the choice again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from attack import work_out_across
from builds import ROOT, ROUND
from minimality import Attack, Group, Left, secrets_of
from true_counts import fill_in

from pipeline.cells import REGION, REGIONS, Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, load_policy
from pipeline.disclosure.choose.decide import Chooser, Decision
from pipeline.disclosure.proof import audit_rules, audited_cell
from pipeline.disclosure.prove.audit import audit
from pipeline.disclosure.prove.facts import Knowledge, ReleasedFile
from pipeline.numbers.mart_rows import read_marts
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project

DAY = date(2023, 5, 1)
# Tables that are linked to each other by little, of which some states have few cells.
CUBES = ("THB_PERSONS", "THB_CONV_CTZ", "THB_CONV_FORM", "THB_REPATRIATED")
GUESSES = 8  # secrets that the attacker tries on each table
FEW = 40  # tables of a group
Cells = dict[str, TrueCell]


@pytest.fixture(scope="module")
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


@pytest.fixture(scope="module")
def every(true_counts: Project) -> Cells:
    return read_marts(true_counts, ROUND).reported_cells()


@pytest.fixture(scope="module")
def cells(every: Cells) -> Cells:
    return {k: c for k, c in every.items() if c.key.cube in CUBES}


def choice(
    cells: Cells, contracts: Contracts, policy: Policy, *, against: bool, secret: bytes = b""
) -> Chooser:
    version = policy.version("public")
    return Chooser(
        cells,
        [],
        contracts=contracts,
        policy=policy,
        version=version if against else replace(version, holders=()),
        round_=ROUND,
        day=DAY,
        secret=secret,
    )


@pytest.fixture(scope="module")
def against_nobody(cells: Cells, contracts: Contracts, policy: Policy) -> Chooser:
    return choice(cells, contracts, policy, against=False)


@pytest.fixture(scope="module")
def against_states(cells: Cells, contracts: Contracts, policy: Policy) -> Chooser:
    return choice(cells, contracts, policy, against=True, secret=secrets_of(100)[-1])


class TestRound:
    def test_no_count_is_suppressed_and_many_are_small(self, every: Cells) -> None:
        assert not [k for k, c in every.items() if c.is_suppressed]
        small = [
            k
            for k, c in every.items()
            if c.key.cube.startswith("THB")
            and c.key.state not in REGIONS
            and 0 < (c.value or 0) < 5
        ]
        assert len(small) > 500
        assert {int(every[k].value or 0) for k in small} == {1, 2, 3, 4}

    def test_a_count_fits_the_sums_of_its_return(self, contracts: Contracts) -> None:
        figures = {
            Key.parse(f"THB_PERSONS:RO.2022.{codes}"): said
            for codes, said in {
                "CONV._T": ("9", ""),
                "CONV.F": ("7", ""),
                "CONV.M": ("<5", "Q"),
                "PROS._T": ("<5", "Q"),
                "PROS.F": ("<5", "Q"),
                "PROS.M": ("<5", "Q"),
            }.items()
        }
        for seed in range(5):
            filled = {
                ".".join(k.codes[2:]): n for k, n in fill_in(figures, contracts, seed=seed).items()
            }
            assert filled["CONV.M"] == 2
            assert filled["PROS._T"] == filled["PROS.F"] + filled["PROS.M"] <= 4

    def test_the_same_seed_gives_the_same_counts(self, contracts: Contracts) -> None:
        figures = {
            Key.parse(f"THB_PERSONS:{s}.{y}.CONV._T"): ("<5", "Q")
            for s in ("AL", "BG", "RO")
            for y in range(2018, 2023)
        }
        assert fill_in(figures, contracts, seed=1) == fill_in(figures, contracts, seed=1)
        assert fill_in(figures, contracts, seed=1) != fill_in(figures, contracts, seed=2)


def insiders_learn(
    cells: Cells, decision: Decision, contracts: Contracts
) -> Iterator[tuple[str, str]]:
    """Small counts of others that a state works out by subtraction: state and cell."""
    values = {c.key: c.value for c in cells.values() if c.value is not None}
    regional = {
        k: tuple(Key.parse(p).state for p in cells[str(k)].parts)
        for k in values
        if k.state == REGION
    }
    for state in sorted({k.state for k in values} - set(REGIONS)):
        known = {k: v for k, v in values.items() if str(k) in decision.shown or k.state == state}
        found = work_out_across(known, set(values) - set(known), contracts, regional)
        for key, value in found.items():
            if key.state not in (*REGIONS, state) and value == values[key] and 0 < value < 5:
                yield state, str(key)


class TestInsiders:
    def test_states_learn_counts_of_others_where_it_is_proven_against_nobody(
        self, cells: Cells, contracts: Contracts, against_nobody: Chooser
    ) -> None:
        assert len(set(insiders_learn(cells, against_nobody.decision(), contracts))) > 10

    def test_and_none_where_it_is_proven_against_them(
        self, cells: Cells, contracts: Contracts, against_states: Chooser
    ) -> None:
        assert list(insiders_learn(cells, against_states.decision(), contracts)) == []

    def test_the_proof_says_the_same(
        self,
        cells: Cells,
        contracts: Contracts,
        policy: Policy,
        *,
        against_nobody: Chooser,
        against_states: Chooser,
    ) -> None:
        failures = {}
        for name, chooser in (("nobody", against_nobody), ("states", against_states)):
            version = policy.version("public")
            decision = chooser.decision()
            shown = {
                k: c.value for k, c in cells.items() if k in decision.shown and c.value is not None
            }
            found = audit(
                Knowledge(
                    "public",
                    ROUND,
                    contracts,
                    audit_rules(policy, version, day=DAY),
                    (ReleasedFile("thb.csv", "0" * 64, shown),),
                    tuple(audited_cell(c) for c in cells.values()),
                    holders=version.holders,
                )
            )
            assert found.counts["holders"] == 11
            failures[name] = found.failures
        assert failures["states"] == []
        learnt = {k for _, k in insiders_learn(cells, against_nobody.decision(), contracts)}
        assert learnt <= {k for k, _ in failures["nobody"]}
        assert all(", for " in reason for _, reason in failures["nobody"])


class TestMinimality:
    """Tables that fit what was published, on which anybody can run the choice again."""

    def test_a_choice_that_anybody_can_repeat_tells_something(
        self, contracts: Contracts, policy: Policy, against_nobody: Chooser
    ) -> None:
        attack = Attack(against_nobody, contracts, policy)
        groups = few(attack)
        left = [cell for g in groups for cell in attack.left(g, everywhere=True)]
        assert sum(cell.by_choice < cell.by_sums for cell in left) > 0
        for group in groups:  # the attacker chooses as the program does
            truth = {c: int(attack.system.value[c]) for c in group.cells}
            assert attack.gives(group, truth)

    def test_no_sensitive_cell_is_left_with_fewer_than_three_values(
        self, contracts: Contracts, policy: Policy, against_states: Chooser
    ) -> None:
        attack = Attack(against_states, contracts, policy)
        guesses = secrets_of(GUESSES)
        left: list[Left] = []
        for group in few(attack):
            left += attack.left(group, guesses)
        assert len(left) > 5
        assert [cell for cell in left if len(cell.by_choice) < 3] == []


def few(attack: Attack) -> list[Group]:
    """The groups that take little time."""
    return [g for g in attack.groups() if len(g.worlds) <= FEW]
