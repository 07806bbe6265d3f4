"""Is an option what the build would give if the entry of the policy were so, and does
nothing of it stay?
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from builds import ROOT, files_of
from here import run_here
from small_project import SMALL_ROUND

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import Policy, load_policy
from pipeline.disclosure.choose.reasons import IN_QUESTION
from pipeline.disclosure.options import (
    PRESENT,
    Outcome,
    options_of,
    table_of,
    weigh_options,
)
from pipeline.disclosure.protect import figures_of, protect_versions
from pipeline.errors import UserError
from pipeline.project import Project


@pytest.fixture(scope="module")
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


def outcomes(root: Path, version: str = "public") -> dict[str, Outcome]:
    contracts = load_contracts(root / "data_contracts")
    found = weigh_options(Project(root), contracts, round_=SMALL_ROUND, version=version)
    return {o.entry: o for o in found}


@pytest.fixture(scope="module")
def weighed(small_built: Path) -> dict[str, Outcome]:
    return outcomes(small_built)


class TestOutcomes:
    def test_the_first_is_what_the_build_shows(
        self, small_built: Path, weighed: dict[str, Outcome]
    ) -> None:
        present = next(iter(weighed.values()))
        assert present.entry == PRESENT
        path = Project(small_built).proof(SMALL_ROUND) / "public.withheld.csv"
        with path.open(encoding="utf-8", newline="") as file:
            withheld = [r for r in csv.DictReader(file) if r["reason"] != IN_QUESTION]
        assert present.by_rule + present.protecting + present.given_up == len(withheld)
        assert present.proven > 0 < present.tables

    def test_who_knows_nothing_is_shown_no_less(self, weighed: dict[str, Outcome]) -> None:
        assert weighed["holders: []"].shown >= weighed[PRESENT].shown
        assert weighed["holders: []"].protecting <= weighed[PRESENT].protecting

    def test_the_higher_the_threshold_the_more_counts_are_small(
        self, weighed: dict[str, Outcome]
    ) -> None:
        three, five, ten = (weighed[o] for o in ("threshold: 3", PRESENT, "threshold: 10"))
        assert three.proven <= five.proven < ten.proven
        assert three.states_percent >= five.states_percent > ten.states_percent

    def test_nothing_of_an_option_stays(self, small: Path) -> None:
        contracts = load_contracts(small / "data_contracts")
        before = {n: p.read_bytes() for n, p in files_of(small / "outputs").items()}
        records = {n: p.read_bytes() for n, p in files_of(small / "records").items()}
        weighing = weigh_options(Project(small), contracts, round_=SMALL_ROUND, version="public")
        next(weighing)
        next(weighing)
        assert {n: p.read_bytes() for n, p in files_of(small / "outputs").items()} == before
        assert {n: p.read_bytes() for n, p in files_of(small / "records").items()} == records

    def test_an_option_is_what_a_build_with_that_policy_shows(
        self, small: Path, weighed: dict[str, Outcome]
    ) -> None:
        contracts = load_contracts(small / "data_contracts")
        path = small / "data_contracts" / "release_policy.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("holders: [states]", "holders: []", 1), encoding="utf-8")
        (done,) = protect_versions(
            Project(small),
            contracts,
            policy=load_policy(small / "data_contracts", contracts),
            figures=figures_of(Project(small), contracts, round_=SMALL_ROUND),
            versions=["public"],
        )
        option = weighed["holders: []"]
        assert (len(done.decision.shown), done.proof.tables) == (option.shown, option.tables)

    def test_the_command_says_the_same(self, small: Path, weighed: dict[str, Outcome]) -> None:
        asked = ("--round", f"{SMALL_ROUND}", "--version", "public")
        done = run_here("disclosure-options", *asked, root=small)
        assert done.stdout.splitlines() == list(table_of(weighed.values()))


def test_a_version_that_shows_everything_has_no_options(small_built: Path) -> None:
    with pytest.raises(UserError, match="the restricted version shows everything"):
        outcomes(small_built, version="restricted")


def test_a_version_that_shows_small_counts_has_no_threshold(policy: Policy) -> None:
    entries = [o.entry for o in options_of(policy, version="partner")]
    assert entries[0] == PRESENT
    assert not [e for e in entries if e.startswith("threshold")]
    assert [e for e in entries if e.startswith("coarsen_above")]


def test_an_option_is_no_other_version_and_no_entry_that_is_in_force(policy: Policy) -> None:
    for option in options_of(policy, version="partner"):
        assert option.policy.version("public") == policy.version("public")
        assert (option.policy != policy) == (option.entry != PRESENT)


def test_what_cannot_be_protected_is_said_in_its_line() -> None:
    told = list(table_of([Outcome(PRESENT, 1234), Outcome("threshold: 10", unsafe=2)]))
    assert told[2] == f"{'threshold: 10':<19}  2 cells cannot be protected: nothing is shown"
    assert len(told[0]) == len(told[1])
