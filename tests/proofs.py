"""What does a proof look like that holds? A small release with one of everything that a
certificate can say.

Sums that hold, that hold only as "at least", or that contradict their figures; a bound
figure; regional figures shown and withheld; an open list with rows left out and another
whose rows are seen; an earlier edition with a figure revised since, and with one that
it gave away.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from builds import ROOT
from small_tables import MISSING, read_table

from pipeline.cells import is_judged
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.disclosure.proof import audit_rules
from pipeline.disclosure.prove.audit import audit
from pipeline.disclosure.prove.certificate import write_certificate
from pipeline.disclosure.prove.facts import (
    COLUMNS,
    EarlierEdition,
    Knowledge,
    TrueCell,
    read_released,
)
from pipeline.disclosure.rule_copies import digests, write_copies

VERIFIER = ROOT / "tools" / "verify_certificate.py"
DAY = date(2023, 5, 1)
EDITION = "public-thb-2021-1"

# What the states sent. In the last column: `shown`, `c` for withheld, `out` for left
# out with its row.
NOW = """
key                              | value  | conf | origin | parts | release
THB_PERSONS:RO.2022.CONV._T      | 21     |   |        |       | shown
THB_PERSONS:RO.2022.CONV.F       | 3      |   |        |       | c
THB_PERSONS:RO.2022.CONV.M       | 9      |   |        |       | c
THB_PERSONS:RO.2022.CONV.O       | 2      |   |        |       | c
THB_PERSONS:RO.2022.CONV._U      | 7      |   |        |       | shown
THB_PERSONS:BG.2022.CONV._T      | 30     |   |        |       | shown
THB_PERSONS:GR.2022.CONV._T      | 40     |   |        |       | shown
THB_PERSONS:SELEC.2022.CONV._T   | 91     |   |        | RO BG GR | shown
THB_PERSONS:SELEC.2022.CONV.O    | 2      |   |        | RO    | c
THB_PERSONS:RO.2022.SUSP._T      | 9      |   |        |       | shown
THB_PERSONS:RO.2022.SUSP.F       | 2      |   |        |       | c
THB_PERSONS:RO.2022.SUSP.M       | 12     |   |        |       | shown
THB_PERSONS:RO.2022.PROS._T      | 20     |   |        |       | shown
THB_PERSONS:RO.2022.PROS.F       | 3      |   |        |       | c
THB_PERSONS:RO.2022.PROS.M       | 9      |   |        |       | shown
THB_OFFENCES:RO.2022             | 100    | N |        |       | c
THB_OFFENCES:BG.2022             | 50     |   |        |       | shown
THB_OFFENCES:SELEC.2022          | 150    |   |        | RO BG | c
THB_REPATRIATED:RO.2022._T       | 19     |   |        |       | shown
THB_REPATRIATED:RO.2022.GB       | 8      |   |        |       | shown
THB_REPATRIATED:RO.2022.SE       | 5      |   |        |       | shown
THB_REPATRIATED:RO.2022.CY       | <5     |   |        |       | out
THB_REPATRIATED:RO.2022.FR       | <5     |   |        |       | out
THB_REPATRIATED:RO.2022.HR       | <5     |   |        |       | out
THB_REPATRIATED:RO.2022.G_KNOWN  | 13     |   | group  | GB SE | shown
THB_REPATRIATED:RO.2022.G_EU     | 5      |   | group  | SE    | shown
THB_VICTIMS_CTZ:RO.2022.RO       | 20     |   |        |       | shown
THB_VICTIMS_CTZ:RO.2022.MD       | <5     |   |        |       | c
THB_VICTIMS_CTZ:RO.2022.UA       | <5     |   |        |       | c
THB_VICTIMS_CTZ:RO.2022.NAT      | 20     |   | group  | RO    | shown
OCT_DRUG_KG:RO.2022.HER          | 12.345 |   |        |       | shown
POPULATION:RO.2022               | 19000000 | | reference |    | shown
THB_PERSONS:RO.2021.CONV._T      | 20     |   |        |       | shown
THB_PERSONS:RO.2021.CONV.F       | 3      |   |        |       | c
THB_PERSONS:RO.2021.CONV.M       | 9      |   |        |       | c
THB_PERSONS:RO.2021.CONV.O       | 8      |   |        |       | shown
THB_CONV_CTZ:RO.2021._T          | 16     |   |        |       | shown
THB_CONV_CTZ:RO.2021.GB          | 8      |   |        |       | c
THB_CONV_CTZ:RO.2021.SE          | 5      |   |        |       | c
THB_CONV_CTZ:RO.2021.CY          | <5     |   |        |       | c
THB_CONV_CTZ:RO.2021.G_KNOWN     | 13     |   | group  | GB SE | shown
"""
THEN = """
key                              | value  | conf | origin | parts | release
THB_PERSONS:RO.2021.CONV._T      | 21     |   |        |       | shown
THB_PERSONS:RO.2021.CONV.F       | 3      |   |        |       | c
THB_PERSONS:RO.2021.CONV.M       | 10     |   |        |       | c
THB_PERSONS:RO.2021.CONV.O       | 8      |   |        |       | shown
THB_CONV_CTZ:RO.2021._T          | 16     |   |        |       | shown
THB_CONV_CTZ:RO.2021.GB          | 8      |   |        |       | c
THB_CONV_CTZ:RO.2021.SE          | 5      |   |        |       | c
THB_CONV_CTZ:RO.2021.CY          | <5     |   |        |       | c
THB_CONV_CTZ:RO.2021.G_KNOWN     | 13     |   | group  | GB SE | shown
"""

SCORES = "CTX_OC_INDEX:"  # of others: each is of a state, by edition


@dataclass(frozen=True)
class SmallProof:
    """Files of a proof in a folder of their own."""

    folder: Path
    version: str = "public"
    round: int = 2022

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.json"

    @property
    def released(self) -> Path:
        return self.folder / "thb.csv"

    @property
    def true(self) -> Path:
        return self.folder / "true" / "thb.csv"

    @property
    def then(self) -> Path:
        return self.folder / "then" / "thb-2021-1.csv"

    @property
    def true_then(self) -> Path:
        return self.folder / "true" / f"{EDITION}.csv"

    @property
    def rules(self) -> Path:
        return self.folder / "rules"

    def arguments(self, with_truth: bool = True) -> list[str]:
        true = [f"--true={self.true}", f"--true={EDITION}={self.true_then}"] if with_truth else []
        return [
            f"--version={self.version}",
            f"--round={self.round}",
            f"--rules={self.rules}",
            f"--edition={EDITION}={self.then}",
            *true,
            "--",
            str(self.certificate),
            str(self.released),
        ]


def make_proof(folder: Path, contracts: Contracts, more: str = "") -> SmallProof:
    """Audit the small release, with `more` lines, and write all that its proof consists of."""
    proof = SmallProof(folder)
    now = NOW + more
    judged = {c.key: c for c in audited(now) if is_judged(c.key.split(":")[0])}
    write_release(proof.released, proof.true, now)
    write_release(proof.then, proof.true_then, THEN)
    policy = load_policy(ROOT / "data_contracts", contracts)
    before = EarlierEdition(EDITION, (read_released(proof.then),), audited(THEN))
    found = audit(
        Knowledge(
            "public",
            2022,
            contracts,
            audit_rules(policy, policy.version("public"), day=DAY),
            (read_released(proof.released),),
            tuple(c for c in audited(now) if c.key not in judged),
            (before,),
            day=DAY.isoformat(),
            rules_files=digests(contracts),
            judged=judged,
            holders=policy.version("public").holders,
        )
    )
    assert found.is_safe, found.failures
    write_certificate(found.certificate, proof.certificate)
    write_copies(ROOT / "data_contracts", proof.rules)
    return proof


def audited(text: str) -> tuple[TrueCell, ...]:
    """The true cells of a table, as the auditor knows them."""
    found = []
    for row in read_table(text):
        is_region = ":SELEC" in row["key"]
        value = None if row["value"] in MISSING else Decimal(row["value"])
        found.append(
            TrueCell(
                row["key"],
                value,
                MISSING.get(row["value"], "A"),
                row["conf"] or "F",
                row["origin"] or ("region" if is_region else "reported"),
                parts_of(row),
            )
        )
    return tuple(found)


def parts_of(row: dict[str, str]) -> tuple[str, ...]:
    """The cells that a worked-out one is made of: the same of other states, or of other
    codes of its list.
    """
    cube, codes = row["key"].split(":")
    state, *rest = codes.split(".")
    if state.startswith("SELEC"):
        return tuple(f"{cube}:{'.'.join([s, *rest])}" for s in row["parts"].split())
    return tuple(f"{cube}:{'.'.join([state, *rest[:-1], c])}" for c in row["parts"].split())


def write_release(released: Path, true: Path, text: str) -> None:
    """The released file of a table, and the true figures behind it."""
    for path, is_true in ((released, False), (true, True)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow((*COLUMNS, "marks"))
            writer.writerows(
                _line(row, is_true)
                for row in read_table(text)
                if is_true or row["release"] != "out"
            )


def _line(row: dict[str, str], is_true: bool) -> tuple[str, ...]:
    shown = row["release"] == "shown"
    sent = row["value"] in MISSING
    if not is_true and not shown:
        return (row["key"], "", "persons", "Q", "S", "", "", "")
    unit = "score" if row["key"].startswith(SCORES) else "persons"
    states = row["parts"] if ":SELEC" in row["key"] else ""
    counted = f"{len(states.split())}/11" if states else ""
    if is_judged(row["key"].split(":")[0]):
        states = ""  # nobody is told who judged
    value, status = ("", "Q") if sent else (row["value"], "A")
    return (row["key"], value, unit, status, row["conf"] or "F", counted, states, "")


def run_verifier(arguments: list[str], read_rules_once: bool = False) -> tuple[int, str]:
    """Exit code and what the verifier says, run in this process. Rules that no test
    changes need be read only once.
    """
    said = io.StringIO()
    module = _verifier()
    original = _rules_class()
    rules = cached_rules if read_rules_once else original
    with redirect_stdout(said), redirect_stderr(said), patch.object(module, "Rules", rules):
        try:
            code = module.main(arguments)
        except SystemExit as stopped:  # the command line itself was wrong
            code = int(stopped.code or 0)
    return code, said.getvalue()


def cached_rules(folder: Path, version: str, *, day: str, audited: dict[str, str]) -> object:
    return _rules(folder, version, day, tuple(sorted(audited.items())))


@cache
def _rules(folder: Path, version: str, day: str, audited: tuple[tuple[str, str], ...]) -> object:
    return _rules_class()(folder, version, day=day, audited=dict(audited))


@cache
def _rules_class() -> Any:
    return _verifier().Rules


@cache
def _verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_certificate", VERIFIER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_certificate"] = module
    spec.loader.exec_module(module)
    return module
