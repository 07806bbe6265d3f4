"""Does the release policy say of every table and version what may be shown, and is a
wrong one refused by name?
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import POLICY, SCHEMA, Policy, load_policy
from pipeline.errors import ContractError, UserError

Edit = Callable[[str, str], Policy]


@pytest.fixture
def edited(tmp_path: Path, contracts: Contracts) -> Edit:
    """The project's policy with one text in it replaced."""

    def edit(old: str, new: str) -> Policy:
        shutil.copy(ROOT / "data_contracts" / SCHEMA, tmp_path)
        text = (ROOT / "data_contracts" / POLICY).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / POLICY).write_text(text.replace(old, new), encoding="utf-8")
        load_policy.cache_clear()
        return load_policy(tmp_path, contracts)

    return edit


@pytest.fixture
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


def test_every_table_has_a_rule_and_counts_of_persons_are_sensitive(
    policy: Policy, contracts: Contracts
) -> None:
    assert set(policy.tables) == {t.name for t in contracts.tables}
    for table in contracts.tables:
        if table.unit in ("persons", "victims"):
            assert policy.table(table.name).counts_persons, table.name


def test_versions_are_rows(policy: Policy) -> None:
    assert [(v.name, v.protected, v.hides_small_counts) for v in policy.versions.values()] == [
        ("restricted", False, False),
        ("public", True, True),
        ("partner", True, False),
    ]
    assert policy.version("partner").readers_have == ("public",)
    with pytest.raises(UserError, match="restricted, public, partner"):
        policy.version("press")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  THB_ASSETS: {sensitivity: none}\n", "", "tables.THB_ASSETS: the table has no entry"),
        ("THB_ASSETS:", "THB_ASETS:", "tables.THB_ASETS: there is no such table"),
        ("coarsen: [[sex, age], [age], [sex]]", "coarsen: [[aeg]]", "there is no dimension 'aeg'"),
        ("{sensitivity: none}", "{sensitivity: nothing}", "'nothing' is not one of"),
        ("threshold: 5 ", "threshold: 0 ", "small_counts.threshold"),
        ("bound: [N, C, D, E]", "bound: [N, C, D, F]", "'F' is not one of"),
        ("states: [AL,", "states: [XX,", "consents: there is no state 'XX'"),
        ("version: partner\n", "version: press\n", "consents: there is no version 'press'"),
        ("readers_have: [public]", "readers_have: [press]", "versions.partner.readers_have"),
        ("holders: []", "holders: [states]", "versions.restricted.holders: the version shows"),
        ("    holders: [states]", "    holders: [press]", "holders: there is no holder 'press'"),
        ("    knows: own", "    knows: {states: [XX], tables: all}", "there is no state 'XX'"),
        ("    knows: own", "    knows: {states: all, tables: [X]}", "there is no table 'X'"),
        ("    knows: own", "    knows: all", "holders.states.knows"),
        ("weights:\n", "weights:\n  colour: 1\n", "colour"),
        (
            "embargoes: []",
            "embargoes: [{state: RO, table: THB_X, until: 2023-01-01}]",
            "no table 'THB_X'",
        ),
        ("policy: 1.0.0", "policy: [", "cannot be read"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_place(
    edited: Edit, old: str, new: str, told: str
) -> None:
    with pytest.raises(ContractError, match=POLICY) as problem:
        edited(old, new)
    assert told in str(problem.value)


def test_a_state_holds_its_own_figures_and_a_collector_what_the_policy_says(
    edited: Edit, policy: Policy
) -> None:
    known = policy.version("public").holders
    assert {h.name for h in known} > {"AL", "RO", "TR"}
    assert [h.name for h in known if h.knows("RO", "THB_PERSONS")] == ["RO"]
    assert not any(h.knows("SELEC", "THB_PERSONS") for h in known)
    collector = "    knows: {states: [RO, BG], tables: [THB_PERSONS]}"
    (only,) = edited("    knows: own", collector).version("public").holders
    assert only.knows("BG", "THB_PERSONS")
    assert not only.knows("AL", "THB_PERSONS")
    assert not only.knows("BG", "THB_VICTIMS")


@pytest.mark.parametrize("status", ["N", "C", "D", "E"])
@pytest.mark.parametrize("version", ["public", "partner"])
def test_the_status_a_sender_gave_binds(policy: Policy, version: str, status: str) -> None:
    assert policy.is_bound(
        policy.version(version), "RO", table="THB_VICTIMS", conf_status=status, day=date(2023, 5, 1)
    )
    assert not policy.is_bound(
        policy.version(version), "RO", table="THB_VICTIMS", conf_status="F", day=date(2023, 5, 1)
    )


def test_an_embargo_ends_on_the_day_its_sender_named(edited: Edit) -> None:
    policy = edited(
        "embargoes: []", "embargoes: [{state: RO, table: THB_VICTIMS, until: 2023-06-01}]"
    )
    public = policy.version("public")
    assert policy.is_bound(
        public, "RO", table="THB_VICTIMS", conf_status="E", day=date(2023, 5, 31)
    )
    assert not policy.is_bound(
        public, "RO", table="THB_VICTIMS", conf_status="E", day=date(2023, 6, 1)
    )
    assert policy.is_bound(public, "RO", table="THB_VICTIMS", conf_status="N", day=date(2023, 6, 1))
    assert policy.is_bound(public, "BG", table="THB_VICTIMS", conf_status="E", day=date(2023, 6, 1))


def test_partners_receive_nothing_without_consent(edited: Edit) -> None:
    policy = edited("states: [AL, BA,", "states: [BA,")
    day = date(2023, 5, 1)
    assert policy.is_bound(
        policy.version("partner"), "AL", table="THB_VICTIMS", conf_status="F", day=day
    )
    assert not policy.is_bound(
        policy.version("partner"), "BA", table="THB_VICTIMS", conf_status="F", day=day
    )
    assert not policy.is_bound(
        policy.version("public"), "AL", table="THB_VICTIMS", conf_status="F", day=day
    )


def test_consent_may_be_for_single_tables(edited: Edit) -> None:
    policy = edited("tables: all", "tables: [THB_VICTIMS]")
    partner = policy.version("partner")
    day = date(2023, 5, 1)
    assert not policy.is_bound(partner, "RO", table="THB_VICTIMS", conf_status="F", day=day)
    assert policy.is_bound(partner, "RO", table="THB_PERSONS", conf_status="F", day=day)
