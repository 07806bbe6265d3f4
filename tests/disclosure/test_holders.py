"""Does what is withheld stay open to somebody who knows some cells anyway? States that
know their own figures, and who holds those of several.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from attack import work_out
from builds import ROOT
from proofs import SmallProof, make_proof, run_verifier
from small_tables import true_cells, with_region

from pipeline.cells import Key
from pipeline.contracts.holders import Holder
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, VersionRule, load_policy
from pipeline.disclosure.choose.decide import Chooser, Decision
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.disclosure.proof import audit_rules, audited_cell
from pipeline.disclosure.prove.audit import Audit, audit
from pipeline.disclosure.prove.facts import EarlierEdition, Knowledge, ReleasedFile
from pipeline.numbers.true_cells import TrueCell

DAY = date(2023, 5, 1)
# Two states with a small count under one regional total: enough for everybody who knows
# neither, nothing for either of the two.
TWO = """
key                        | value
THB_PERSONS:AL.2022.CONV._T | 3
THB_PERSONS:BG.2022.CONV._T | 4
THB_PERSONS:GR.2022.CONV._T | 60
THB_PERSONS:HU.2022.CONV._T | 90
THB_PERSONS:MD.2022.CONV._T | 150
THB_PERSONS:RO.2022.CONV._T | 700
THB_PERSONS:TR.2022.CONV._T | 80
"""


@pytest.fixture
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


def cells_of(text: str) -> dict[str, TrueCell]:
    return with_region(true_cells(text), 2022, 2022)


def public(policy: Policy, *holders: Holder) -> VersionRule:
    return replace(policy.version("public"), holders=holders)


# Three states with small counts under a regional figure, each two of them open beside the third.
THREE = """
THB_PERSONS:AL.2022.SUSP._T    | 3  |  |  |             | c
THB_PERSONS:BG.2022.SUSP._T    | 4  |  |  |             | c
THB_PERSONS:HU.2022.SUSP._T    | 2  |  |  |             | c
THB_PERSONS:SELEC.2022.SUSP._T | 18 |  |  | AL BG HU RO | shown
"""
STATES = [Holder(s, frozenset({s})) for s in ("AL", "BG", "GR", "HU", "MD", "RO", "TR")]


def decide(
    cells: Mapping[str, TrueCell],
    contracts: Contracts,
    policy: Policy,
    version: VersionRule,
    editions: tuple[PublishedEdition, ...] = (),
) -> Decision:
    return Chooser(
        cells, editions, contracts=contracts, policy=policy, version=version, round_=2022, day=DAY
    ).decision()


def audited(
    cells: Mapping[str, TrueCell],
    shown: frozenset[str],
    contracts: Contracts,
    policy: Policy,
    version: VersionRule,
    editions: tuple[EarlierEdition, ...] = (),
) -> Audit:
    truth = tuple(audited_cell(c) for c in cells.values())
    rules = audit_rules(policy, version, day=DAY)
    told = {k: c.value for k, c in cells.items() if k in shown and c.value is not None}
    file = ReleasedFile("thb.csv", "0" * 64, told)
    return audit(
        Knowledge(
            "public",
            2022,
            contracts,
            rules,
            (file,),
            truth,
            editions,
            holders=version.holders,
        )
    )


def learnt(
    cells: Mapping[str, TrueCell], shown: frozenset[str], contracts: Contracts, state: str
) -> set[str]:
    """Cells of others that a state works out by plain subtraction."""
    values = {c.key: c.value for c in cells.values() if c.value is not None}
    known = {k: v for k, v in values.items() if str(k) in shown or k.state == state}
    regional = {
        k: tuple(Key.parse(p).state for p in cells[str(k)].parts)
        for k in values
        if k.state == "SELEC"
    }
    found = work_out(known, set(values) - set(known), contracts, regional)
    return {str(k) for k, v in found.items() if values[k] == v and k.state not in ("SELEC", state)}


def test_without_holders_each_of_two_states_works_out_the_other(
    contracts: Contracts, policy: Policy
) -> None:
    cells = cells_of(TWO)
    shown = decide(cells, contracts, policy, public(policy)).shown
    assert learnt(cells, shown, contracts, "AL") == {"THB_PERSONS:BG.2022.CONV._T"}
    assert audited(cells, shown, contracts, policy, public(policy)).is_safe
    failed = dict(audited(cells, shown, contracts, policy, public(policy, *STATES)).failures)
    assert set(failed) == {f"THB_PERSONS:{s}.2022.CONV._T" for s in ("AL", "BG")}
    assert failed["THB_PERSONS:BG.2022.CONV._T"].startswith(
        "it follows from what is public: exactly 4, for AL"
    )


def test_against_holders_neither_learns_the_other(contracts: Contracts, policy: Policy) -> None:
    cells = cells_of(TWO)
    version = public(policy, *STATES)
    shown = decide(cells, contracts, policy, version).shown
    assert not any(learnt(cells, shown, contracts, s.name) for s in STATES)
    found = audited(cells, shown, contracts, policy, version)
    assert found.is_safe, found.failures
    assert found.counts["holders"] >= 2
    assert len(shown) >= len(decide(cells, contracts, policy, public(policy)).shown) - 1


def test_who_holds_two_states_needs_more_than_who_holds_one(
    contracts: Contracts, policy: Policy
) -> None:
    cells = cells_of(TWO)
    collector = Holder("press", frozenset({"AL", "GR"}), frozenset({"THB_PERSONS"}))
    of_states = decide(cells, contracts, policy, public(policy, *STATES)).shown
    version = public(policy, collector)
    shown = decide(cells, contracts, policy, version).shown
    assert audited(cells, shown, contracts, policy, version).is_safe
    elsewhere = replace(collector, tables=frozenset({"THB_VICTIMS"}))
    first = decide(cells, contracts, policy, public(policy, elsewhere)).shown
    assert first == decide(cells, contracts, policy, public(policy)).shown
    assert of_states != first


def test_what_a_holder_could_work_out_of_an_edition_is_not_asked_of_this_release(
    contracts: Contracts, policy: Policy
) -> None:
    """The edition was proven against nobody; a later one cannot take back what it told."""
    cells = cells_of(TWO)
    shown = decide(cells, contracts, policy, public(policy)).shown
    version = public(policy, *STATES)
    edition = PublishedEdition("public-thb-2021-1", cells, shown)
    again = decide(cells, contracts, policy, version, (edition,)).shown
    told = {k: c.value for k, c in cells.items() if k in shown and c.value is not None}
    before = EarlierEdition(
        "public-thb-2021-1",
        (ReleasedFile("then.csv", "1" * 64, told),),
        tuple(audited_cell(c) for c in cells.values()),
    )
    found = audited(cells, again, contracts, policy, version, (before,))
    assert found.is_safe, found.failures


class TestVerified:
    """The check without dependencies, by the same policy."""

    @pytest.fixture
    def proof(self, contracts: Contracts, tmp_path: Path) -> SmallProof:
        return make_proof(tmp_path, contracts, more=THREE.lstrip())

    def test_it_says_against_whom(self, proof: SmallProof) -> None:
        code, said = run_verifier(proof.arguments())
        assert code == 0, said
        assert "also against each of AL, BG, HU, RO, who know their own figures" in said
        assert "`<5` of a holder's own" in said

    def test_tables_that_prove_it_to_others_only_are_not_enough(self, proof: SmallProof) -> None:
        certificate = json.loads(proof.certificate.read_text(encoding="utf-8"))
        changed = 0
        for place in range(len(certificate["tables"])):
            fewer = [t for i, t in enumerate(certificate["tables"]) if i != place]
            proof.certificate.write_text(
                json.dumps({**certificate, "tables": fewer}), encoding="utf-8"
            )
            code, said = run_verifier(proof.arguments(), read_rules_once=True)
            changed += code == 1 and ", for " in said
        assert changed

    def test_ranges_of_somebody_who_is_no_holder_are_refused(self, proof: SmallProof) -> None:
        certificate = json.loads(proof.certificate.read_text(encoding="utf-8"))
        certificate["holders"] = {"XX": {}}
        proof.certificate.write_text(json.dumps(certificate), encoding="utf-8")
        code, said = run_verifier(proof.arguments())
        assert code == 1
        assert "XX is no holder of the policy" in said
