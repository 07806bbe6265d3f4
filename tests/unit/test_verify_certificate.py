"""Does the check of a certificate, by addition alone, refuse whatever was tampered with?"""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit.audit import audit
from pipeline.audit.certificate import write_certificate
from pipeline.audit.facts import COLUMNS, CubeRules, Edition, Knowledge, ReleasedFile, Rules, TrueCell, read_released
from pipeline.contracts.model import Contracts

VERIFIER = Path(__file__).parents[2] / "tools" / "verify_certificate.py"
RULES = Rules({"THB_PERSONS": CubeRules(small_counts=True)}, lambda key, status: status == "N")
WOMEN, MEN, OTHER, UNKNOWN, ALL = (f"THB_PERSONS:RO.2022.CONV.{s}" for s in ("F", "M", "O", "_U", "_T"))
KILOS = "OCT_DRUG_KG:RO.2022.CAN"
TRUTH = {WOMEN: "3", MEN: "9", OTHER: "2", UNKNOWN: "7", ALL: "21", KILOS: "12.345"}
HIDDEN = (WOMEN, MEN, OTHER)


def true_cells(values: dict[str, str]) -> tuple[TrueCell, ...]:
    return tuple(TrueCell(k, Decimal(v), "A", "F", "reported") for k, v in values.items())


def write_release(path: Path, values: dict[str, str], hidden: Iterable[str]) -> ReleasedFile:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for key, value in values.items():
            away = key in hidden
            writer.writerow((key, "" if away else value, "persons", *("QS" if away else "AF"), "", ""))
    return read_released(path)


@pytest.fixture
def made(tmp_path: Path, contracts: Contracts) -> tuple[Path, Path]:
    """A certificate that holds, and the file it is about."""
    released = write_release(tmp_path / "thb.csv", TRUTH, HIDDEN)
    found = audit(Knowledge("public", 2022, contracts, RULES, (released,), true_cells(TRUTH)))
    assert found.is_safe
    write_certificate(found.certificate, tmp_path / "certificate.json")
    return tmp_path / "certificate.json", tmp_path / "thb.csv"


def verify(certificate: Path, *arguments: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(certificate), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def test_it_is_short_and_needs_nothing_but_python() -> None:
    text = VERIFIER.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    imported = {n.names[0].name if isinstance(n, ast.Import) else n.module for n in ast.walk(ast.parse(text))
                if isinstance(n, (ast.Import, ast.ImportFrom))}  # fmt: skip
    assert {(name or "").split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_certificate_that_holds_is_verified(made: tuple[Path, Path]) -> None:
    code, said = verify(*made)
    assert code == 0
    assert said.startswith("verified: 2 sensitive cells by ")
    assert said.endswith(" over 1 sums\n")


def _drop_demand(c: dict[str, Any]) -> None:
    del c["demands"][WOMEN]


def _weaken_demand(c: dict[str, Any]) -> None:
    c["demands"][WOMEN] = [3, 3, 1]


def _raise_rule(c: dict[str, Any]) -> None:
    c["rules"]["cubes"]["THB_PERSONS"]["highest"] = 9


def _older_format(c: dict[str, Any]) -> None:
    c["format"] = 1


def _move_by_one(c: dict[str, Any]) -> None:
    c["tables"][0][WOMEN] = c["tables"][0].get(WOMEN, 0) + 1


def _drop_tables(c: dict[str, Any]) -> None:
    c["tables"] = c["tables"][:-1]


def _change_base(c: dict[str, Any]) -> None:
    c["base"][MEN] += 1


def _change_shown(c: dict[str, Any]) -> None:
    c["tables"][0][ALL] = 1


def _break_number(c: dict[str, Any]) -> None:
    c["tables"][0][WOMEN] = 0.5


def _below_one(c: dict[str, Any]) -> None:
    c["tables"].append({WOMEN: -3, MEN: 3})


def _forget_cell(c: dict[str, Any]) -> None:
    for part in ("base", "demands"):
        c[part].pop(OTHER)
    c["sums"] = []


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_drop_demand, "is sensitive and has no demand"), (_weaken_demand, "below what the rules ask"),
        (_raise_rule, "below what the rules ask"), (_older_format, "format 1 is not known"),
        (_move_by_one, "does not hold"), (_drop_tables, "is not proven"), (_change_base, "does not hold"),
        (_change_shown, "is no hidden whole number"), (_break_number, "is no hidden whole number"),
        (_below_one, f"{WOMEN} is 0"), (_forget_cell, f"{OTHER} is withheld and not in the proof"),
    ],
)  # fmt: skip
def test_a_certificate_that_was_changed_is_refused(
    made: tuple[Path, Path], tamper: Callable[[dict[str, Any]], None], said: str
) -> None:
    certificate, released = made
    content = json.loads(certificate.read_text(encoding="utf-8"))
    tamper(content)
    certificate.write_text(json.dumps(content), encoding="utf-8")
    code, output = verify(certificate, released)
    assert code == 1
    assert said in output


def _accept_hash(certificate: Path, released: Path) -> None:
    """Let the certificate be about the changed file, so that the numbers themselves must give it away."""
    content = json.loads(certificate.read_text(encoding="utf-8"))
    content["released"] = {released.name: hashlib.sha256(released.read_bytes()).hexdigest()}
    certificate.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("hash_too", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f"{ALL},21,", f"{ALL},22,", "does not hold"),
        (f"{MEN},,persons,Q,S", f"{MEN},9,persons,A,F", "is hidden in the proof and released"),
        (f"{KILOS},12.345,", f"{KILOS},12.3456,", "or a broken one"),
    ],
)
def test_a_released_file_that_was_changed_is_refused(
    made: tuple[Path, Path], old: str, new: str, said: str, hash_too: bool
) -> None:
    certificate, released = made
    text = released.read_text(encoding="utf-8")
    assert old in text
    released.write_text(text.replace(old, new), encoding="utf-8")
    if hash_too:
        _accept_hash(certificate, released)
    code, output = verify(certificate, released)
    assert code == 1
    assert (said if hash_too else "thb.csv is not the file that was audited") in output


def test_a_missing_file_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "octa.csv"
    other.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    code, output = verify(made[0], other)
    assert code == 1
    assert "thb.csv is not the file" in output
    assert "octa.csv is not the file" in output


def test_earlier_editions_count(tmp_path: Path, contracts: Contracts) -> None:
    (tmp_path / "then").mkdir()
    before = {**TRUTH, MEN: "10", ALL: "22"}
    now = write_release(tmp_path / "thb.csv", TRUTH, HIDDEN)
    then = write_release(tmp_path / "then" / "thb.csv", before, HIDDEN)
    known = Knowledge("public", 2022, contracts, RULES, (now,), true_cells(TRUTH))
    found = audit(replace(known, editions=(Edition("2021", (then,), true_cells(before)),)))
    assert found.is_safe, found.failures
    write_certificate(found.certificate, tmp_path / "certificate.json")
    arguments = (tmp_path / "certificate.json", tmp_path / "thb.csv")
    code, output = verify(*arguments, "--edition", f"2021={tmp_path / 'then' / 'thb.csv'}")
    assert code == 0, output
    assert "over 2 sums" in output
    assert verify(*arguments)[0] == 1
