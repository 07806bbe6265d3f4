"""Does the proof of a generated instance hold for somebody who can only add? Written and verified as for a release."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.audit.certificate import FORMAT, certificate_bytes
from pipeline.audit.facts import COLUMNS

from .instances import Instance

VERIFIER = Path(__file__).parents[2] / "tools" / "verify_certificate.py"
CUBE = "CELLS"  # a certificate names cells by cube; all cells of an instance are in one
Demands = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Verified:
    """What the tool said of a certificate, how long it took, and the size of the certificate in bytes."""

    holds: bool
    said: str
    seconds: float
    size: int


def verify(instance: Instance, hidden: set[str], demands: Demands, tables: Sequence[Mapping[str, int]]) -> Verified:
    """Write the shown cells and the certificate of counter-tables, and let the tool add them up."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        released, path = Path(folder) / "released.csv", Path(folder) / "certificate.json"
        write_released(instance, hidden, released)
        path.write_bytes(certificate_bytes(make_certificate(instance, hidden, demands, tables, released)))
        command = [sys.executable, str(VERIFIER), str(path), str(released)]
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
        return Verified(done.returncode == 0, (done.stdout + done.stderr)[-4000:], seconds, path.stat().st_size)


def write_released(instance: Instance, hidden: set[str], path: Path) -> None:
    """The instance as a released file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        lines.writeheader()
        for name, value in instance.values.items():
            status = {"conf_status": "S"} if name in hidden else {"value": value}
            lines.writerow({"key": _key(name), **status})


def make_certificate(
    instance: Instance, hidden: set[str], demands: Demands, tables: Sequence[Mapping[str, int]], released: Path
) -> dict[str, Any]:
    """The proof in the form that the verifier reads."""
    return {
        "format": FORMAT, "version": "public", "round": 0,
        "released": {released.name: hashlib.sha256(released.read_bytes()).hexdigest()}, "editions": {},
        "rules": {
            "cubes": {
                CUBE: {
                    "small_counts": True, "threshold": instance.threshold, "highest": instance.threshold - 1,
                    "values": 3,
                },
            },
            "sensitive": [],
        },
        "scale": {}, "known": {}, "bounds": {}, "intervals": [], "narrowed": [], "not_reconciling": [],
        "already_public": [],
        "base": {_key(n): instance.values[n] for n in sorted(hidden)},
        "demands": {_key(n): list(d) for n, d in demands.items()},
        "sums": [
            [_key(whole), [_key(p) for p in parts], "="]
            for whole, parts in instance.sums if not hidden.isdisjoint((whole, *parts))
        ],
        "tables": [{_key(n): change for n, change in table.items()} for table in tables],
    }  # fmt: skip


def _key(name: str) -> str:
    return f"{CUBE}:{name}"
