"""Do the tables of a certificate prove what they claim? Checked by addition alone, with nothing but Python itself.

    python tools/verify_certificate.py CERTIFICATE RELEASED.csv [RELEASED.csv ...] [--edition ID=FILE ...]

Every table of the certificate must agree with every released number, and between them they must give each sensitive
cell the values that the rules demand. Exit code 0 when they do, 1 with the failures named when they do not.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any


def read_numbers(
    certificate: dict[str, Any], paths: list[Path], editions: list[str], wrong: list[str]
) -> dict[str, int]:
    """Every released number in whole steps, by the name of its unknown; files must be the ones the proof is about."""
    by_edition: dict[str, list[Path]] = defaultdict(list, {"": paths})
    for text in editions:
        name, _, path = text.partition("=")
        by_edition[name].append(Path(path))
    known: dict[str, int] = dict(certificate["known"])
    withheld: set[str] = set()
    claims = {"": {"released": certificate["released"], "own": {}}, **certificate["editions"]}
    wrong += [f"there is no edition {e} in the certificate" for e in by_edition.keys() - claims.keys()]
    for edition, claim in claims.items():
        found = {p.name: p.read_bytes() for p in by_edition[edition]}
        for name in sorted(found.keys() | claim["released"].keys()):
            digest = hashlib.sha256(found[name]).hexdigest() if name in found else "missing"
            if digest != claim["released"].get(name):
                wrong.append(f"{name} is not the file that was audited")
        for _, data in sorted(found.items()):
            for row in csv.DictReader(data.decode("utf-8").splitlines()):
                cell = claim["own"].get(row["key"], row["key"])
                if row["conf_status"] == "S":
                    withheld.add(cell)
                if row["value"]:
                    steps = Decimal(row["value"]) * 10 ** certificate["scale"].get(cell.split(":")[0], 0)
                    if steps != int(steps) or known.setdefault(cell, int(steps)) != steps:
                        wrong.append(f"{cell} has two values, or a broken one, in the released files")
    missing = withheld - certificate["base"].keys() - known.keys()
    wrong += [f"{cell} is withheld and not in the proof" for cell in sorted(missing)]
    return known


def check_rules(certificate: dict[str, Any], known: dict[str, int], wrong: list[str]) -> None:
    """Every sensitive cell has a demand as strong as the rules ask, and none is released."""
    base, demands, scale = certificate["base"], certificate["demands"], certificate["scale"]
    wrong += [f"{cell} is hidden in the proof and released" for cell in sorted(base.keys() & known.keys())]
    always, narrowed = set(certificate["rules"]["sensitive"]), set(certificate["narrowed"])
    for cell, value in base.items():
        cube = cell.split(":")[0]
        rules, unit = certificate["rules"]["cubes"][cube], 10 ** scale.get(cube, 0)
        small = rules["small_counts"] and 1 <= value < rules["threshold"] * unit
        if (small or cell in always) and cell not in demands:
            wrong.append(f"{cell} is sensitive and has no demand")
        elif cell in demands and cell not in narrowed:
            (low, high, values), most = demands[cell], rules["highest"] * unit if small else value
            if values < rules["values"] or low > max(value, unit) or high < most:
                wrong.append(f"{cell} has a demand below what the rules ask")
    wrong += [f"{cell} has a demand and is not in the proof" for cell in sorted(demands.keys() - base.keys())]


def rows_of(certificate: dict[str, Any]) -> list[tuple[str, dict[str, int], int | None, int | None]]:
    """Sums and intervals alike: a name, coefficients, and the limits of what they add up to."""
    rows = []
    for whole, parts, relation in certificate["sums"]:
        factors = {whole: 1}
        for part in parts:
            factors[part] = factors.get(part, 0) - 1
        rows.append((f"the sum of {whole}", factors, 0, None if relation == ">=" else 0))
    return rows + [(name, factors, low, high) for name, factors, low, high in certificate["intervals"]]


def check_tables(certificate: dict[str, Any], known: dict[str, int], wrong: list[str]) -> None:
    """Base and every table: whole numbers within their bounds, and every row adds up with the released numbers."""
    base, bounds, rows = certificate["base"], certificate["bounds"], rows_of(certificate)
    rows_with = defaultdict(list)
    totals = []
    for number, (name, factors, _, _) in enumerate(rows):
        for cell in factors:
            rows_with[cell].append(number)
        missing = [c for c in factors if c not in base and c not in known]
        wrong += [f"{name}: {c} is neither released nor in the proof" for c in missing]
        totals.append(sum(f * base.get(c, known.get(c, 0)) for c, f in factors.items()))
    for place, changes in enumerate([{}, *certificate["tables"]]):
        label = f"table {place}" if place else "the base table"
        moved: dict[int, int] = defaultdict(int)
        for cell, change in changes.items():
            if cell not in base or type(change) is not int:
                wrong.append(f"{label} changes {cell}, which is no hidden whole number")
                continue
            for number in rows_with[cell]:
                moved[number] += rows[number][1][cell] * change
        for number in moved if place else range(len(rows)):
            name, _, low, high = rows[number]
            total = totals[number] + moved[number]
            if (low is not None and total < low) or (high is not None and total > high):
                wrong.append(f"{label}: {name} does not hold")
        for cell in changes if place else base:
            value = base.get(cell, 0) + changes.get(cell, 0)
            least, most = bounds.get(cell, (1, None))
            if type(value) is not int or value < max(least, 0) or (most is not None and value > most):
                wrong.append(f"{label}: {cell} is {value}")


def check_demands(certificate: dict[str, Any], wrong: list[str]) -> None:
    """Over all tables, each sensitive cell is low enough, high enough, and has enough different values."""
    base = certificate["base"]
    values = {cell: {base[cell]} for cell in certificate["demands"] if cell in base}
    for changes in certificate["tables"]:
        for cell in changes.keys() & values.keys():
            values[cell].add(base[cell] + changes[cell])
    for cell, seen in sorted(values.items()):
        low, high, count = certificate["demands"][cell]
        if min(seen) > low or max(seen) < high or len(seen) < count:
            wrong.append(f"{cell} is not proven: it can be {', '.join(map(str, sorted(seen)))}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("certificate", type=Path)
    parser.add_argument("released", type=Path, nargs="+")
    parser.add_argument("--edition", action="append", default=[], metavar="ID=FILE")
    given = parser.parse_args()
    certificate = json.loads(given.certificate.read_text(encoding="utf-8"))
    if certificate["format"] != 2:
        sys.exit(f"format {certificate['format']} is not known")
    wrong: list[str] = []
    known = read_numbers(certificate, given.released, given.edition, wrong)
    check_rules(certificate, known, wrong)
    check_tables(certificate, known, wrong)
    check_demands(certificate, wrong)
    for line in wrong:
        print(line)
    if not wrong:
        print(f"verified: {len(certificate['demands'])} sensitive cells by {len(certificate['tables'])} tables over "
              f"{len(certificate['sums']) + len(certificate['intervals'])} sums")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
