"""What would be public if the same cells were released through ACRO?

ACRO checks the tables an analyst makes from records, one at a time. So an instance is
turned into records again, for each of its cubes one record a counted person, and every
margin of a cube is made as a crosstab of its own: each choice of one level (or the
total) of every dimension. Then each cell stands in one table as itself and in others as
a margin. The session suppresses; its threshold is set to the one of the instance; rules
on dominance have nothing to look at in counts. Every table is made with margins.

Compromises that its interface asks for:

- Hidden cells are blank, and so are zeros: with `zeros_are_disclosive` (the default,
  kept here) both are missing
  values; without it both are printed as 0. So its reader knows less of a blank than of
  our `c`: 0 to the threshold
  less one. That is how its release is judged.
- Hidden records are dropped before the table is made again, so its margins leave them
  out. Where a margin differs from
  the cell's true count and another table prints the true one, the true one counts as
  shown; such margins are counted
  as false totals. They tell a reader nothing that the shown cells don't.
- Limits are read from a file inside its package; the threshold is changed after the
  session has started.
- A crosstab needs rows and columns: tables of one dimension get a second one with a
  single code.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import venv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from .instances import TOTAL, Instance

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("acro.lock")
SESSION = Path(__file__).with_name("acro_session.py")
ENVIRONMENT = ROOT / ".venv-acro"
LEVEL = "__"  # between a dimension and the number of its level, in the name of a column
Codes = dict[str, str]  # dimension -> code; dimensions at their total are left out
# dimension -> whole -> the ways in which it is split
Splits = dict[str, dict[str, list[list[str]]]]


@dataclass(frozen=True)
class Release:
    """What ACRO's tables print: true counts, cells without one, and how many cells have
    a margin that is not true.
    """

    shown: frozenset[str]
    hidden: frozenset[str]
    false_totals: int
    tables: int
    seconds: float


def make_environment() -> None:
    """ACRO in a virtual environment of its own, pinned by hashes. Nothing is fetched
    when it is in place.
    """
    stamp = ENVIRONMENT / "installed.lock"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    python = str(ENVIRONMENT / "bin" / "python")
    subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(LOCK),
        ],
        check=True,
    )
    shutil.copyfile(LOCK, stamp)


def release(instance: Instance) -> Release:
    """Put every cube of an instance through a session, and read what its tables show."""
    splits = read_splits(instance)
    printed: dict[str, set[int | None]] = {}
    seconds, tables = 0.0, 0
    for cube in cubes(instance):
        levels = {d: read_levels(splits[d]) for d in cube}
        job = _job(instance, cube, levels)
        answer = _run(job)
        seconds = seconds + answer["seconds"]
        tables = tables + len(job["tables"])
        for columns, cells in zip(job["tables"], answer["printed"], strict=True):
            for codes, number in cells:
                named = {
                    c.rpartition(LEVEL)[0]: code
                    for c, code in zip(columns, codes, strict=True)
                    if code != TOTAL
                }
                printed.setdefault(name_of(named, cube), set()).add(number)
    return read_printed(instance, printed, tables, seconds)


def read_printed(
    instance: Instance, printed: Mapping[str, set[int | None]], tables: int, seconds: float
) -> Release:
    missing = instance.values.keys() - printed.keys()
    if missing or printed.keys() - instance.values.keys():
        raise ValueError(f"ACRO's tables have other cells than the instance: {sorted(missing)[:3]}")
    shown = frozenset(n for n, v in instance.values.items() if v in printed[n])
    false = sum(bool(found - {None, instance.values[n]}) for n, found in printed.items())
    return Release(shown, frozenset(instance.values.keys() - shown), false, tables, seconds)


def _run(job: Mapping[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [str(ENVIRONMENT / "bin" / "python"), str(SESSION)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"ACRO's session ended with {done.returncode}\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def parse(name: str) -> Codes:
    """The dimensions and codes in a cell's name."""
    return dict(part.split("=", 1) for part in name.split(",")) if name != "all" else {}


def name_of(codes: Mapping[str, str], order: Iterable[str]) -> str:
    """The cell's name from its codes."""
    return ",".join(f"{d}={codes[d]}" for d in order if d in codes) or "all"


def cubes(instance: Instance) -> list[tuple[str, ...]]:
    """The sets of dimensions of which no other holds all."""
    found = sorted({tuple(parse(n)) for n in instance.values}, key=lambda c: (-len(c), c))
    return [c for i, c in enumerate(found) if not any(set(c) < set(other) for other in found[:i])]


def read_splits(instance: Instance) -> Splits:
    """How every dimension is split, read off the sums."""
    splits: Splits = {d: {} for cube in cubes(instance) for d in cube}
    for whole, parts in instance.sums:
        codes = parse(whole)
        first = parse(parts[0])
        dimension = next(d for d in first if codes.get(d) != first[d])
        way = [parse(p)[dimension] for p in parts]
        ways = splits[dimension].setdefault(codes.get(dimension, TOTAL), [])
        if way not in ways:
            ways.append(way)
    return splits


def read_levels(splits: Mapping[str, Sequence[Sequence[str]]]) -> list[dict[str, str]]:
    """The columns an analyst would have for a dimension: for each level, the code of
    every finest one.
    """
    found: list[dict[str, str]] = []
    for way in splits[TOTAL]:
        level = {leaf: node for node in way for leaf in _leaves(splits, node)}
        while level not in found:
            found.append(level)
            below = {
                leaf: node
                for top in dict.fromkeys(level.values())
                for leaf, node in _below(splits, top).items()
            }
            level = below
    return found


def _leaves(splits: Mapping[str, Sequence[Sequence[str]]], node: str) -> list[str]:
    return (
        [leaf for part in splits[node][0] for leaf in _leaves(splits, part)]
        if node in splits
        else [node]
    )


def _below(splits: Mapping[str, Sequence[Sequence[str]]], node: str) -> dict[str, str]:
    parts = splits[node][0] if node in splits else [node]
    return {leaf: part for part in parts for leaf in _leaves(splits, part)}


def _job(
    instance: Instance, cube: Sequence[str], levels: Mapping[str, list[dict[str, str]]]
) -> dict[str, Any]:
    """Records of one cube with a column for each level, and the columns of every table."""
    columns = [f"{d}{LEVEL}{i}" for d in cube for i, _ in enumerate(levels[d])]
    records = []
    for name, count in instance.values.items():
        codes = parse(name)
        if count and codes.keys() == set(cube) and all(codes[d] in levels[d][0] for d in cube):
            records.append([*(level[codes[d]] for d in cube for level in levels[d]), count])
    choices = product(*([None, *(f"{d}{LEVEL}{i}" for i, _ in enumerate(levels[d]))] for d in cube))
    tables = [[c for c in choice if c] for choice in choices]
    return {
        "threshold": instance.threshold,
        "total": TOTAL,
        "columns": columns,
        "records": records,
        "tables": tables,
    }
