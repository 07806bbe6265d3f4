"""What does a protected version show? Small tables, and what a reader could still work
out from them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from attack import work_out
from builds import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_tables import true_cells, with_region

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, load_policy
from pipeline.disclosure.choose.decide import Chooser, Decision
from pipeline.disclosure.choose.linked import Pattern, System
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.disclosure.proof import audit_rules, audited_cell
from pipeline.disclosure.prove.audit import Audit, audit
from pipeline.disclosure.prove.facts import Knowledge, ReleasedFile
from pipeline.errors import DisclosureError, UserError
from pipeline.numbers.true_cells import TrueCell

DAY = date(2023, 5, 1)
# Five states with enough victims of each sex; the tables of the tests change one thing
# in it.
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


@pytest.fixture
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


def decide(
    cells: dict[str, TrueCell],
    contracts: Contracts,
    policy: Policy,
    version: str = "public",
    editions: Sequence[PublishedEdition] = (),
) -> Decision:
    return Chooser(
        cells,
        editions,
        contracts=contracts,
        policy=policy,
        version=policy.version(version),
        round_=2022,
        day=DAY,
    ).decision()


def victims(**changes: str) -> dict[str, TrueCell]:
    """GOOD with other values: `AL_F="3"` stands for AL.2022.F._T."""
    lines = GOOD.strip().splitlines()
    for name, value in changes.items():
        state, sex = name.split("_", 1)
        key = f"THB_VICTIMS:{state}.2022.{sex}._T "
        lines = [
            f"{key}| {value}" if line.startswith(key.strip() + " ") else line for line in lines
        ]
    return with_region(true_cells("\n".join(lines)), 2022, 2022)


def worked_out(
    cells: dict[str, TrueCell], shown: frozenset[str], contracts: Contracts
) -> dict[str, Decimal]:
    """Withheld cells that plain subtraction gives with their true value."""
    values = {c.key: c.value for c in cells.values() if c.value is not None}
    released = {k: v for k, v in values.items() if str(k) in shown}
    found = work_out(released, set(values) - set(released), contracts)
    return {str(k): v for k, v in found.items() if values[k] == v}


def audited(
    cells: dict[str, TrueCell],
    decision: Decision,
    contracts: Contracts,
    policy: Policy,
    version: str = "public",
) -> Audit:
    """What the auditor says of a decision, by the same policy."""
    shown = {k: c.value for k, c in cells.items() if k in decision.shown and c.value is not None}
    truth = tuple(audited_cell(c) for c in cells.values())
    rules = audit_rules(policy, policy.version(version), day=DAY)
    return audit(
        Knowledge(
            version,
            2022,
            contracts,
            rules,
            (ReleasedFile("thb.csv", "0" * 64, shown),),
            truth,
            holders=policy.version(version).holders,
        )
    )


def test_everything_is_shown_where_no_count_is_small(contracts: Contracts, policy: Policy) -> None:
    cells = victims()
    assert decide(cells, contracts, policy).shown == set(cells)


@pytest.mark.parametrize("small", ["1", "4", "<5"])
def test_a_small_count_takes_a_complement_with_it(
    contracts: Contracts, policy: Policy, small: str
) -> None:
    decision = decide(victims(AL__T="23", AL_F="20", AL_M=small), contracts, policy)
    assert "THB_VICTIMS:AL.2022.M._T" not in decision.shown
    assert not {"THB_VICTIMS:AL.2022._T._T", "THB_VICTIMS:AL.2022.F._T"} <= decision.shown
    assert "THB_VICTIMS:SELEC.2022._T._T" in decision.shown  # what a reader needs most


def test_hiding_only_small_counts_would_give_them_away(
    contracts: Contracts, policy: Policy
) -> None:
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    naive = frozenset(k for k, c in cells.items() if c.value is not None and not 0 < c.value < 5)
    assert worked_out(cells, naive, contracts)["THB_VICTIMS:AL.2022.M._T"] == 3
    shown = decide(cells, contracts, policy).shown
    assert "THB_VICTIMS:AL.2022.M._T" not in worked_out(cells, shown, contracts)


def test_zero_is_a_count_of_nobody_and_five_is_enough(contracts: Contracts, policy: Policy) -> None:
    cells = victims(AL__T="5", AL_F="5", AL_M="0")
    assert decide(cells, contracts, policy).shown == set(cells)


def test_reasons_are_told_and_a_complement_names_whom_it_protects(
    contracts: Contracts, policy: Policy
) -> None:
    decision = decide(victims(AL__T="23", AL_F="20", AL_M="3"), contracts, policy)
    reasons = {k: w.reason for k, w in decision.withheld.items()}
    assert reasons["THB_VICTIMS:AL.2022.M._T"] == "small count"
    added = {k: w.protects for k, w in decision.withheld.items() if w.reason == "protects others"}
    assert added
    assert all("THB_VICTIMS:AL.2022.M._T" in p for p in added.values())


def test_counts_per_table(contracts: Contracts, policy: Policy) -> None:
    decision = decide(victims(AL__T="23", AL_F="20", AL_M="3"), contracts, policy)
    count = decision.tables["THB_VICTIMS"]
    assert count.cells == 21
    assert count.primary == 1
    assert count.primary + count.secondary == len(decision.withheld)


def test_a_regional_count_of_two_states_needs_both_shown(
    contracts: Contracts, policy: Policy
) -> None:
    text = "key | value\nTHB_VICTIMS:AL.2022._T._T | 30\nTHB_VICTIMS:BA.2022._T._T | {}"
    both = decide(with_region(true_cells(text.format(45)), 2022, 2022), contracts, policy)
    assert "THB_VICTIMS:SELEC.2022._T._T" in both.shown
    one = decide(with_region(true_cells(text.format(3)), 2022, 2022), contracts, policy)
    assert one.withheld["THB_VICTIMS:SELEC.2022._T._T"].reason == "too few contributors"


def test_linked_tables_are_protected_together(contracts: Contracts, policy: Policy) -> None:
    """The same margin in two tables: hiding a complement in one of them only would show
    it in the other.
    """
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    for key, value in (("_T.F._T", 20), ("_T._T._T", 23), ("_T.M._T", 3)):
        twin = Key("THB_VICTIMS_FORM", ("AL", "2022", *key.split(".")))
        cells[str(twin)] = TrueCell(twin, Decimal(value), "A", "F", "reported")
    shown = decide(cells, contracts, replace(policy, coarsen_above=1)).shown
    for one, other in (("F._T", "_T.F._T"), ("_T._T", "_T._T._T"), ("M._T", "_T.M._T")):
        pair = {f"THB_VICTIMS:AL.2022.{one}", f"THB_VICTIMS_FORM:AL.2022.{other}"}
        assert len(pair & shown) in (0, 2), pair


@pytest.mark.parametrize("status", ["N", "C", "D", "E"])
@pytest.mark.parametrize("version", ["public", "partner"])
def test_what_its_sender_binds_cannot_be_had_from_the_region(
    contracts: Contracts, policy: Policy, version: str, status: str
) -> None:
    cells = with_region(
        true_cells(
            "key | value | conf\n"
            + "\n".join(
                f"THB_OFFENCES:{s}.2022 | {v} | {status if s == 'AL' else 'F'}"
                for s, v in (("AL", 70), ("BA", 45), ("RO", 500), ("TR", 80))
            )
        ),
        2022,
        2022,
    )
    decision = decide(cells, contracts, policy, version)
    assert decision.withheld["THB_OFFENCES:AL.2022"].reason == "bound by the sender"
    assert "THB_OFFENCES:AL.2022" not in worked_out(cells, decision.shown, contracts)


@pytest.mark.parametrize("version", ["public", "partner"])
def test_a_bound_zero_cannot_be_had_from_the_region(
    contracts: Contracts, policy: Policy, version: str
) -> None:
    """Zeros are shown, but nobody may learn that a bound figure is one."""
    cells = with_region(
        true_cells("""
    key | value | conf
    THB_OFFENCES:AL.2022 | 0   | N
    THB_OFFENCES:BA.2022 | 45  |
    THB_OFFENCES:RO.2022 | 500 |
    THB_OFFENCES:TR.2022 | 0   |
    """),
        2022,
        2022,
    )
    decision = decide(cells, contracts, policy, version)
    assert decision.withheld["THB_OFFENCES:AL.2022"].reason == "bound by the sender"
    assert "THB_OFFENCES:AL.2022" not in worked_out(cells, decision.shown, contracts)
    assert "THB_OFFENCES:TR.2022" in decision.shown
    found = audited(cells, decision, contracts, policy, version)
    assert found.is_safe, found.failures
    assert found.demands["THB_OFFENCES:AL.2022"] == (0, 1, 3)


@pytest.mark.parametrize("version", ["public", "partner"])
def test_a_bound_zero_does_not_follow_where_the_region_has_none_at_all(
    contracts: Contracts, policy: Policy, version: str
) -> None:
    """A sum of nothing has parts of nothing: it is withheld as well, and the zeros of
    the others are shown.
    """
    others = ("BA", "RO", "TR")
    cells = with_region(
        true_cells(
            "key | value | conf\n"
            + "\n".join(
                f"THB_OFFENCES:{s}.2022 | 0 | {'N' if s == 'AL' else 'F'}" for s in ("AL", *others)
            )
        ),
        2022,
        2022,
    )
    decision = decide(cells, contracts, policy, version)
    assert "THB_OFFENCES:AL.2022" not in worked_out(cells, decision.shown, contracts)
    assert {f"THB_OFFENCES:{s}.2022" for s in others} <= decision.shown
    assert decision.withheld.keys() == {
        f"THB_OFFENCES:{s}.2022" for s in ("AL", "SELEC", "SELEC_FIX")
    }
    found = audited(cells, decision, contracts, policy, version)
    assert found.is_safe, found.failures
    assert found.demands["THB_OFFENCES:AL.2022"] == (0, 1, 3)
    careless = replace(decision, shown=frozenset(cells) - {"THB_OFFENCES:AL.2022"})
    assert not audited(cells, careless, contracts, policy, version).is_safe


@pytest.mark.parametrize("status", ["F", "N"])
@pytest.mark.parametrize("small", ["0", "1", "3", "<5", "7", "40"])
@pytest.mark.parametrize("highest", [4, 9])
def test_chooser_and_auditor_ask_the_same_of_a_cell_that_is_small_bound_or_both(
    contracts: Contracts, policy: Policy, small: str, status: str, highest: int
) -> None:
    tables = {n: replace(t, highest=highest) for n, t in policy.tables.items()}
    policy = replace(policy, tables=tables, coarsen_above=1)
    count = 0 if small == "<5" else int(small)
    sexes = (("F", "20", "F"), ("M", small, status), ("O", "6", "F"), ("_T", str(26 + count), "F"))
    cells = with_region(
        true_cells(
            "key | value | conf\n"
            + "\n".join(
                f"THB_PERSONS:{state}.2022.CONV.{sex} | {value} | {conf}"
                for state, men in (
                    ("AL", sexes),
                    ("RO", (("F", "30", "F"), ("M", "60", "F"), ("_T", "90", "F"))),
                )
                for sex, value, conf in men
            )
        ),
        2022,
        2022,
    )
    chooser = Chooser(
        cells,
        [],
        contracts=contracts,
        policy=policy,
        version=policy.version("public"),
        round_=2022,
        day=DAY,
    )
    found = audited(cells, chooser.decision(), contracts, policy)
    assert found.is_safe, found.failures
    chosen = {
        chooser.system.names[d.cell]: (d.low, d.high, d.values) for d in chooser.system.demands
    }
    assert chosen == found.demands


def test_partners_see_small_counts_but_nothing_of_a_state_that_did_not_agree(
    contracts: Contracts, policy: Policy
) -> None:
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    assert decide(cells, contracts, policy, "partner").shown == set(cells)
    without = replace(
        policy, consents=(("partner", frozenset(["BA", "BG", "RO", "TR"]), frozenset()),)
    )
    decision = decide(cells, contracts, without, "partner")
    assert not [k for k in decision.shown if ":AL." in k]
    assert not [k for k in worked_out(cells, decision.shown, contracts) if ":AL." in k]


def test_a_table_without_sensitivity_is_shown_with_its_small_counts(
    contracts: Contracts, policy: Policy
) -> None:
    cells = with_region(
        true_cells("""
    key | value
    THB_OFFENCES:AL.2022 | 1
    THB_OFFENCES:BA.2022 | 0
    THB_OFFENCES:RO.2022 | 500
    """),
        2022,
        2022,
    )
    assert decide(cells, contracts, policy).shown == set(cells)


def test_a_table_that_would_be_mostly_withheld_is_shown_in_less_detail(
    contracts: Contracts, policy: Policy
) -> None:
    text = (
        "key | value | origin\nTHB_CONV_CTZ:RO.2022._T | 30\nTHB_CONV_CTZ:RO.2022.RO | 20\n"
        + "\n".join(f"THB_CONV_CTZ:RO.2022.{c} | 2" for c in ("DE", "FR", "IT", "ES", "AT"))
    )
    cells = {str(c.key): c for c in true_cells(text)}
    group = Key.parse("THB_CONV_CTZ:RO.2022.G_EU")
    parts = tuple(k for k in cells if k.endswith(("DE", "FR", "IT", "ES", "AT")))
    cells[str(group)] = TrueCell(group, Decimal(10), "A", "F", "group", parts)
    decision = decide(cells, contracts, policy)
    assert decision.coarsened == {"THB_CONV_CTZ": ("citizenship",)}
    assert {"THB_CONV_CTZ:RO.2022._T", str(group)} <= decision.shown
    assert decision.withheld["THB_CONV_CTZ:RO.2022.RO"].reason == "breakdown not published"


def test_what_an_edition_showed_is_not_hidden_again(contracts: Contracts, policy: Policy) -> None:
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    female = "THB_VICTIMS:AL.2022.F._T"
    edition = PublishedEdition("thb-2022-1", cells, frozenset([female]))
    decision = decide(cells, contracts, policy, editions=[edition])
    assert female in decision.shown
    assert "THB_VICTIMS:AL.2022._T._T" not in decision.shown


def test_what_earlier_editions_gave_away_is_named_and_asks_nothing_of_this_release(
    contracts: Contracts, policy: Policy
) -> None:
    """The edition showed 23 and 20: whatever is hidden now, the 3 is known. The release
    goes out and says so.
    """
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    male = "THB_VICTIMS:AL.2022.M._T"
    known = frozenset(k for k in cells if k != male and not k.endswith("SELEC.2022.M._T"))
    decision = decide(
        cells, contracts, policy, editions=[PublishedEdition("thb-2022-1", cells, known)]
    )
    assert male not in decision.shown
    assert male in decision.given_away


def test_a_cell_that_no_pattern_protects_stops_the_build_with_its_name(
    contracts: Contracts, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(system: System, preferred: np.ndarray, **_: object) -> Pattern:
        return Pattern(system.hidden.copy(), unprotected=(system.demands[0].cell,))

    monkeypatch.setattr("pipeline.disclosure.choose.decide.choose", give_up)
    with pytest.raises(DisclosureError, match=r"AL\.2022\.M\._T cannot be protected"):
        decide(victims(AL__T="23", AL_F="20", AL_M="3"), contracts, policy)


def test_a_small_count_that_was_published_once_is_listed(
    contracts: Contracts, policy: Policy
) -> None:
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    decision = decide(
        cells, contracts, policy, editions=[PublishedEdition("thb-2022-1", cells, frozenset(cells))]
    )
    assert decision.shown == set(cells)
    assert "THB_VICTIMS:AL.2022.M._T" in decision.already_public


def test_a_revised_cell_does_not_open_the_edition_before(
    contracts: Contracts, policy: Policy
) -> None:
    """Then a total of 23 was hidden beside 20 and 3, now it is 25: the old sum stays
    closed.
    """
    before = victims(AL__T="23", AL_F="20", AL_M="3")
    first = decide(before, contracts, policy)
    now = victims(AL__T="25", AL_F="20", AL_M="3")
    second = decide(
        now, contracts, policy, editions=[PublishedEdition("thb-2021-1", before, first.shown)]
    )
    assert "THB_VICTIMS:AL.2022.M._T" not in second.shown
    shown_then = {k: before[k].value for k in first.shown}
    shown_now = {k: now[k].value for k in second.shown}
    for shown in (shown_then, shown_now):
        total, female = (shown.get(f"THB_VICTIMS:AL.2022.{c}._T") for c in ("_T", "F"))
        assert total is None or female is None or total - female != 3


def test_behind_an_edition_of_the_same_round_nothing_shown_changes(
    contracts: Contracts, policy: Policy
) -> None:
    """Three persons move from one hidden cell to another that is hidden with it: not a
    byte of the release changes.
    """
    cells = victims(AL__T="46", AL_F="3", AL_M="43")
    first = decide(cells, contracts, policy)
    edition = PublishedEdition("thb-2022-1", cells, first.shown)
    hidden = sorted(k for k in first.withheld if ":AL." in k)
    assert len(hidden) == 2
    small, other = sorted(hidden, key=lambda k: cells[k].value or 0)
    moved = {
        **cells,
        small: replace(cells[small], value=Decimal(5)),
        other: replace(cells[other], value=Decimal(48)),
    }
    public = policy.version("public")
    again = Chooser(
        moved,
        [edition],
        contracts=contracts,
        policy=policy,
        version=public,
        round_=2022,
        day=DAY,
        again=[edition],
    ).decision()
    assert again.shown == first.shown
    assert {again.withheld[k].reason for k in hidden} == {
        "withheld by this round's registered edition"
    }
    count = again.tables["THB_VICTIMS"]
    assert (count.primary, count.secondary, count.given_up) == (0, len(again.withheld), 0)


def test_after_a_round_is_registered_its_complements_are_no_breakdowns_given_up(
    contracts: Contracts, policy: Policy
) -> None:
    cells = victims(AL__T="46", AL_F="3", AL_M="43")
    first = decide(cells, contracts, policy)
    edition = PublishedEdition("thb-2022-1", cells, first.shown)
    public = policy.version("public")
    again = Chooser(
        cells,
        [edition],
        contracts=contracts,
        policy=policy,
        version=public,
        round_=2022,
        day=DAY,
        again=[edition],
    ).decision()
    added = {k for k, why in first.withheld.items() if why.reason == "protects others"}
    kept = {
        k
        for k, why in again.withheld.items()
        if why.reason == "withheld by this round's registered edition"
    }
    assert kept == added
    assert again.tables == first.tables


def test_a_cell_that_only_the_proof_knows_stops_the_build_with_its_name(
    contracts: Contracts, policy: Policy
) -> None:
    chooser = Chooser(
        victims(AL_M="3"),
        [],
        contracts=contracts,
        policy=policy,
        version=policy.version("public"),
        round_=2022,
        day=DAY,
    )
    with pytest.raises(
        DisclosureError, match=r"AL\.2022\.M\._T@thb-2020-1 could not be proven safe"
    ):
        chooser.protect_more(["THB_VICTIMS:AL.2022.M._T@thb-2020-1"])


def test_without_the_solver_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    monkeypatch.delitem(sys.modules, "pipeline.disclosure.highs")
    with pytest.raises(UserError, match="highspy"):
        importlib.import_module("pipeline.disclosure.highs")


def test_the_pattern_of_the_edition_before_is_kept(contracts: Contracts, policy: Policy) -> None:
    cells = victims(AL__T="23", AL_F="20", AL_M="3")
    first = decide(cells, contracts, policy)
    other = decide(
        cells, contracts, policy, editions=[PublishedEdition("thb-2022-1", cells, first.shown)]
    )
    assert other.shown == first.shown


COUNT = st.one_of(st.none(), st.integers(0, 9), st.integers(5, 60), st.just(0))
LEAVES = [(sex, age) for sex in ("F", "M") for age in ("Y_LT18", "Y_GE18")]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, TrueCell]:
    """Victims by sex and age of three states in two years: any cell may be missing,
    totals add up to what is there.
    """
    cells = []
    for state in ("AL", "BA", "RO"):
        for year in (2021, 2022):
            counts = {leaf: draw(COUNT) for leaf in LEAVES}
            for sex in ("F", "M", "_T"):
                for age in ("Y_LT18", "Y_GE18", "_T"):
                    inside = [
                        n
                        for (s, a), n in counts.items()
                        if sex in (s, "_T") and age in (a, "_T") and n is not None
                    ]
                    if inside:
                        key = Key("THB_VICTIMS", (state, str(year), sex, age))
                        cells.append(TrueCell(key, Decimal(sum(inside)), "A", "F", "reported"))
    return with_region(cells, 2021, 2022)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cells=tables())
def test_no_small_count_is_shown_or_can_be_worked_out(
    contracts: Contracts, policy: Policy, cells: dict[str, TrueCell]
) -> None:
    shown = decide(cells, contracts, policy).shown
    assert not [k for k in shown if 0 < (cells[k].value or 0) < 5]
    assert not [k for k, v in worked_out(cells, shown, contracts).items() if 0 < v < 5]
